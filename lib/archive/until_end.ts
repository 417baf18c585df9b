/** Makes the end of a subscription, however it comes, an ordinary one. */

import type { DroppedGroups, Group } from "../moq/group.ts";

/**
 * The same groups, ending quietly when the subscription fails or `stop` is aborted: what has come
 * by then is not to be lost with it.
 */
export function untilEnd(
  groups: ReadableStream<Group | DroppedGroups>,
  stop: AbortSignal,
): { groups: ReadableStream<Group | DroppedGroups>; ended: Promise<unknown> } {
  const reader = groups.getReader();
  const ended = Promise.withResolvers<unknown>();
  let over = false;
  return {
    ended: ended.promise,
    groups: new ReadableStream({
      start(controller) {
        const end = () => {
          // The groups may have ended by themselves a moment before.
          if (over) return;
          over = true;
          ended.resolve(undefined);
          controller.close();
        };
        if (stop.aborted) return end();
        stop.addEventListener("abort", end, { once: true });
        ended.promise.then(() => stop.removeEventListener("abort", end));
      },
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (over) return done || !("frames" in value) ? undefined : await value.frames.cancel();
          if (!done) return controller.enqueue(value);
          ended.resolve(undefined);
        } catch (error) {
          if (over) return;
          ended.resolve(error);
        }
        over = true;
        controller.close();
      },
      cancel(reason) {
        over = true;
        ended.resolve(reason);
      },
    }, { highWaterMark: 0 }),
  };
}
