import { join } from "node:path";
import { assertDigest, type Digest, isDigest, objectPath } from "./digest.ts";
import { DigestStream } from "./digest_stream.ts";
import { createDirectory, syncDirectory } from "./durable.ts";
import { ObjectMissingError, StorageError } from "./error.ts";
import { readFileRange } from "./file_range.ts";
import { ObjectWriter } from "./object_writer.ts";
import { resolveRange } from "./range.ts";
import type { ByteRange, ObjectStore, StoredObject } from "./store.ts";
import { createTempFile, sweepTempFiles } from "./temp_file.ts";

/** How to open a {@linkcode FileStore}: for writing, creating what is missing, or for reading only. */
export type FileStoreOptions = { create: true } | { readOnly: true };

/** The 256 directories that objects are spread over, by the first two digits of their names. */
const SHARDS: readonly string[] = Array.from(
  { length: 256 },
  (_, i) => i.toString(16).padStart(2, "0"),
);

/**
 * An {@linkcode ObjectStore} in a directory of a local file system:
 * `objects/blake3/<first two digits>/<64 digits>.bin`, and `tmp/` for what is being written. Several
 * stores, also of several processes, may have the same directory open.
 *
 * Holds nothing open, and needs no closing.
 */
export class FileStore implements ObjectStore {
  readonly #directory: string;
  readonly #writable: boolean;

  private constructor(directory: string, writable: boolean) {
    this.#directory = directory;
    this.#writable = writable;
  }

  /**
   * Opens the store in `directory`. With `create`, makes the directories that are missing and
   * removes what dead writers have left in `tmp/`.
   *
   * @throws {StorageError} if the directory cannot be used, or is not there with `readOnly`.
   */
  static async open(directory: string, options: FileStoreOptions): Promise<FileStore> {
    const writable = "create" in options;
    try {
      if (writable) await prepare(directory);
      else for (const _ of Deno.readDirSync(directory)) break;
    } catch (error) {
      throw new StorageError("open object store", directory, error);
    }
    return new FileStore(directory, writable);
  }

  /** Stores the bytes; see {@linkcode ObjectStore.put}. */
  async put(bytes: ReadableStream<Uint8Array>): Promise<StoredObject> {
    this.#requireWritable();
    const digest = new DigestStream();
    const writer = new ObjectWriter(this.#directory, digest.digest);
    await bytes.pipeThrough(digest).pipeTo(new WritableStream(writer));
    return { digest: await digest.digest, size: digest.size, existed: writer.existed };
  }

  /** Whether the object is there. Rejected with a TypeError for what is not a digest. */
  async has(digest: Digest): Promise<boolean> {
    return await this.size(digest) !== undefined;
  }

  /** Length in bytes, if the object is there. Rejected with a TypeError for what is not a digest. */
  async size(digest: Digest): Promise<number | undefined> {
    const path = this.#pathOf(digest);
    try {
      const { isFile, size } = await Deno.lstat(path);
      return isFile ? size : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new StorageError("look up object", path, error);
    }
  }

  /** The object's bytes or those of `range`; see {@linkcode ObjectStore.open}. */
  async open(
    digest: Digest,
    range?: ByteRange,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const path = this.#pathOf(digest);
    const file = await Deno.open(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) throw new ObjectMissingError(digest);
      throw new StorageError("open object", path, error);
    });
    try {
      const { start, end } = resolveRange(range, (await file.stat()).size);
      return readFileRange(file, start, end, digest);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The names of all objects, in ascending order. Files that are no objects are passed over. */
  async *list(): AsyncGenerator<Digest> {
    for (const shard of SHARDS) {
      const names = await objectNames(join(this.#directory, "objects", "blake3", shard));
      yield* names.filter((name) => name.startsWith(shard)).sort();
    }
  }

  /** Removes an object; false when it was not there. */
  async delete(digest: Digest): Promise<boolean> {
    this.#requireWritable();
    const path = this.#pathOf(digest);
    try {
      await Deno.remove(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw new StorageError("delete object", path, error);
    }
  }

  #pathOf(digest: Digest): string {
    assertDigest(digest);
    return join(this.#directory, objectPath(digest));
  }

  #requireWritable(): void {
    if (!this.#writable) {
      throw new TypeError("Cannot change object store: it was opened for reading only");
    }
  }
}

async function prepare(directory: string): Promise<void> {
  const objects = join(directory, "objects", "blake3");
  const temp = join(directory, "tmp");
  await createDirectory(objects);
  await createDirectory(temp);
  const present = new Set(Array.from(Deno.readDirSync(objects), ({ name }) => name));
  for (const shard of SHARDS) if (!present.has(shard)) Deno.mkdirSync(join(objects, shard));
  // Also when nothing was missing: whoever made them may not have come this far.
  for (const path of [objects, join(directory, "objects"), directory]) await syncDirectory(path);
  sweepTempFiles(temp);
  // Tells now, rather than in the middle of a recording, that the directory cannot be written to.
  const probe = createTempFile(temp);
  probe.file.close();
  Deno.removeSync(probe.path);
}

async function objectNames(shard: string): Promise<Digest[]> {
  const names: Digest[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(shard)) {
      const digest = name.slice(0, -4);
      if (isFile && name.endsWith(".bin") && isDigest(digest)) names.push(digest);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new StorageError("list objects in", shard, error);
    }
  }
  return names;
}
