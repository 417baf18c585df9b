import { dirname, join } from "node:path";
import { type Digest, objectPath } from "./digest.ts";
import { syncDirectory, writeFully } from "./durable.ts";
import { ObjectCorruptError, StorageError } from "./error.ts";
import { createTempFile, type TempFile } from "./temp_file.ts";

/**
 * Writes one object: a temporary file, fsync, its name, fsync of the directory. What fails leaves no
 * temporary file behind, and a failed fsync is final: the kernel may have dropped the bytes and
 * would report the next fsync as a success.
 *
 * Only fsync is awaited: the other calls take microseconds, an asynchronous one takes 40 of them.
 */
export class ObjectWriter implements UnderlyingSink<Uint8Array> {
  readonly #directory: string;
  readonly #digest: Promise<Digest>;
  #temp: TempFile | undefined;
  #size = 0;
  #existed = false;

  /** Writes below the store's `directory`; `digest` must be fulfilled when the bytes end. */
  constructor(directory: string, digest: Promise<Digest>) {
    this.#directory = directory;
    this.#digest = digest;
  }

  /** Whether the store had the object already. Known once the stream has closed. */
  get existed(): boolean {
    return this.#existed;
  }

  /** Creates the temporary file. */
  // deno-lint-ignore require-await -- A rejection cancels the source of the bytes, a throw does not
  async start(): Promise<void> {
    this.#attempt(() => this.#temp = createTempFile(join(this.#directory, "tmp")));
  }

  /** Appends a chunk to the temporary file. */
  write(chunk: Uint8Array): void {
    this.#attempt(() => writeFully(this.#temp!.file, chunk));
    this.#size += chunk.length;
  }

  /** Makes the object durable under its name, or finds that it was there. */
  async close(): Promise<void> {
    try {
      const digest = await this.#digest;
      const path = join(this.#directory, objectPath(digest));
      const size = this.#size;
      const { size: written } = this.#temp!.file.statSync();
      if (written !== size) throw new Error(`the system took ${written} of ${size} bytes`);
      this.#existed = isStored(path, digest, size);
      if (!this.#existed) {
        await this.#temp!.file.sync();
        // Nothing is awaited from this look to the renaming, so that no other put comes between. One
        // of another process may: then equal bytes replace equal bytes.
        this.#existed = isStored(path, digest, size);
        if (!this.#existed) this.#rename(path);
      }
      this.#discard();
      // Also when the object was there: whoever named it may not have come this far.
      await syncDirectory(dirname(path));
    } catch (error) {
      this.#discard();
      if (error instanceof ObjectCorruptError) throw error;
      throw new StorageError("store an object in", this.#directory, error);
    }
  }

  /** Drops the temporary file: the source failed. */
  abort(): void {
    this.#discard();
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#discard();
      throw new StorageError("store an object in", this.#directory, error);
    }
  }

  #rename(path: string): void {
    const { file, path: from } = this.#temp!;
    Deno.renameSync(from, path);
    this.#temp = undefined;
    file.close();
  }

  #discard(): void {
    const temp = this.#temp;
    if (!temp) return;
    this.#temp = undefined;
    try {
      Deno.removeSync(temp.path);
    } catch {
      // The failure that led here is the one to tell; what is left is swept at the next opening.
    } finally {
      temp.file.close();
    }
  }
}

/** Whether the object is there; if so, its time is renewed, which protects it from being pruned. */
function isStored(path: string, digest: Digest, size: number): boolean {
  try {
    const stored = Deno.lstatSync(path);
    if (!stored.isFile || stored.size !== size) {
      const found = stored.isFile ? `${stored.size} bytes` : "no file";
      throw new ObjectCorruptError(digest, `${path} has ${found} instead of ${size} bytes`);
    }
    const now = new Date();
    Deno.utimeSync(path, now, now);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
