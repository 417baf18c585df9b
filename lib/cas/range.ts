import type { ByteRange } from "./store.ts";

/**
 * First byte and one past the last byte of `range` in an object of `size` bytes; all of it without
 * a range.
 *
 * @throws {RangeError} if the range does not lie within the object.
 */
export function resolveRange(
  range: ByteRange | undefined,
  size: number,
): { start: number; end: number } {
  const { start, end = size } = range ?? { start: 0 };
  const valid = Number.isInteger(start) && Number.isInteger(end) &&
    0 <= start && start <= end && end <= size;
  if (valid) return { start, end };
  throw new RangeError(`Cannot read bytes ${start} to ${end}: the object has ${size} bytes`);
}
