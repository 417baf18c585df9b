import { ByteReader } from "./byte_reader.ts";
import { ProtocolError } from "./error.ts";
import { QUIC_VARINT, type VarintCoding } from "./varint_coding.ts";

/** Bytes asked of the transport at once: its own chunks would each pin a larger buffer. */
const CHUNK_SIZE = 16 * 1024;
/** Largest message accepted where the caller does not say. */
const MAX_MESSAGE_SIZE = 64 * 1024;

/** Reads integers and messages off a stream, and hands the rest of it on. */
export class StreamReader {
  #reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  readonly #coding: VarintCoding;

  /**
   * Locks `stream` for good. Byte streams are read in chunks of 16 KiB, others as they come.
   * Varints are QUIC's unless said otherwise.
   */
  constructor(stream: ReadableStream<Uint8Array>, coding: VarintCoding = QUIC_VARINT) {
    this.#coding = coding;
    try {
      this.#reader = stream.getReader({ mode: "byob" });
    } catch {
      this.#reader = stream.getReader();
    }
  }

  /**
   * Takes a varint.
   *
   * @throws {ProtocolError} if the stream ends within it, or it exceeds 2^53 - 1.
   */
  async varint(): Promise<number> {
    await this.#fill(1);
    const bytes = await this.bytes(this.#coding.length(this.#rest[0]!));
    try {
      return this.#coding.decode(bytes);
    } catch (cause) {
      throw new ProtocolError("Cannot read stream: integer exceeds 2^53 - 1", { cause });
    }
  }

  /**
   * Takes the next `length` bytes, for lengths known to be small.
   *
   * @throws {ProtocolError} if the stream ends before.
   */
  async bytes(length: number): Promise<Uint8Array> {
    await this.#fill(length);
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /**
   * Takes a message behind its length.
   *
   * @throws {ProtocolError} if the stream ends within it, or it is larger than `limit` bytes.
   */
  async message(limit: number = MAX_MESSAGE_SIZE): Promise<ByteReader> {
    const size = await this.varint();
    if (size > limit) {
      throw new ProtocolError(`Cannot read message: ${size} bytes, limit is ${limit}`);
    }
    return new ByteReader(await this.bytes(size), this.#coding);
  }

  /**
   * Takes what has come of the next `limit` bytes, at least one of them.
   *
   * @throws {ProtocolError} if the stream has ended.
   */
  async some(limit: number): Promise<Uint8Array> {
    await this.#fill(1);
    return await this.bytes(Math.min(limit, this.#rest.length));
  }

  /** Waits until there is more or the stream has ended; true if it has. */
  async done(): Promise<boolean> {
    return this.#rest.length === 0 && !await this.#read();
  }

  /** All that follows, as a stream that reads ahead nothing. The reader must not be used after. */
  body(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        if (await this.done()) return controller.close();
        controller.enqueue(this.#rest);
        this.#rest = new Uint8Array();
      },
      cancel: (reason) => this.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** Reads to the end and forgets it: the way to see off a peer that has more to say. */
  async drain(): Promise<void> {
    while (!await this.done()) this.#rest = new Uint8Array();
  }

  /** Tells the peer to stop sending. Never rejects: the stream may have ended in any way. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => {});
  }

  async #fill(length: number): Promise<void> {
    while (this.#rest.length < length) {
      if (!await this.#read()) {
        throw new ProtocolError("Cannot read stream: ends within a message");
      }
    }
  }

  /** Appends one chunk to what is unread; false at the end of the stream. */
  async #read(): Promise<boolean> {
    const { done, value } = this.#reader instanceof ReadableStreamBYOBReader
      ? await this.#reader.read(new Uint8Array(CHUNK_SIZE))
      : await this.#reader.read();
    if (done) return false;
    if (value.length === 0) return this.#read();
    if (this.#rest.length === 0) {
      this.#rest = value;
    } else {
      const joined = new Uint8Array(this.#rest.length + value.length);
      joined.set(this.#rest);
      joined.set(value, this.#rest.length);
      this.#rest = joined;
    }
    return true;
  }
}
