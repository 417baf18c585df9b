import { ProtocolError } from "../error.ts";
import type { VarintCoding } from "../varint_coding.ts";

/**
 * The variable-length integers of moq-transport-17 and later (§1.4.1): as many bytes follow the
 * first as it has leading ones. There is no form of 7 bytes.
 */
export const LEADING_ONES: VarintCoding = { length, decode, encode };

function length(first: number): number {
  const ones = Math.clz32(~(first << 24));
  if (ones === 6) throw new ProtocolError("Cannot read integer: no integer begins like this");
  return Math.min(ones, 8) + 1;
}

function decode(bytes: Uint8Array, offset = 0): number {
  const first = bytes[offset]!;
  const size = length(first);
  let value = size >= 8 ? 0 : first & 0xff >> size;
  for (let i = 1; i < size; ++i) value = value * 256 + bytes[offset + i]!;
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new RangeError("Cannot decode varint: value exceeds 2^53 - 1");
  }
  return value;
}

function encode(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot encode varint: current value is ${value}`);
  }
  const size = [1, 2, 3, 4, 5, 6].find((size) => value < 2 ** (7 * size)) ?? 8;
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; --i, rest = Math.floor(rest / 256)) {
    bytes[i] = rest % 256;
  }
  bytes[0]! |= 0xff << (9 - size) & 0xff;
  return bytes;
}
