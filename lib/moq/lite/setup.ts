import { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import type { StreamReader } from "../stream_reader.ts";
import { DataType, StreamType } from "./stream_type.ts";
import type { LiteVersion } from "./version.ts";

/** moq-lite-N is listed as this plus N in the in-band handshake. */
const VERSION_BASE = 0xff0dad00;
/** The drafts that can be agreed on in-band, the preferred one first. */
const IN_BAND: readonly LiteVersion[] = [2, 1];
/** moq-lite-05's parameter with the request path, for connections that have no URL. */
const PATH_PARAMETER = 2;

/** Writes the server's half of the in-band handshake. */
export function encodeServerSetup(version: LiteVersion): Uint8Array {
  const body = new ByteWriter().varint(VERSION_BASE + version).varint(0);
  return encodeInBand(StreamType.serverSetup, body);
}

/**
 * Reads the client's half of the in-band handshake; the stream's type has been read already.
 *
 * @returns The first draft offered that we speak.
 * @throws {ProtocolError} if there is none.
 */
export async function readClientSetup(reader: StreamReader): Promise<LiteVersion> {
  const body = await readInBand(reader);
  for (let count = body.varint(); count > 0; count--) {
    const code = body.varint();
    const version = IN_BAND.find((version) => code === VERSION_BASE + version);
    if (version !== undefined) return version;
  }
  throw new ProtocolError("Cannot set up session: the client offers no version we speak", {
    code: 9,
  });
}

/**
 * Writes the only message of moq-lite-05's setup stream, the stream's type included.
 *
 * @param path Path and query of the relay's URL: on raw QUIC only, over WebTransport it is an
 * error to send it.
 */
export function encodeSetup(path?: string): Uint8Array {
  return new ByteWriter().varint(DataType.setup).message((body) => {
    if (path === undefined) body.varint(0);
    else body.varint(1).varint(PATH_PARAMETER).string(path);
  }).finish();
}

/**
 * Passes over the peer's setup, the stream's type aside, up to the end of the stream: to stop the
 * peer earlier would tell it that it failed.
 *
 * @throws {ProtocolError} if the stream ends within it.
 */
export async function skipSetup(reader: StreamReader): Promise<void> {
  await reader.message();
  await reader.done();
}

/** The in-band handshake has the framing of moq-transport-14: the length is 16 bits. */
function encodeInBand(type: number, body: ByteWriter): Uint8Array {
  const bytes = body.finish();
  return new ByteWriter().varint(type).u8(bytes.length >> 8).u8(bytes.length & 0xff).bytes(bytes)
    .finish();
}

async function readInBand(reader: StreamReader): Promise<ByteReader> {
  const [high, low] = await reader.bytes(2);
  return new ByteReader(await reader.bytes(high! << 8 | low!));
}
