/** Lets somebody else have a look at whole frames as they pass. */

import { concat } from "@std/bytes/concat";
import type { FramePart, Group } from "../moq/group.ts";

/** A frame larger than this, in bytes, is not shown. */
const MAX_FRAME = 4 * 1024 * 1024;

/** Sees whole frames: the bytes, and which frame of which group they are. */
export type FrameObserver = (frame: Uint8Array, index: number, sequence: number) => void;

/**
 * The same group, whose frames are shown to `observe` once they are complete. Meant for catalogs and
 * initialisation segments, which are small: one frame at a time is held in memory.
 */
export function tapFrames<T extends Group>(group: T, observe: FrameObserver): T {
  let chunks: Uint8Array[] = [];
  let outstanding = 0;
  let index = -1;
  let shown = false;
  const tap = new TransformStream<FramePart, FramePart>({
    transform(part, controller) {
      controller.enqueue(part);
      if (part instanceof Uint8Array) {
        outstanding -= part.length;
        if (shown) chunks.push(part.slice());
      } else {
        index += 1;
        chunks = [];
        outstanding = part.size;
        shown = part.size <= MAX_FRAME;
      }
      if (shown && outstanding === 0) {
        shown = false;
        observe(concat(chunks), index, group.sequence);
        chunks = [];
      }
    },
  });
  return { ...group, frames: group.frames.pipeThrough(tap) };
}
