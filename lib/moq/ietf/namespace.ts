import type { ByteReader } from "../byte_reader.ts";
import type { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import { normalizePath } from "../path.ts";

/** Most parts of a namespace. */
const MAX_PARTS = 32;

/** Writes the name of a broadcast as a namespace: a tuple of its components. */
export function encodeNamespace(writer: ByteWriter, path: string): void {
  const parts = path === "" ? [] : path.split("/");
  writer.varint(parts.length);
  for (const part of parts) writer.string(part);
}

/**
 * Reads a namespace as the name of a broadcast.
 *
 * @throws {ProtocolError} if it has more than 32 parts or they are not UTF-8.
 */
export function decodeNamespace(body: ByteReader): string {
  const count = body.varint();
  if (count > MAX_PARTS) throw new ProtocolError(`Cannot read namespace: has ${count} parts`);
  return normalizePath(Array.from({ length: count }, () => body.string()).join("/"));
}
