/** Capsules on the stream of a WebTransport session (RFC 9297 §3, draft-ietf-webtrans-http3 §5 and §6). */

import { concat } from "@std/bytes/concat";
import { H3_ERROR, Http3Error } from "./http3.ts";
import { decodeLooseVarint } from "./loose_varint.ts";
import type { CloseInfo } from "./session.ts";
import { encodeVarint, varintLength } from "./varint.ts";

const CLOSE_SESSION = 0x2843;
const DRAIN_SESSION = 0x78ae;
/** Bytes of UTF-8 a close reason may have. */
const MAX_REASON = 1024;

/** What a capsule asks for: the end of the session, or that it be wound up. */
export type Capsule =
  | { readonly kind: "close"; readonly closeCode: number; readonly reason: string }
  | { readonly kind: "drain" };

/** Writes a capsule; a longer reason than the protocol allows is cut. */
export function encodeCapsule(capsule: Capsule): Uint8Array<ArrayBuffer> {
  if (capsule.kind === "drain") return concat([encodeVarint(DRAIN_SESSION), encodeVarint(0)]);
  const payload = new Uint8Array(4 + MAX_REASON);
  new DataView(payload.buffer).setUint32(0, capsule.closeCode);
  const { written } = new TextEncoder().encodeInto(capsule.reason, payload.subarray(4));
  const size = 4 + written;
  return concat([encodeVarint(CLOSE_SESSION), encodeVarint(size), payload.subarray(0, size)]);
}

/** The capsule a session is closed with. */
export function closeCapsule({ closeCode = 0, reason = "" }: CloseInfo): Uint8Array<ArrayBuffer> {
  return encodeCapsule({ kind: "close", closeCode, reason });
}

/**
 * Finds the capsules in the bytes of a session's stream, however they are split. Capsules of other
 * types are passed over without being held in memory.
 *
 * Errors with an {@linkcode Http3Error} when a capsule is malformed.
 */
export class CapsuleStream extends TransformStream<Uint8Array, Capsule> {
  /** Header, and payload of a capsule we know, as far as they have come. */
  #held: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Bytes still to come of a capsule we do not know. */
  #skip = 0;

  constructor() {
    super({
      transform: (chunk, controller) => this.#push(chunk, controller),
      flush: () => {
        if (this.#held.length > 0 || this.#skip > 0) malformed("the stream ends within it");
      },
    });
  }

  #push(chunk: Uint8Array, controller: TransformStreamDefaultController<Capsule>): void {
    let bytes = concat([this.#held, chunk]);
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      bytes = bytes.subarray(skipped);

      const header = parseHeader(bytes);
      if (header === undefined) break;
      const { type, length, payloadAt } = header;
      if (type !== CLOSE_SESSION && type !== DRAIN_SESSION) {
        this.#skip = payloadAt + length;
        continue;
      }
      if (length > 4 + MAX_REASON) malformed("it is too long");
      if (bytes.length < payloadAt + length) break;
      const payload = bytes.subarray(payloadAt, payloadAt + length);
      controller.enqueue(type === DRAIN_SESSION ? { kind: "drain" } : parseClose(payload));
      bytes = bytes.subarray(payloadAt + length);
    }
    this.#held = bytes.slice();
  }
}

function parseHeader(bytes: Uint8Array) {
  const typeLength = varintLength(bytes[0] ?? 0);
  const payloadAt = typeLength + varintLength(bytes[typeLength] ?? 0);
  if (bytes.length < payloadAt) return undefined;
  const type = decodeLooseVarint(bytes);
  return { type, length: decodeLooseVarint(bytes, typeLength), payloadAt };
}

function parseClose(payload: Uint8Array): Capsule {
  if (payload.length < 4) malformed("it has no error code");
  const closeCode = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
  return { kind: "close", closeCode, reason: new TextDecoder().decode(payload.subarray(4)) };
}

function malformed(why: string): never {
  throw new Http3Error(H3_ERROR.message, `Cannot read capsule: ${why}`);
}
