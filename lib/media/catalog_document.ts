/** The JSON documents that catalogs are. */

import { isObject, type Json } from "./merge_patch.ts";

/** A frame, or a document that comes of frames, larger than this in bytes is not read. */
export const MAX_CATALOG = 1024 * 1024;

/** Tracks beyond this number are passed over. */
export const MAX_TRACKS = 64;

/** How deep values may be nested: far beyond any catalog, far short of exhausting the stack. */
const MAX_DEPTH = 32;

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/**
 * Reads the document in a frame.
 *
 * @throws {SyntaxError} if it is no JSON object or beyond all bounds.
 */
export function parseDocument(frame: Uint8Array): JsonObject {
  if (frame.length > MAX_CATALOG) {
    throw new SyntaxError(`Cannot read catalog: it has ${frame.length} bytes`);
  }
  // Bytes that are no UTF-8 spoil the text they are in, not the catalog.
  const value: Json = JSON.parse(new TextDecoder().decode(frame));
  if (!isObject(value)) throw new SyntaxError("Cannot read catalog: it is no JSON object");
  if (isDeep(value)) throw new SyntaxError("Cannot read catalog: it is nested too deep");
  return value;
}

/** Whether values are nested beyond the bound. A loop: recursion is what the bound makes safe. */
function isDeep(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; ++depth) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : []
    );
  }
  return false;
}
