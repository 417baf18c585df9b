/** Reads the fields of a box. */

import type { Box } from "./box.ts";

/** Reads big-endian numbers from a box, one after the other, and never beyond it. */
export class Fields {
  readonly #view: DataView;
  readonly #box: Box;
  #position = 0;

  /** Reads what `box` in `bytes` contains. */
  constructor(bytes: Uint8Array, box: Box) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + box.body, box.end - box.body);
    this.#box = box;
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.#view.byteLength - this.#position;
  }

  /** Where the next field lies in the bytes that the box was found in. */
  get offset(): number {
    return this.#box.body + this.#position;
  }

  /** Passes over bytes. @throws {SyntaxError} if the box ends before, as do all below. */
  skip(count: number): void {
    if (count > this.left) throw new SyntaxError(`Cannot read ${this.#box.type}: it is too short`);
    this.#position += count;
  }

  /** An unsigned integer of 8 bits. */
  u8(): number {
    this.skip(1);
    return this.#view.getUint8(this.#position - 1);
  }

  /** An unsigned integer of 16 bits. */
  u16(): number {
    this.skip(2);
    return this.#view.getUint16(this.#position - 2);
  }

  /** An unsigned integer of 32 bits. */
  u32(): number {
    this.skip(4);
    return this.#view.getUint32(this.#position - 4);
  }

  /** An unsigned integer of 64 bits, which must not exceed 2^53 - 1. */
  u64(): number {
    this.skip(8);
    const value = Number(this.#view.getBigUint64(this.#position - 8));
    if (!Number.isSafeInteger(value)) {
      throw new SyntaxError(`Cannot read ${this.#box.type}: value ${value} is too large`);
    }
    return value;
  }

  /** Four characters. */
  fourcc(): string {
    return String.fromCharCode(this.u8(), this.u8(), this.u8(), this.u8());
  }
}
