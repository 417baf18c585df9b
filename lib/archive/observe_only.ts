/** Reads a track without recording it. */

import type { Subscription } from "../moq/group.ts";
import { type FrameObserver, tapFrames } from "./frame_tap.ts";

/** Reads a track for the sake of its observer alone, until it ends. */
export async function observeOnly(
  subscription: Subscription,
  observe: FrameObserver,
  over: AbortSignal,
): Promise<void> {
  const close = () => subscription.close();
  over.addEventListener("abort", close, { once: true });
  if (over.aborted) close();
  try {
    for await (const item of subscription.groups) {
      if ("frames" in item) await tapFrames(item, observe).frames.pipeTo(new WritableStream());
    }
  } catch {
    // The track broke off; those that are recorded say so themselves.
  }
  over.removeEventListener("abort", close);
}
