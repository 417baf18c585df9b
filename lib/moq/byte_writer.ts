import { QUIC_VARINT, type VarintCoding } from "./varint_coding.ts";

const encoder = new TextEncoder();

/** Builds what is to be sent, field by field. Every method returns the writer itself. */
export class ByteWriter {
  #parts: Uint8Array[] = [];
  readonly #coding: VarintCoding;

  /** Starts out empty; varints are QUIC's unless said otherwise. */
  constructor(coding: VarintCoding = QUIC_VARINT) {
    this.#coding = coding;
  }

  /** Appends an integer in 0..2^53-1 as a varint. */
  varint(value: number): this {
    return this.bytes(this.#coding.encode(value));
  }

  /** Appends a single byte. */
  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  /** Appends bytes as they are. */
  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** Appends text as UTF-8 behind its length in bytes. */
  string(text: string): this {
    const bytes = encoder.encode(text);
    return this.varint(bytes.length).bytes(bytes);
  }

  /** Appends what `write` writes, behind its length in bytes. */
  message(write: (body: ByteWriter) => void): this {
    const body = new ByteWriter(this.#coding);
    write(body);
    const bytes = body.finish();
    return this.varint(bytes.length).bytes(bytes);
  }

  /** Everything appended so far, as one buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }
}
