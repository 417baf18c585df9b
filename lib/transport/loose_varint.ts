/** Varints of which only small values mean anything to us. */

import { varintLength } from "./varint.ts";

/**
 * Reads the varint at `offset`, which must lie wholly inside `bytes`. Values above 2^53 lose precision
 * instead of failing: peers send them as types and settings nobody knows (RFC 9114 §7.2.8), to be
 * ignored, and as lengths over every limit.
 */
export function decodeLooseVarint(bytes: Uint8Array, offset = 0): number {
  const end = offset + varintLength(bytes[offset]!);
  let value = bytes[offset]! & 0x3f;
  while (++offset < end) value = value * 256 + bytes[offset]!;
  return value;
}
