/** HTTP/3's control streams (RFC 9114 §6.2.1). */

import type { ByteReader } from "./byte_reader.ts";
import { concat } from "@std/bytes/concat";
import { decodeSettings, encodeSettings, OUR_SETTINGS, type Settings } from "./http3_settings.ts";
import { FRAME_TYPE, H3_ERROR, Http3Error, STREAM_TYPE } from "./http3.ts";
import { encodeVarint } from "./varint.ts";

const MAX_SETTINGS = 4096;
const FORBIDDEN: ReadonlySet<number> = new Set([
  FRAME_TYPE.data,
  FRAME_TYPE.headers,
  FRAME_TYPE.settings,
  FRAME_TYPE.pushPromise,
]);

/** What the peer may say on its control stream. */
export interface ControlEvents {
  /** The peer described itself. */
  settings(settings: Settings): void;
  /** The peer will serve no further requests. */
  goaway(): void;
}

/** What our control stream starts with, and all that we send on it. */
export function encodeControlPreface(): Uint8Array<ArrayBuffer> {
  const payload = encodeSettings(OUR_SETTINGS);
  return concat([
    encodeVarint(STREAM_TYPE.control),
    encodeVarint(FRAME_TYPE.settings),
    encodeVarint(payload.length),
    payload,
  ]);
}

/**
 * Reads the peer's control stream past its type.
 *
 * The end of the stream is an error by the letter (RFC 9114 §6.2.1), but servers that close a session end
 * all their streams at once, and which end arrives first is chance. Nothing after SETTINGS is needed to
 * go on, so it is passed over for the session's own end to tell why.
 *
 * @throws {Http3Error} if the stream breaks the rules otherwise.
 */
export async function readControl(reader: ByteReader, events: ControlEvents): Promise<void> {
  if (await reader.readVarint() !== FRAME_TYPE.settings) {
    throw new Http3Error(
      H3_ERROR.missingSettings,
      "Peer's control stream does not start with SETTINGS",
    );
  }
  const size = await reader.requireVarint();
  if (size > MAX_SETTINGS) throw new Http3Error(H3_ERROR.excessiveLoad, "SETTINGS exceed 4 KiB");
  events.settings(decodeSettings(await reader.readExactly(size)));
  for (;;) {
    const type = await reader.readVarint();
    if (type === undefined) return;
    if (FORBIDDEN.has(type)) {
      const message = `Peer's control stream contains a frame of type ${type}`;
      throw new Http3Error(H3_ERROR.frameUnexpected, message);
    }
    await reader.skip(await reader.requireVarint());
    if (type === FRAME_TYPE.goaway) events.goaway();
  }
}
