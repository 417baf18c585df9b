/** Errors of a store, and of the files that other modules keep with the same care. */

import type { Digest } from "./digest.ts";

/** The store does not have the object. */
export class ObjectMissingError extends Error {
  /** The name of the class. */
  override readonly name = "ObjectMissingError";
  /** The object's name. */
  readonly digest: Digest;
  /** Says that `digest` is missing. */
  constructor(digest: Digest, options?: ErrorOptions) {
    super(`Cannot find object ${digest} in the store`, options);
    this.digest = digest;
  }
}

/** What the store has under the object's name is not the object. */
export class ObjectCorruptError extends Error {
  /** The name of the class. */
  override readonly name = "ObjectCorruptError";
  /** The object's name. */
  readonly digest: Digest;
  /** Says that `digest` is corrupt and, in `detail`, how that shows. */
  constructor(digest: Digest, detail: string, options?: ErrorOptions) {
    super(`Object ${digest} is corrupt: ${detail}`, options);
    this.digest = digest;
  }
}

/** A file or directory could not be used. The message says what, where and what to try. */
export class StorageError extends Error {
  /** The name of the class. */
  override readonly name = "StorageError";
  /** The file or directory. */
  readonly path: string;
  /** The operating system's name of the error, e.g. "ENOSPC", where it was the one to fail. */
  readonly code: string | undefined;
  /** Says that `action` (e.g. "append to") failed for `path` because of `cause`. */
  constructor(action: string, path: string, cause: unknown) {
    const code = errorCode(cause);
    const hint = code && HINTS[code];
    super(
      `Cannot ${action} ${path}: ${reasonOf(cause)}${code ? ` (${code})` : ""}` +
        (hint ? `; ${hint}` : ""),
      { cause },
    );
    this.path = path;
    this.code = code;
  }
}

const ANOTHER = "choose another directory";
const OWNER = `make it accessible to the user this program runs as, or ${ANOTHER}`;
const SPACE = `free some space, or ${ANOTHER}`;
const LIMIT = "raise the limit of open files (ulimit -n)";

/** What to try, by the operating system's name of the error. */
const HINTS: Record<string, string> = {
  EACCES: OWNER,
  EPERM: OWNER,
  EROFS: `remount the file system for writing, or ${ANOTHER}`,
  ENOSPC: SPACE,
  EDQUOT: SPACE,
  EIO: "check the disk",
  ENOENT: `create it, or ${ANOTHER}`,
  ENOTDIR: `a file is in the way: ${ANOTHER}`,
  EEXIST: `a file is in the way: ${ANOTHER}`,
  EMFILE: LIMIT,
  ENFILE: LIMIT,
};

function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined;
}

/** The cause in words, without the path that Deno's messages repeat. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [reason] = cause.message.split(" (os error");
  return errorCode(cause) ? reason!.charAt(0).toLowerCase() + reason!.slice(1) : cause.message;
}
