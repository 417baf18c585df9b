import { createDirectory } from "../cas/durable.ts";
import { StorageError } from "../cas/error.ts";
import { DayFile } from "./day_file.ts";
import { dayOf, dayPath, trackDirectory } from "./days.ts";
import { formatRecord } from "./parse.ts";
import type { ManifestRecord, RunRecord } from "./record.ts";
import { recover, type TornTail } from "./recovery.ts";
import { advance, type TrackTail } from "./tail.ts";

/** Options of {@linkcode ManifestAppender.open}. */
export interface ManifestAppenderOptions {
  /** The directory of all manifests. */
  readonly root: string;
  /** Name of the broadcast. */
  readonly broadcast: string;
  /** Name of the track. */
  readonly track: string;
  /** Milliseconds since the Unix epoch, for the name of what is cut off; `Date.now` by default. */
  readonly now?: () => number;
  /** Told of each torn end that was cut off. */
  readonly onTorn?: (torn: TornTail) => void;
}

/**
 * Writes the manifest of one track: one line for each record, in a file for each UTC day. It must be
 * the only one for the track; {@linkcode lockBroadcast} sees to that.
 *
 * @example
 * ```ts
 * await using manifest = await ManifestAppender.open({ root, broadcast: "la-nbc", track: "video" });
 * await manifest.append(run);
 * await manifest.append({ ...span, msn: (manifest.last.msn ?? -1) + 1 });
 * ```
 */
export class ManifestAppender implements AsyncDisposable {
  readonly #options: ManifestAppenderOptions;
  readonly #directory: string;
  #file: DayFile | undefined;
  #last: TrackTail;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    options: ManifestAppenderOptions,
    directory: string,
    file: DayFile | undefined,
    last: TrackTail,
  ) {
    this.#options = options;
    this.#directory = directory;
    this.#file = file;
    this.#last = last;
  }

  /**
   * Takes the manifest up where it was left: a last line that was not written whole is cut off.
   *
   * @throws {StorageError} if the files cannot be used.
   * @throws {TypeError} if the broadcast or track cannot be a name.
   */
  static async open(options: ManifestAppenderOptions): Promise<ManifestAppender> {
    const { root, broadcast, track, now = Date.now, onTorn } = options;
    const directory = trackDirectory(root, broadcast, track);
    try {
      await createDirectory(directory);
      const { tail, newest, torn } = await recover(directory, now());
      for (const end of torn) onTorn?.(end);
      const file = newest &&
        DayFile.open(newest.day, dayPath(directory, newest.day), newest.size);
      return new ManifestAppender(options, directory, file, tail);
    } catch (error) {
      throw new StorageError("open manifest", directory, error);
    }
  }

  /** Where the manifest stands, after the records that have been appended so far. */
  get last(): TrackTail {
    return this.#last;
  }

  /**
   * Appends a record. When it fulfils, the line is written, and durable within a second; when it
   * rejects, nothing was written. The first record of a track must be a run. `prev` of a run is the
   * appender's to set.
   *
   * @throws {TypeError} if the record is not one that may come here.
   * @throws {StorageError} if it cannot be written, or an earlier line cannot be made durable.
   */
  append(record: ManifestRecord): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#closed) throw new TypeError("Cannot append record: the manifest is closed");
      this.#check(record);
      const entry = record.kind === "run" ? withoutPrev(record) : record;
      const day = dayOf(record.at);
      // A clock that was set back must not lead back into a day that is over.
      if (this.#file && day <= this.#file.day) {
        this.#file.write(formatRecord(entry));
      } else {
        const line = formatRecord(entry);
        await this.#beginDay(day, entry.kind === "run" ? entry : this.#last.run!);
        if (entry.kind !== "run") this.#file!.write(line);
      }
      this.#last = advance(this.#last, entry);
    });
  }

  /**
   * Makes all that was appended durable.
   *
   * @throws {StorageError} if that fails: the appender is of no more use then.
   */
  sync(): Promise<void> {
    return this.#enqueue(async () => {
      if (!this.#closed) await this.#file?.sync();
    });
  }

  /**
   * Makes all that was appended durable and closes the file. Closing again does nothing.
   *
   * @throws {StorageError} if that fails, or has failed without any caller knowing.
   */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await this.#file?.close();
    });
  }

  /** Closes the manifest at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue(action: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => {});
    return result;
  }

  #check(record: ManifestRecord): void {
    const { run, msn } = this.#last;
    if (record.kind !== "run" && !run) {
      throw new TypeError("Cannot append record: the first one of a track must be a run");
    }
    if (record.kind === "span" && msn !== undefined && record.msn <= msn) {
      throw new TypeError(`Cannot append span: ${record.msn} does not come after ${msn}`);
    }
    const { broadcast, track } = this.#options;
    if (record.kind === "run" && (record.broadcast !== broadcast || record.track !== track)) {
      throw new TypeError("Cannot append run: it is one of another track");
    }
  }

  /** Goes on to the file of `day`, which begins with `run` and the digest of the file before. */
  async #beginDay(day: string, run: RunRecord): Promise<void> {
    const before = this.#file;
    await before?.sync();
    const path = dayPath(this.#directory, day);
    try {
      const head = before ? { ...run, prev: await before.digest() } : run;
      this.#file = await DayFile.create(day, path, formatRecord(head));
    } catch (error) {
      throw error instanceof StorageError ? error : new StorageError("create", path, error);
    }
    await before?.close();
  }
}

function withoutPrev({ prev: _, ...run }: RunRecord): RunRecord {
  return run;
}
