/** Requests to responses. */

import { STATUS_CODE } from "@std/http/status";
import type { ObjectReader } from "../cas/store.ts";
import type { BadLine } from "../manifest/reader.ts";
import { Archive } from "./archive.ts";
import { HttpError } from "./http_error.ts";
import { parseRoute } from "./route.ts";

/** What was asked for and answered. */
export interface RequestLog {
  /** The method of the request. */
  readonly method: string;
  /** Path without the query, which may hold secrets. */
  readonly path: string;
  /** The status code of the response. */
  readonly status: number;
  /** Length of the body in bytes, as announced. */
  readonly bytes: number;
  /** Time until the head of the response was there, in milliseconds. */
  readonly ms: number;
  /** What went wrong on our side. */
  readonly error?: unknown;
}

/** Options of {@linkcode createHandler}. */
export interface HandlerOptions {
  /** Where the objects are. */
  readonly store: ObjectReader;
  /** Root of the manifests. */
  readonly manifestDir: string;
  /** The time in milliseconds since the Unix epoch. @default {Date.now} */
  readonly now?: () => number;
  /** Told of each request once its response begins. */
  readonly log?: (entry: RequestLog) => void;
  /** Told of lines of manifests that cannot be read, which are passed over. */
  readonly onBad?: (bad: BadLine) => void;
}

const METHODS = "GET, HEAD, OPTIONS";

/** Any page may play from us, and measure how long it takes. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "accept-ranges, age, content-length, content-location, content-range, date, etag, retry-after",
  "cross-origin-resource-policy": "cross-origin",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
};

/** What a preflight (Fetch standard §3.3) is answered beyond that. */
const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  allow: METHODS,
  "access-control-allow-methods": METHODS,
  "access-control-allow-headers": "if-none-match, if-range, range",
  "access-control-max-age": "86400",
};

/**
 * Serves the archive:
 *
 * | path | what |
 * |---|---|
 * | `/` | the page |
 * | `/archive` | the broadcasts ({@linkcode ArchiveDocument}) |
 * | `/archive/<broadcast>/master.m3u8` | its master playlist |
 * | `/archive/<broadcast>/video.m3u8`, `audio.m3u8`, `<track>.m3u8` | media playlists |
 * | `/archive/<broadcast>/init/<hash>.mp4`, `init.mp4` | initialisation segments, the newest one |
 * | `/archive/<broadcast>/segment/<hash>.m4s` | media segments |
 * | `/archive/<broadcast>/timeline.json` | what there is ({@linkcode TimelineDocument}) |
 * | `/healthz` | whether the server runs |
 *
 * Errors are JSON with `error` and `reason`.
 */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  const { log = () => {} } = options;
  const archive = new Archive(options);
  return async (request) => {
    const began = performance.now();
    const { pathname: path } = new URL(request.url);
    let response: Response;
    let error: unknown;
    try {
      response = await respond(archive, request, path);
    } catch (thrown) {
      if (!(thrown instanceof HttpError)) error = thrown;
      response = toHttpError(thrown).toResponse();
      if (request.method === "HEAD") response = new Response(null, response);
    }
    for (const [name, value] of Object.entries(COMMON_HEADERS)) response.headers.set(name, value);
    log({
      method: request.method,
      path,
      status: response.status,
      bytes: request.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0),
      ms: performance.now() - began,
      ...(error !== undefined && { error }),
    });
    return response;
  };
}

async function respond(archive: Archive, request: Request, path: string): Promise<Response> {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return await archive.respond(request, parseRoute(path));
    case "OPTIONS":
      return new Response(null, { status: STATUS_CODE.NoContent, headers: PREFLIGHT_HEADERS });
    default:
      throw new HttpError(
        STATUS_CODE.MethodNotAllowed,
        "method_not_allowed",
        `Only ${METHODS} are allowed`,
        { allow: METHODS },
      );
  }
}

/** What the client is told of an error; the details are for the log. */
function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  return new HttpError(
    STATUS_CODE.InternalServerError,
    "internal",
    "The server failed; its log tells why",
  );
}
