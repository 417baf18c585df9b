/** QUIC variable-length integers (RFC 9000 §16), limited to what a `number` holds exactly. */

/** The largest value that can be written and read: 2^53 - 1. */
export const MAX_VARINT: number = Number.MAX_SAFE_INTEGER;

/** Length in bytes (1, 2, 4 or 8) of the varint whose first byte is `first`. */
export function varintLength(first: number): number {
  return 1 << (first >> 6);
}

/**
 * Reads the varint at `offset`, which must lie wholly inside `bytes` (see {@linkcode varintLength}).
 *
 * @throws {RangeError} if the value exceeds {@linkcode MAX_VARINT} or the bytes end within it.
 */
export function decodeVarint(bytes: Uint8Array, offset = 0): number {
  const first = bytes[offset];
  if (first === undefined || offset + varintLength(first) > bytes.length) {
    throw new RangeError(`Cannot decode varint: bytes end at ${bytes.length}`);
  }
  const length = varintLength(first);
  let value = first & 0x3f;
  for (let i = 1; i < length; ++i) value = value * 256 + bytes[offset + i]!;
  if (value > MAX_VARINT) {
    throw new RangeError("Cannot decode varint: value exceeds 2^53 - 1");
  }
  return value;
}

/**
 * Writes `value` as the shortest varint.
 *
 * @throws {RangeError} if `value` is not an integer in 0..2^53-1.
 */
export function encodeVarint(value: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot encode varint: current value is ${value}`);
  }
  if (value < 0x40) return Uint8Array.of(value);
  if (value < 0x4000) return Uint8Array.of(0x40 | value >> 8, value & 0xff);
  const bytes = new Uint8Array(value < 0x40000000 ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (bytes.length === 4) view.setUint32(0, (0x80000000 | value) >>> 0);
  else view.setBigUint64(0, 0xc000000000000000n | BigInt(value));
  return bytes;
}
