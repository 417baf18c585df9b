import { dirname } from "node:path";
import type { Digest } from "../cas/digest.ts";
import { DigestStream } from "../cas/digest_stream.ts";
import { syncDirectory, writeFully } from "../cas/durable.ts";
import { StorageError } from "../cas/error.ts";

/** How long a line may wait for its fdatasync(2), in milliseconds. */
const SYNC_INTERVAL = 1000;

const encoder = new TextEncoder();

/** The file that a track's lines are being appended to. */
export class DayFile {
  /** The UTC day (YYYY-MM-DD). */
  readonly day: string;
  /** Where the file lies. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  #size: number;
  #dirty = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #failure: StorageError | undefined;
  /** Whether a caller has been told of the failure. */
  #told = false;

  private constructor(day: string, path: string, file: Deno.FsFile, size: number) {
    this.day = day;
    this.path = path;
    this.#file = file;
    this.#size = size;
  }

  /** Opens a file that has `size` bytes of whole lines. */
  static open(day: string, path: string, size: number): DayFile {
    return new DayFile(day, path, Deno.openSync(path, { append: true }), size);
  }

  /** Creates the file with its first line. Durable when it fulfils; not there when it rejects. */
  static async create(day: string, path: string, head: string): Promise<DayFile> {
    const file = Deno.openSync(path, { append: true, createNew: true });
    const created = new DayFile(day, path, file, 0);
    try {
      created.write(head);
      await created.sync();
      await syncDirectory(dirname(path));
      return created;
    } catch (error) {
      clearTimeout(created.#timer);
      file.close();
      Deno.removeSync(path);
      throw error;
    }
  }

  /** BLAKE3 of what the file has now. */
  async digest(): Promise<Digest> {
    const stream = new DigestStream();
    const file = await Deno.open(this.path);
    await file.readable.pipeThrough(stream).pipeTo(new WritableStream());
    return await stream.digest;
  }

  /**
   * Appends a line in one write. When it fails, the file is as it was before.
   *
   * @throws {StorageError} if it cannot be written.
   */
  write(line: string): void {
    if (this.#failure) {
      this.#told = true;
      throw this.#failure;
    }
    const bytes = encoder.encode(line);
    try {
      writeFully(this.#file, bytes);
    } catch (error) {
      throw this.#undo(new StorageError("append to", this.path, error));
    }
    this.#size += bytes.length;
    this.#dirty = true;
    // A failure is kept for the next call.
    this.#timer ??= setTimeout(() => this.#flush().catch(() => {}), SYNC_INTERVAL);
  }

  /**
   * Makes all lines durable. A failure is final, here and for {@linkcode write}: the kernel may have
   * dropped the lines and would report the next attempt as a success.
   *
   * @throws {StorageError} if it fails or has failed.
   */
  async sync(): Promise<void> {
    try {
      await this.#flush();
    } catch (error) {
      this.#told = true;
      throw error;
    }
  }

  /**
   * Makes all lines durable and closes the file, which is closed in any case.
   *
   * @throws {StorageError} if that fails, or has failed without any caller knowing.
   */
  async close(): Promise<void> {
    const told = this.#told;
    try {
      await this.#flush();
    } catch (error) {
      if (!told) throw error;
    } finally {
      this.#file.close();
    }
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // After a failure, all that follows is rejected with it.
    return this.#syncing = this.#syncing.then(async () => {
      if (!this.#dirty) return;
      this.#dirty = false;
      try {
        await this.#file.syncData();
      } catch (error) {
        throw this.#failure = new StorageError("sync", this.path, error);
      }
    });
  }

  /** Cuts off the part of a line that was written before `failure`. */
  #undo(failure: StorageError): StorageError {
    try {
      this.#file.truncateSync(this.#size);
    } catch {
      this.#failure = failure;
    }
    return failure;
  }
}
