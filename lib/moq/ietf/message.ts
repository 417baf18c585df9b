import { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import type { StreamReader } from "../stream_reader.ts";
import { codingOf, type IetfVersion } from "./version.ts";

/** A control message. */
export interface Message {
  /** What it is, see {@linkcode MessageType}. */
  type: number;
  /** What it says. */
  body: ByteReader;
}

/** Writes a control message. */
export function encodeMessage(
  version: IetfVersion,
  type: number,
  write: (body: ByteWriter) => void,
): Uint8Array {
  const coding = codingOf(version);
  const body = new ByteWriter(coding);
  write(body);
  const bytes = body.finish();
  const writer = new ByteWriter(coding).varint(type);
  if (version === 7) writer.varint(bytes.length);
  else writer.u8(bytes.length >> 8).u8(bytes.length & 0xff);
  return writer.bytes(bytes).finish();
}

/** Reads the next control message; undefined at the end of the stream. */
export async function readMessage(
  version: IetfVersion,
  reader: StreamReader,
): Promise<Message | undefined> {
  if (await reader.done()) return undefined;
  return { type: await reader.varint(), body: await readBody(version, reader) };
}

/** Reads what follows the type of a control message. */
export async function readBody(version: IetfVersion, reader: StreamReader): Promise<ByteReader> {
  if (version === 7) return await reader.message();
  const [high, low] = await reader.bytes(2);
  return new ByteReader(await reader.bytes(high! << 8 | low!), codingOf(version));
}
