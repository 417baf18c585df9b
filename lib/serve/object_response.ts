/** Answers with stored objects. */

import { ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import type { Digest } from "../cas/digest.ts";
import { ObjectMissingError } from "../cas/error.ts";
import type { ByteRange, ObjectReader } from "../cas/store.ts";
import type { TrackRole } from "../manifest/record.ts";
import { parseByteRange } from "./byte_range.ts";
import { HttpError } from "./http_error.ts";

/** What an object has the name of never changes. */
const IMMUTABLE = "public, max-age=31536000, immutable";

const TYPES: Record<TrackRole, string> = {
  video: "video/mp4",
  audio: "audio/mp4",
  data: "application/octet-stream",
};

/** Options of {@linkcode objectResponse}. */
export interface ObjectResponseOptions {
  /** Where the object is. */
  readonly store: ObjectReader;
  /** Its name. */
  readonly digest: Digest;
  /** What the object is part of. */
  readonly role: TrackRole;
  /** How it may be cached. @default for ever */
  readonly cacheControl?: string;
}

/**
 * Streams the object, or the part of it that is asked for, from the store.
 *
 * @throws {HttpError} with 410 if the store does not have it any more, with 416 if it has nothing of
 * the range.
 */
export async function objectResponse(
  request: Request,
  { store, digest, role, cacheControl = IMMUTABLE }: ObjectResponseOptions,
): Promise<Response> {
  const size = await store.size(digest);
  if (size === undefined) throw gone(digest);
  const etag = `"${digest}"`;
  const headers = { etag, "cache-control": cacheControl, "accept-ranges": "bytes" };
  if (!ifNoneMatch(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: STATUS_CODE.NotModified, headers });
  }
  const range = rangeOf(request, etag, size);
  if (range === "unsatisfiable") {
    throw new HttpError(
      STATUS_CODE.RangeNotSatisfiable,
      "range_not_satisfiable",
      `The object has ${size} bytes`,
      { "content-range": `bytes */${size}` },
    );
  }
  const { start, end } = range ?? { start: 0, end: size };
  return new Response(request.method === "HEAD" ? null : await open(store, digest, range), {
    status: range ? STATUS_CODE.PartialContent : STATUS_CODE.OK,
    headers: {
      ...headers,
      "content-type": TYPES[role],
      "content-length": String(end - start),
      ...(range && { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    },
  });
}

/** The range to answer with; If-Range holds only for the very object (RFC 9110 §13.1.5). */
function rangeOf(request: Request, etag: string, size: number) {
  if (request.method !== "GET") return undefined;
  const condition = request.headers.get("if-range");
  if (condition !== null && condition !== etag) return undefined;
  return parseByteRange(request.headers.get("range"), size);
}

async function open(store: ObjectReader, digest: Digest, range: ByteRange | undefined) {
  try {
    return await store.open(digest, range);
  } catch (error) {
    if (error instanceof ObjectMissingError) throw gone(digest);
    throw error;
  }
}

function gone(digest: Digest): HttpError {
  return new HttpError(
    STATUS_CODE.Gone,
    "gone",
    `Object ${digest} was recorded, but is not in the store`,
  );
}
