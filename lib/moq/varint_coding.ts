import { decodeVarint, encodeVarint, varintLength } from "../transport/varint.ts";

/** A way to write integers in a number of bytes that depends on their size. */
export interface VarintCoding {
  /** Length in bytes of the integer whose first byte is `first`. */
  length(first: number): number;
  /**
   * Reads the integer at `offset`, which must lie wholly inside `bytes`.
   *
   * @throws {RangeError} if it exceeds 2^53 - 1.
   */
  decode(bytes: Uint8Array, offset?: number): number;
  /** Writes an integer in 0..2^53-1 in the fewest bytes. */
  encode(value: number): Uint8Array;
}

/** QUIC's variable-length integers (RFC 9000 §16). */
export const QUIC_VARINT: VarintCoding = {
  length: varintLength,
  decode: decodeVarint,
  encode: encodeVarint,
};
