import type { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import { normalizePath } from "../path.ts";
import { StreamType } from "./stream_type.ts";

/** Age in milliseconds up to which a publisher says it keeps groups. */
const MAX_LATENCY = 30_000;

/** Writes moq-lite-05's request for the properties of a track, the stream's type included. */
export function encodeTrack(broadcast: string, track: string): Uint8Array {
  return new ByteWriter().varint(StreamType.track)
    .message((body) => body.string(broadcast).string(track)).finish();
}

/** Reads which track's properties are asked for. */
export function decodeTrack(body: ByteReader): { broadcast: string; track: string } {
  const broadcast = normalizePath(body.string());
  const track = body.string();
  body.end();
  return { broadcast, track };
}

/** Writes the properties of a track with `timescale` units per second. */
export function encodeTrackInfo(timescale: number): Uint8Array {
  return new ByteWriter()
    .message((body) => body.u8(0).u8(1).varint(MAX_LATENCY).varint(timescale)).finish();
}

/**
 * Reads the timescale, in units per second, out of the properties of a track.
 *
 * @throws {ProtocolError} if it is 0.
 */
export function decodeTrackInfo(body: ByteReader): number {
  body.u8();
  body.u8();
  body.varint();
  const timescale = body.varint();
  body.end();
  if (timescale === 0) throw new ProtocolError("Cannot read track properties: timescale is 0");
  return timescale;
}
