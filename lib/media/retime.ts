/** Moves fragments in time. */

import { type Box, readBoxes } from "./box.ts";

/**
 * A copy of a fragment whose decode times are `ticks` later and whose number is `sequence`, modulo
 * 2^32. For publishing a recording once more; what an archive stores is never changed.
 *
 * @throws {SyntaxError} if it is no fragment.
 * @throws {RangeError} if `ticks` is no integer, or a decode time does not fit into its box.
 */
export function shiftFragment(fragment: Uint8Array, ticks: number, sequence: number): Uint8Array {
  const copy = fragment.slice();
  const view = new DataView(copy.buffer);
  const moofs = boxesOf(copy, "moof");
  if (moofs.length === 0) throw new SyntaxError("Cannot shift fragment: it has no moof box");
  for (const moof of moofs) {
    for (const mfhd of boxesOf(copy, "mfhd", moof)) view.setUint32(numberAt(mfhd, 4), sequence);
    for (const traf of boxesOf(copy, "traf", moof)) {
      for (const tfdt of boxesOf(copy, "tfdt", traf)) shiftDecodeTime(view, tfdt, BigInt(ticks));
    }
  }
  return copy;
}

function boxesOf(bytes: Uint8Array, type: string, parent?: Box): Box[] {
  return [...readBoxes(bytes, parent?.body, parent?.end)].filter((box) => box.type === type);
}

/** Where the number of `size` bytes lies that comes after a box's version and flags. */
function numberAt(box: Box, size: number): number {
  if (box.end - box.body < 4 + size) {
    throw new SyntaxError(`Cannot shift fragment: its ${box.type} box is too short`);
  }
  return box.body + 4;
}

/** Changes a tfdt box (ISO/IEC 14496-12 §8.8.12): its time has 64 bits in version 1, else 32. */
function shiftDecodeTime(view: DataView, tfdt: Box, ticks: bigint): void {
  const wide = view.getUint8(numberAt(tfdt, 4) - 4) === 1;
  const offset = numberAt(tfdt, wide ? 8 : 4);
  const time = (wide ? view.getBigUint64(offset) : BigInt(view.getUint32(offset))) + ticks;
  if (time !== BigInt.asUintN(wide ? 64 : 32, time)) {
    throw new RangeError(`Cannot shift fragment: its decode time would be ${time}`);
  }
  if (wide) view.setBigUint64(offset, time);
  else view.setUint32(offset, Number(time));
}
