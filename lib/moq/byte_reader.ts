import { ProtocolError } from "./error.ts";
import { QUIC_VARINT, type VarintCoding } from "./varint_coding.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Takes a message that has arrived completely apart, field by field. */
export class ByteReader {
  #bytes: Uint8Array;
  #offset = 0;
  readonly #coding: VarintCoding;

  /** Reads from the start of `bytes`; varints are QUIC's unless said otherwise. */
  constructor(bytes: Uint8Array, coding: VarintCoding = QUIC_VARINT) {
    this.#bytes = bytes;
    this.#coding = coding;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  /**
   * Takes a varint.
   *
   * @throws {ProtocolError} if the message ends within it, or it exceeds 2^53 - 1.
   */
  varint(): number {
    const offset = this.#offset;
    this.skipVarint();
    try {
      return this.#coding.decode(this.#bytes, offset);
    } catch (cause) {
      throw new ProtocolError("Cannot read message: integer exceeds 2^53 - 1", { cause });
    }
  }

  /**
   * Takes a varint that may have any size; undefined if it exceeds 2^53 - 1.
   *
   * @throws {ProtocolError} if the message ends within it.
   */
  looseVarint(): number | undefined {
    const offset = this.#offset;
    this.skipVarint();
    try {
      return this.#coding.decode(this.#bytes, offset);
    } catch {
      return undefined;
    }
  }

  /**
   * Passes over a varint of any size, such as the identity of a hop.
   *
   * @throws {ProtocolError} if the message ends within it.
   */
  skipVarint(): void {
    const first = this.#bytes[this.#offset];
    this.bytes(first === undefined ? 1 : this.#coding.length(first));
  }

  /**
   * Takes a single byte.
   *
   * @throws {ProtocolError} if the message has ended.
   */
  u8(): number {
    return this.bytes(1)[0]!;
  }

  /**
   * Takes the next `length` bytes, as a view.
   *
   * @throws {ProtocolError} if the message ends before.
   */
  bytes(length: number): Uint8Array {
    if (length > this.left) {
      throw new ProtocolError(`Cannot read message: ends after ${this.#bytes.length} bytes`);
    }
    return this.#bytes.subarray(this.#offset, this.#offset += length);
  }

  /**
   * Takes text behind its length.
   *
   * @throws {ProtocolError} if the message ends within it, or it is not UTF-8.
   */
  string(): string {
    const bytes = this.bytes(this.varint());
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new ProtocolError("Cannot read message: text is not UTF-8", { cause });
    }
  }

  /** Takes all that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /**
   * Makes sure that nothing is left over.
   *
   * @throws {ProtocolError} if something is.
   */
  end(): void {
    if (this.left > 0) throw new ProtocolError(`Cannot read message: ${this.left} bytes left over`);
  }
}
