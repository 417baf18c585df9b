import { decodeVarint, varintLength } from "../transport/varint.ts";
import { ProtocolError } from "./error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Takes a message that has arrived completely apart, field by field. */
export class ByteReader {
  #bytes: Uint8Array;
  #offset = 0;

  /** Reads from the start of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
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
      return decodeVarint(this.#bytes, offset);
    } catch (cause) {
      throw new ProtocolError("Cannot read message: integer exceeds 2^53 - 1", { cause });
    }
  }

  /**
   * Passes over a varint of up to 62 bits, such as the identity of a hop.
   *
   * @throws {ProtocolError} if the message ends within it.
   */
  skipVarint(): void {
    const first = this.#bytes[this.#offset];
    this.bytes(first === undefined ? 1 : varintLength(first));
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
    if (length > this.#bytes.length - this.#offset) {
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
    return this.bytes(this.#bytes.length - this.#offset);
  }

  /**
   * Makes sure that nothing is left over.
   *
   * @throws {ProtocolError} if something is.
   */
  end(): void {
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw new ProtocolError(`Cannot read message: ${left} bytes left over`);
  }
}
