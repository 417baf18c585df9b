/** The SETTINGS frame (RFC 9114 §7.2.4). */

import { H3_ERROR, Http3Error } from "./http3.ts";
import { decodeLooseVarint } from "./loose_varint.ts";
import { encodeVarint, varintLength } from "./varint.ts";

/** What one end told the other about itself, by setting identifier. */
export type Settings = ReadonlyMap<number, number>;

const MAX_FIELD_SECTION_SIZE = 0x06;
const ENABLE_CONNECT_PROTOCOL = 0x08; // RFC 9220
const H3_DATAGRAM = 0x33; // RFC 9297
const H3_DATAGRAM_DRAFT_04 = 0xffd277;

/** How the drafts of WebTransport over HTTP/3 announced support, in order of appearance. */
const WEB_TRANSPORT = {
  draft02: 0x2b603742,
  draft07: 0xc671706a,
  draft13: 0x14e9cd29,
  draft15: 0x2c7cf000,
};

/** The largest header block either end of ours accepts, in bytes. */
export const MAX_HEADER_BLOCK = 16 * 1024;

/**
 * What we say about ourselves. Newer announcements of WebTransport are left out because they promise
 * RESET_STREAM_AT, which Deno's QUIC does not have.
 */
export const OUR_SETTINGS: Settings = new Map([
  [MAX_FIELD_SECTION_SIZE, MAX_HEADER_BLOCK],
  [ENABLE_CONNECT_PROTOCOL, 1],
  [H3_DATAGRAM, 1],
  [H3_DATAGRAM_DRAFT_04, 1],
  [WEB_TRANSPORT.draft02, 1],
  [WEB_TRANSPORT.draft07, 1],
]);

/** Whether an end that sent `settings` speaks any draft of WebTransport. */
export function offersWebTransport(settings: Settings): boolean {
  return Object.values(WEB_TRANSPORT).some((id) => (settings.get(id) ?? 0) > 0);
}

/** Writes the payload of a SETTINGS frame. */
export function encodeSettings(settings: Settings): Uint8Array<ArrayBuffer> {
  const payload: number[] = [];
  for (const [id, value] of settings) payload.push(...encodeVarint(id), ...encodeVarint(value));
  return Uint8Array.from(payload);
}

/**
 * Reads the payload of a SETTINGS frame.
 *
 * @throws {Http3Error} if it is cut short.
 */
export function decodeSettings(payload: Uint8Array): Settings {
  const settings = new Map<number, number>();
  let offset = 0;
  const next = (): number => {
    const start = offset;
    offset += varintLength(payload[start] ?? 0);
    if (offset > payload.length) {
      throw new Http3Error(H3_ERROR.frame, "SETTINGS frame is cut short");
    }
    return decodeLooseVarint(payload, start);
  };
  while (offset < payload.length) settings.set(next(), next());
  return settings;
}
