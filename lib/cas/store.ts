/** What a content-addressed store promises. `tests/cas/store_suite.ts` holds every store to it. */

import type { Digest } from "./digest.ts";

/** A part of an object, in bytes. */
export interface ByteRange {
  /** First byte wanted. */
  start: number;
  /** One past the last byte wanted; the object's end when absent. */
  end?: number;
}

/** What {@linkcode ObjectStore.put} made of the bytes. */
export interface StoredObject {
  /** The name of the object: the BLAKE3-256 of its bytes. */
  digest: Digest;
  /** Its length in bytes. */
  size: number;
  /** True when the store had the object already, so that nothing was written. */
  existed: boolean;
}

/** The reading half of a store. */
export interface ObjectReader {
  /** Whether the object is there. */
  has(digest: Digest): Promise<boolean>;
  /** Length of the object in bytes, or undefined when it is not there. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * The object's bytes, or those of `range`, as they are read from the medium. Nothing is buffered
   * beyond one chunk; cancelling releases every resource.
   *
   * @throws {ObjectMissingError} if the object is not there.
   * @throws {RangeError} if the range does not lie within the object.
   */
  open(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** A content-addressed store. Objects never change; whoever sees one sees all of it. */
export interface ObjectStore extends ObjectReader {
  /**
   * Stores the bytes under their BLAKE3-256 and fulfils once they are durable. Readers never see a
   * part of them. When the source fails or the medium does, nothing is stored and no trace is left.
   *
   * @throws {ObjectCorruptError} if an object of that name exists with another length.
   */
  put(bytes: ReadableStream<Uint8Array>): Promise<StoredObject>;
  /** The names of all objects, each once, in ascending order. */
  list(): AsyncIterable<Digest>;
  /** Removes an object; false when it was not there. */
  delete(digest: Digest): Promise<boolean>;
}
