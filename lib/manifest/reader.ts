import { StorageError } from "../cas/error.ts";
import { dayPath, listDays, trackDirectory } from "./days.ts";
import { type Line, readLines } from "./lines.ts";
import { isWholeLine, parseRecord } from "./parse.ts";
import type { ManifestRecord } from "./record.ts";

/** A line that is not a record. */
export interface BadLine {
  /** The file. */
  readonly path: string;
  /** The number of the line, from 1. */
  readonly line: number;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** What is wrong with it. */
  readonly reason: string;
}

/** Options of {@linkcode ManifestReader}. */
export interface ManifestReaderOptions {
  /** The directory of all manifests. */
  readonly root: string;
  /** Name of the broadcast. */
  readonly broadcast: string;
  /** Name of the track. */
  readonly track: string;
  /** Told of each bad line before it is skipped. Without it, a bad line is an error. */
  readonly onBad?: (bad: BadLine) => void;
}

/** How many bad lines in a row may wait for a good one. */
const MAX_HELD = 100;

/** A bad line that may yet be cut off and written anew. */
interface HeldLine extends BadLine {
  readonly day: string;
  readonly end: number;
}

/**
 * Reads the manifest of one track while it grows. What follows the last whole line is left for the
 * next time: it is being written, or was torn and will be cut off.
 */
export class ManifestReader {
  readonly #directory: string;
  readonly #onBad: ((bad: BadLine) => void) | undefined;
  #day = "";
  /** Where the first line of that day begins that has not been consumed, and how many have. */
  #offset = 0;
  #lines = 0;
  #reading = false;

  /**
   * Creates a reader at the start of the manifest, which need not be there yet.
   *
   * @throws {TypeError} if the broadcast or track cannot be a name.
   */
  constructor(options: ManifestReaderOptions) {
    this.#directory = trackDirectory(options.root, options.broadcast, options.track);
    this.#onBad = options.onBad;
  }

  /**
   * The records that were added since the last call, in order, the first time all of them. Each
   * day's file begins with a repetition of its run. Reading may stop anywhere; the next call goes on
   * from there.
   *
   * @throws {SyntaxError} for a bad line, without `onBad`. The next call goes on after it.
   * @throws {StorageError} if a directory or file cannot be opened.
   * @throws {TypeError} if another call has not come to its end.
   */
  async *read(): AsyncGenerator<ManifestRecord> {
    if (this.#reading) throw new TypeError("Cannot read manifest: it is being read already");
    this.#reading = true;
    try {
      const held: HeldLine[] = [];
      for (const day of await this.#days()) {
        using file = this.#open(day);
        if (file) yield* this.#readDay(day, file, held);
      }
    } finally {
      this.#reading = false;
    }
  }

  async *#readDay(
    day: string,
    file: Deno.FsFile,
    held: HeldLine[],
  ): AsyncGenerator<ManifestRecord> {
    const path = dayPath(this.#directory, day);
    if (day === this.#day) await this.#resume(file, path);
    const [offset, before] = day === this.#day ? [this.#offset, this.#lines] : [0, 0];
    let number = before;
    for await (const line of readLines(file, offset)) {
      number += 1;
      const { record, reason, whole } = interpret(line);
      const bad = {
        path,
        line: number,
        offset: line.offset,
        reason: reason ?? "",
        day,
        end: line.end,
      };
      if (!whole) {
        held.push(bad);
        if (held.length < MAX_HELD || !line.terminated) continue;
      }
      // A whole line, also in a later file, shows that those before it will stay as they are.
      for (const earlier of held.splice(0)) this.#skip(earlier);
      this.#consume(day, line.end, number);
      if (!whole) continue;
      if (reason !== undefined) this.#report(bad);
      else if (record) yield record;
    }
  }

  /** The days to read: the current one and those after it. */
  async #days(): Promise<string[]> {
    try {
      return (await listDays(this.#directory)).filter((day) => day >= this.#day);
    } catch (error) {
      throw new StorageError("read manifest", this.#directory, error);
    }
  }

  /** The day's file, unless it has gone: one without a whole line is removed by the next writer. */
  #open(day: string): Deno.FsFile | undefined {
    const path = dayPath(this.#directory, day);
    try {
      return Deno.openSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new StorageError("read manifest", path, error);
    }
  }

  /** Goes back to where the file was cut, if that is before the position. */
  async #resume(file: Deno.FsFile, path: string): Promise<void> {
    if (endsLine(file, this.#offset)) return;
    let end = 0;
    let lines = 0;
    for await (const line of readLines(file)) {
      if (!line.terminated || line.end > this.#offset) break;
      end = line.end;
      lines += 1;
    }
    const reason = `the file was altered: ${this.#offset - end} bytes after this had been read`;
    this.#consume(this.#day, end, lines);
    this.#report({ path, line: lines + 1, offset: end, reason });
  }

  #skip(bad: HeldLine): void {
    this.#consume(bad.day, bad.end, bad.line);
    this.#report(bad);
  }

  #consume(day: string, offset: number, lines: number): void {
    this.#day = day;
    this.#offset = offset;
    this.#lines = lines;
  }

  #report({ path, line, offset, reason }: BadLine): void {
    if (this.#onBad) this.#onBad({ path, line, offset, reason });
    else throw new SyntaxError(`Cannot read ${path}, line ${line}: ${reason}`);
  }
}

/** The record of a line, or what is wrong with it, and whether the line was written whole. */
function interpret(
  { text, terminated }: Line,
): { record?: ManifestRecord | undefined; reason?: string; whole: boolean } {
  if (!terminated) return { reason: "the line is not complete", whole: false };
  if (text === undefined) return { reason: "the line is too long or not UTF-8", whole: false };
  try {
    return { record: parseRecord(text), whole: true };
  } catch (error) {
    return { reason: (error as SyntaxError).message, whole: isWholeLine(text) };
  }
}

/** Whether a line ends right before `offset`. */
function endsLine(file: Deno.FsFile, offset: number): boolean {
  if (offset === 0) return true;
  const byte = new Uint8Array(1);
  file.seekSync(offset - 1, Deno.SeekMode.Start);
  return file.readSync(byte) === 1 && byte[0] === 10;
}
