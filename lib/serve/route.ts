/** Addresses: which resource a path names. */

import { STATUS_CODE } from "@std/http/status";
import { type Digest, isDigest } from "../cas/digest.ts";
import { HttpError } from "./http_error.ts";

/** A resource. */
export type Route =
  /** Something of the page. */
  | { readonly kind: "asset"; readonly path: string }
  | { readonly kind: "health" }
  /** What there is. */
  | { readonly kind: "list" }
  /** A playlist, by its name without ".m3u8". */
  | { readonly kind: "playlist"; readonly broadcast: string; readonly name: string }
  | { readonly kind: "timeline"; readonly broadcast: string }
  /** An initialisation segment; the newest without a digest. */
  | { readonly kind: "init"; readonly broadcast: string; readonly digest?: Digest }
  | { readonly kind: "segment"; readonly broadcast: string; readonly digest: Digest };

/**
 * The resource that the path of a URL names. The name of a broadcast may have slashes, as they are or
 * percent-encoded: the end of the path decides. Names are not paths of files anywhere.
 *
 * @throws {HttpError} with 400 if the path is not well-formed, with 404 if there is no such address.
 */
export function parseRoute(pathname: string): Route {
  const [, top, ...rest] = pathname.split("/").map(decode);
  if (top === "healthz" && rest.length === 0) return { kind: "health" };
  if (top !== "archive") return { kind: "asset", path: pathname };
  if (rest.length === 0 || (rest.length === 1 && rest[0] === "")) return { kind: "list" };
  const file = rest.pop()!;
  if (file === "timeline.json") return { kind: "timeline", broadcast: nameOf(rest) };
  if (file === "init.mp4") return { kind: "init", broadcast: nameOf(rest) };
  if (file.endsWith(".m3u8")) {
    return { kind: "playlist", broadcast: nameOf(rest), name: file.slice(0, -5) };
  }
  const folder = rest.pop();
  const digest = file.slice(0, -4);
  if (isDigest(digest)) {
    if (folder === "init" && file.endsWith(".mp4")) {
      return { kind: "init", broadcast: nameOf(rest), digest };
    }
    if (folder === "segment" && file.endsWith(".m4s")) {
      return { kind: "segment", broadcast: nameOf(rest), digest };
    }
  }
  throw noSuchAddress();
}

/** The path of a broadcast below the root, with no slash at its end. */
export function broadcastPath(broadcast: string): string {
  const parts = broadcast.split("/");
  // URLs have no place for such parts.
  const odd = parts.some((part) => part === "" || part === "." || part === "..");
  return `/archive/${(odd ? [broadcast] : parts).map(encodeURIComponent).join("/")}`;
}

function nameOf(parts: readonly string[]): string {
  const name = parts.join("/");
  if (name === "") throw noSuchAddress();
  return name;
}

function decode(part: string): string {
  let decoded;
  try {
    decoded = decodeURIComponent(part);
  } catch {
    decoded = "\0";
  }
  if (/\p{Cc}/u.test(decoded)) {
    throw new HttpError(STATUS_CODE.BadRequest, "bad_path", "The path is not well-formed");
  }
  return decoded;
}

function noSuchAddress(): HttpError {
  return new HttpError(STATUS_CODE.NotFound, "not_found", "There is no such address");
}
