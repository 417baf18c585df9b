/** Exact reads from a byte stream: nothing beyond what was asked for leaves the stream. */

import { concat } from "@std/bytes/concat";
import { H3_ERROR, Http3Error } from "./http3.ts";
import { decodeLooseVarint } from "./loose_varint.ts";
import { varintLength } from "./varint.ts";

const CHUNK_SIZE = 4096;

/**
 * Reads headers off a byte stream and hands the untouched rest on: after {@linkcode releaseLock}
 * the next reader continues at the next byte.
 */
export class ByteReader {
  readonly #reader: ReadableStreamBYOBReader;

  /** Locks `stream`, whose readers must be able to bring buffers. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /**
   * Reads a varint; undefined when the stream ends before it. Values above 2^53 lose precision.
   *
   * @throws {Http3Error} if the stream ends within it.
   */
  async readVarint(): Promise<number | undefined> {
    const head = await this.#read(1);
    if (head.length === 0) return undefined;
    const tail = await this.readExactly(varintLength(head[0]!) - 1);
    return decodeLooseVarint(concat([head, tail]));
  }

  /**
   * Reads a varint that must be there.
   *
   * @throws {Http3Error} if the stream ends before or within it.
   */
  async requireVarint(): Promise<number> {
    return await this.readVarint() ?? endedEarly();
  }

  /**
   * Reads `length` bytes, which the caller has bounded.
   *
   * @throws {Http3Error} if the stream ends before.
   */
  async readExactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length === 0) return new Uint8Array();
    const bytes = await this.#read(length);
    return bytes.length === length ? bytes : endedEarly();
  }

  /**
   * Yields the next `length` bytes as they come.
   *
   * @throws {Http3Error} if the stream ends before.
   */
  async *chunks(length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    while (length > 0) {
      const view = new Uint8Array(Math.min(length, CHUNK_SIZE));
      const { value, done } = await this.#reader.read(view);
      if (done) endedEarly();
      length -= value.length;
      yield value;
    }
  }

  /**
   * Discards the next `length` bytes.
   *
   * @throws {Http3Error} if the stream ends before.
   */
  async skip(length: number): Promise<void> {
    for await (const _ of this.chunks(length));
  }

  /** Discards everything until the stream ends. */
  async drain(): Promise<void> {
    let view = new Uint8Array(CHUNK_SIZE);
    for (;;) {
      const { value, done } = await this.#reader.read(view);
      if (done) return;
      view = new Uint8Array(value.buffer);
    }
  }

  /** Asks the peer to stop sending. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  /** Leaves the stream to its next reader. */
  releaseLock(): void {
    this.#reader.releaseLock();
  }

  /** Reads `length` bytes, fewer only at the end of the stream. */
  async #read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const { value, done } = await this.#reader.read(bytes.subarray(filled));
      if (value === undefined) return new Uint8Array(); // Cancelled.
      bytes = new Uint8Array(value.buffer);
      if (done) return bytes.subarray(0, filled);
      filled += value.length;
    }
    return bytes;
  }
}

function endedEarly(): never {
  throw new Http3Error(H3_ERROR.frame, "Stream ended in the middle of a frame");
}
