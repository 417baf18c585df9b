/** Names of objects. */

/** A BLAKE3-256 digest as 64 lowercase hexadecimal digits. */
export type Digest = string;

/** Whether `value` is a well-formed {@linkcode Digest}. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** Where an object lies below the output directory: `objects/blake3/aa/<64 hex>.bin`. */
export function objectPath(digest: Digest): string {
  return `objects/blake3/${digest.slice(0, 2)}/${digest}.bin`;
}

/**
 * Refuses what is not a digest: names of objects come from URLs, and become paths.
 *
 * @throws {TypeError} if `value` is not a well-formed {@linkcode Digest}.
 */
export function assertDigest(value: unknown): asserts value is Digest {
  if (!isDigest(value)) {
    throw new TypeError("Cannot use object: its name is not 64 lowercase hexadecimal digits");
  }
}
