/** One HTTP/3 exchange: headers each way, then data (RFC 9114 §4.1). */

import { ByteReader } from "./byte_reader.ts";
import { concat } from "@std/bytes/concat";
import { MAX_HEADER_BLOCK } from "./http3_settings.ts";
import { FRAME_TYPE, H3_ERROR, Http3Error } from "./http3.ts";
import { decodeHeaders, encodeHeaders } from "./qpack.ts";
import type { HeaderField } from "./qpack_static_table.ts";
import { encodeVarint } from "./varint.ts";

/** Header fields by name; what came several times is joined with commas (RFC 9110 §5.3). */
export type Headers = ReadonlyMap<string, string>;

/** A request stream, seen from either end. */
export class RequestStream {
  /** The QUIC stream's id, which is also that of a WebTransport session on it. */
  readonly id: number;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** Takes a reader over if a frame's type has been read with it already. */
  constructor(stream: Deno.QuicBidirectionalStream, reader = new ByteReader(stream.readable)) {
    this.id = Number(stream.writable.id);
    this.#reader = reader;
    this.#writer = stream.writable.getWriter();
    // Errors are reported by the calls below.
    this.#writer.closed.catch(() => {});
  }

  /**
   * Reads the next header block, passing over frames of unknown types.
   *
   * @param type The type of the first frame, if it has been read already.
   * @throws {Http3Error} if there is none or it is malformed or too large.
   */
  async readHeaders(type?: number): Promise<Headers> {
    for (;;) {
      type ??= await this.#reader.readVarint();
      if (type === undefined) {
        throw new Http3Error(H3_ERROR.requestIncomplete, "Stream ended before its headers");
      }
      const length = await this.#reader.requireVarint();
      if (type === FRAME_TYPE.headers) {
        if (length > MAX_HEADER_BLOCK) {
          throw new Http3Error(H3_ERROR.excessiveLoad, "Headers exceed 16 KiB");
        }
        return joinFields(decodeHeaders(await this.#reader.readExactly(length)));
      }
      if (type === FRAME_TYPE.data || type === FRAME_TYPE.settings) {
        throw new Http3Error(H3_ERROR.frameUnexpected, "Stream does not start with its headers");
      }
      await this.#reader.skip(length);
      type = undefined;
    }
  }

  /** The payload of all DATA frames, until the peer has sent everything. */
  async *data(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const type = await this.#reader.readVarint();
      if (type === undefined) return;
      const length = await this.#reader.requireVarint();
      if (type === FRAME_TYPE.data) yield* this.#reader.chunks(length);
      else await this.#reader.skip(length);
    }
  }

  /** Sends a header block. */
  writeHeaders(fields: Iterable<HeaderField>): Promise<void> {
    return this.#writeFrame(FRAME_TYPE.headers, encodeHeaders(fields));
  }

  /** Sends `bytes` in a DATA frame. */
  writeData(bytes: Uint8Array): Promise<void> {
    return this.#writeFrame(FRAME_TYPE.data, bytes);
  }

  /** Says that nothing more will be sent. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  #writeFrame(type: number, payload: Uint8Array): Promise<void> {
    return this.#writer.write(concat([encodeVarint(type), encodeVarint(payload.length), payload]));
  }
}

function joinFields(fields: readonly HeaderField[]): Headers {
  const headers = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
