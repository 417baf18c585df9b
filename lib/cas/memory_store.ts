import { assertDigest, type Digest } from "./digest.ts";
import { DigestStream } from "./digest_stream.ts";
import { ObjectCorruptError, ObjectMissingError } from "./error.ts";
import { resolveRange } from "./range.ts";
import type { ByteRange, ObjectStore, StoredObject } from "./store.ts";

/** Size of the chunks that objects are read in. */
const CHUNK = 64 * 1024;

/** An {@linkcode ObjectStore} that lasts as long as the process: for tests and short demonstrations. */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<Digest, Uint8Array<ArrayBuffer>>();

  /** Stores the bytes; see {@linkcode ObjectStore.put}. */
  async put(bytes: ReadableStream<Uint8Array>): Promise<StoredObject> {
    const stream = new DigestStream();
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    await bytes.pipeThrough(stream).pipeTo(
      new WritableStream({
        write(chunk) {
          chunks.push(new Uint8Array(chunk));
        },
      }),
    );
    const digest = await stream.digest;
    const size = stream.size;
    const stored = this.#objects.get(digest);
    if (stored && stored.length !== size) {
      throw new ObjectCorruptError(digest, `it has ${stored.length} bytes instead of ${size}`);
    }
    if (!stored) this.#objects.set(digest, concat(chunks, size));
    return { digest, size, existed: stored !== undefined };
  }

  /** Whether the object is there. Rejected with a TypeError for what is not a digest. */
  async has(digest: Digest): Promise<boolean> {
    return await this.size(digest) !== undefined;
  }

  /** Length in bytes, if the object is there. Rejected with a TypeError for what is not a digest. */
  // deno-lint-ignore require-await -- What is not a digest must reject, not throw
  async size(digest: Digest): Promise<number | undefined> {
    assertDigest(digest);
    return this.#objects.get(digest)?.length;
  }

  /** The object's bytes or those of `range`; see {@linkcode ObjectStore.open}. */
  // deno-lint-ignore require-await -- As above
  async open(
    digest: Digest,
    range?: ByteRange,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    assertDigest(digest);
    const object = this.#objects.get(digest);
    if (!object) throw new ObjectMissingError(digest);
    const { start, end } = resolveRange(range, object.length);
    return ReadableStream.from(chunksOf(object, start, end));
  }

  /** The names of all objects, in ascending order. */
  async *list(): AsyncGenerator<Digest> {
    yield* [...this.#objects.keys()].sort();
  }

  /** Removes an object; false when it was not there. */
  // deno-lint-ignore require-await -- As above
  async delete(digest: Digest): Promise<boolean> {
    assertDigest(digest);
    return this.#objects.delete(digest);
  }
}

function concat(chunks: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Copies, so that a reader who alters its chunks does not alter the object. */
function* chunksOf(
  object: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
): Generator<Uint8Array<ArrayBuffer>> {
  for (let offset = start; offset < end; offset += CHUNK) {
    yield object.slice(offset, Math.min(offset + CHUNK, end));
  }
}
