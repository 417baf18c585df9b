/** Header blocks in QPACK (RFC 9204) without a dynamic table, whose capacity we leave at 0. */

import { H3_ERROR, Http3Error } from "./http3.ts";
import { decodeHuffman } from "./huffman.ts";
import { type HeaderField, STATIC_TABLE } from "./qpack_static_table.ts";

/** Writes `fields` as a header block, referring to the static table where it helps. */
export function encodeHeaders(fields: Iterable<HeaderField>): Uint8Array<ArrayBuffer> {
  const block = [0, 0]; // Required Insert Count and Base: no dynamic table.
  for (const [name, value] of fields) {
    const whole = STATIC_TABLE.findIndex((field) => field[0] === name && field[1] === value);
    if (whole >= 0) {
      pushInteger(block, 0xc0, 6, whole);
      continue;
    }
    const named = STATIC_TABLE.findIndex((field) => field[0] === name);
    if (named >= 0) pushInteger(block, 0x50, 4, named);
    else pushString(block, 0x20, 3, name);
    pushString(block, 0x00, 7, value);
  }
  return Uint8Array.from(block);
}

/**
 * Reads a header block.
 *
 * @throws {Http3Error} if it is malformed or refers to the dynamic table, which we do not offer.
 */
export function decodeHeaders(block: Uint8Array): HeaderField[] {
  const cursor = new Cursor(block);
  if (cursor.integer(8) !== 0) throw dynamicReference();
  cursor.integer(7);
  const fields: HeaderField[] = [];
  while (!cursor.done) {
    const first = cursor.peek();
    if (first & 0x80) { // Indexed field line, §4.5.2.
      if (!(first & 0x40)) throw dynamicReference();
      fields.push(cursor.staticField(6));
    } else if (first & 0x40) { // Literal with name reference, §4.5.4.
      if (!(first & 0x10)) throw dynamicReference();
      fields.push([cursor.staticField(4)[0], cursor.string(7)]);
    } else if (first & 0x20) { // Literal with literal name, §4.5.6.
      fields.push([cursor.string(3), cursor.string(7)]);
    } else { // Post-base references, §4.5.3 and §4.5.5.
      throw dynamicReference();
    }
  }
  return fields;
}

class Cursor {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  peek(): number {
    return this.#bytes[this.#offset] ?? malformed("it is cut short");
  }

  /** An integer whose first byte lends `prefix` bits (RFC 7541 §5.1). */
  integer(prefix: number): number {
    const mask = 2 ** prefix - 1;
    let value = this.peek() & mask;
    ++this.#offset;
    if (value < mask) return value;
    for (let shift = 0;; shift += 7) {
      // Nothing in a block of bounded size is counted beyond 28 bits.
      if (shift > 21) malformed("an integer is too large");
      const byte = this.peek();
      ++this.#offset;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** A string whose length has a `prefix`-bit prefix, preceded by the Huffman flag. */
  string(prefix: number): string {
    const huffman = (this.peek() & 2 ** prefix) !== 0;
    const length = this.integer(prefix);
    const end = this.#offset + length;
    if (end > this.#bytes.length) malformed("a string exceeds it");
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    try {
      return new TextDecoder().decode(huffman ? decodeHuffman(bytes) : bytes);
    } catch (error) {
      return malformed((error as SyntaxError).message);
    }
  }

  staticField(prefix: number): HeaderField {
    return STATIC_TABLE[this.integer(prefix)] ?? malformed("a static index does not exist");
  }
}

function pushInteger(block: number[], pattern: number, prefix: number, value: number): void {
  const mask = 2 ** prefix - 1;
  if (value < mask) {
    block.push(pattern | value);
    return;
  }
  block.push(pattern | mask);
  for (value -= mask; value >= 0x80; value >>= 7) block.push(0x80 | value & 0x7f);
  block.push(value);
}

function pushString(block: number[], pattern: number, prefix: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  pushInteger(block, pattern, prefix, bytes.length);
  for (const byte of bytes) block.push(byte);
}

function malformed(why: string): never {
  throw new Http3Error(H3_ERROR.qpackDecompression, `Cannot decode header block: ${why}`);
}

function dynamicReference(): Http3Error {
  return new Http3Error(
    H3_ERROR.qpackDecompression,
    "Cannot decode header block: it refers to the dynamic table, which was not offered",
  );
}
