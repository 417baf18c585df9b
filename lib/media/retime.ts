/** Moves fragments in time. */

import { type Box, readBoxes } from "./box.ts";

/**
 * A copy of a fragment whose decode times are `ticks` later and whose number is `sequence`. For
 * publishing a recording once more; what an archive stores is never changed.
 *
 * @throws {SyntaxError} if it is no fragment.
 * @throws {RangeError} if a decode time does not fit into its box.
 */
export function shiftFragment(fragment: Uint8Array, ticks: number, sequence: number): Uint8Array {
  const copy = fragment.slice();
  const view = new DataView(copy.buffer);
  const visit = (box: Box) => {
    if (box.type === "moof" || box.type === "traf") {
      for (const child of readBoxes(copy, box.body, box.end)) visit(child);
    } else if (box.type === "mfhd" && box.end - box.body >= 8) {
      view.setUint32(box.body + 4, sequence);
    } else if (box.type === "tfdt") {
      shiftDecodeTime(view, box, ticks);
    }
  };
  for (const box of readBoxes(copy)) visit(box);
  return copy;
}

/** Changes a tfdt box (ISO/IEC 14496-12 §8.8.12), of version 0 or 1. */
function shiftDecodeTime(view: DataView, box: Box, ticks: number): void {
  const wide = view.getUint8(box.body) === 1;
  if (box.end - box.body < (wide ? 12 : 8)) {
    throw new SyntaxError("Cannot shift fragment: its tfdt box is too short");
  }
  const offset = box.body + 4;
  const time = (wide ? Number(view.getBigUint64(offset)) : view.getUint32(offset)) + ticks;
  if (!Number.isSafeInteger(time) || time < 0 || (!wide && time > 0xffffffff)) {
    throw new RangeError(`Cannot shift fragment: its decode time would be ${time}`);
  }
  if (wide) view.setBigUint64(offset, BigInt(time));
  else view.setUint32(offset, time);
}
