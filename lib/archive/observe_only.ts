/** Reads a track without recording it. */

import type { Subscription } from "../moq/group.ts";
import { type FrameObserver, tapFrames } from "./frame_tap.ts";

/**
 * Reads a track for the sake of its observer alone, until it ends or `over` is aborted. Fulfils with
 * the error that ended it, if one did. Groups are read side by side: one that stays open, or is
 * cut off, keeps nobody from the next.
 */
export async function observeOnly(
  subscription: Subscription,
  observe: FrameObserver,
  over: AbortSignal,
): Promise<unknown> {
  const close = () => subscription.close();
  over.addEventListener("abort", close, { once: true });
  if (over.aborted) close();
  try {
    for await (const item of subscription.groups) {
      if (!("frames" in item)) continue;
      const { frames } = tapFrames(item, observe);
      frames.pipeTo(new WritableStream(), { signal: over }).catch(() => {});
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    over.removeEventListener("abort", close);
    close();
  }
}
