/** Takes up a manifest where an earlier writer left it, or was killed. */

import { dirname } from "node:path";
import { syncDirectory, writeFully } from "../cas/durable.ts";
import { dayPath, listDays } from "./days.ts";
import { readLines } from "./lines.ts";
import { isWholeLine, parseRecord } from "./parse.ts";
import { advance, EMPTY_TAIL, join, type TrackTail } from "./tail.ts";

/** The end of a file that a writer could not finish. */
export interface TornTail {
  /** The file it was cut off from. */
  readonly path: string;
  /** Where in the file it began, in bytes. */
  readonly offset: number;
  /** How many bytes were cut off. */
  readonly bytes: number;
  /** The file that has them now. */
  readonly kept: string;
}

/** What {@linkcode recover} found. */
export interface Recovery {
  /** Where the manifest stands. */
  readonly tail: TrackTail;
  /** The newest day that has a record, and the length of its file in bytes. */
  readonly newest: { readonly day: string; readonly size: number } | undefined;
  /** What was cut off. */
  readonly torn: readonly TornTail[];
}

/**
 * Cuts off what comes after the last whole line of the newest file, and keeps it in a file beside
 * it. Reads the newest file, and older ones only as far as the newest has no span.
 */
export async function recover(directory: string, now: number): Promise<Recovery> {
  const days = await listDays(directory);
  const torn: TornTail[] = [];
  let newest: Recovery["newest"];
  let tail = EMPTY_TAIL;
  for (const day of days.reverse()) {
    const path = dayPath(directory, day);
    const { size, whole, ...content } = await scan(path);
    if (!newest) {
      if (whole < size) torn.push(await cut(path, whole, now));
      if (whole === 0) {
        // Its writer was killed before the first line: the day has not begun.
        await Deno.remove(path);
        await syncDirectory(directory);
        continue;
      }
      newest = { day, size: whole };
    }
    tail = join(content.tail, tail);
    if (tail.msn !== undefined && tail.run) break;
  }
  return { tail, newest, torn };
}

/** Reads a file through: its tail, its size and where its last whole line ends. */
async function scan(path: string): Promise<{ tail: TrackTail; size: number; whole: number }> {
  using file = await Deno.open(path);
  let tail = EMPTY_TAIL;
  let whole = 0;
  let size = 0;
  for await (const { text, end, terminated } of readLines(file)) {
    size = end;
    if (!terminated || text === undefined) continue;
    const record = tryParse(text);
    if (record) tail = advance(tail, record);
    if (record || isWholeLine(text)) whole = end;
  }
  return { tail, size, whole };
}

/** A line that is bad but whole is for readers to report. */
function tryParse(text: string): ReturnType<typeof parseRecord> {
  try {
    return parseRecord(text);
  } catch {
    return undefined;
  }
}

async function cut(path: string, offset: number, now: number): Promise<TornTail> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.seek(offset, Deno.SeekMode.Start);
  const { file: copy, path: kept } = createBeside(path, now);
  let bytes = 0;
  {
    using _ = copy;
    const buffer = new Uint8Array(64 * 1024);
    for (let count; (count = await file.read(buffer)) !== null; bytes += count) {
      writeFully(copy, buffer.subarray(0, count));
    }
    await copy.sync();
  }
  await syncDirectory(dirname(path));
  file.truncateSync(offset);
  await file.sync();
  return { path, offset, bytes, kept };
}

/** Creates `<file>.broken-<time>`, with a number after it where that is taken. */
function createBeside(path: string, now: number): { file: Deno.FsFile; path: string } {
  const name = `${path}.broken-${new Date(now).toISOString().replaceAll(":", "-")}`;
  for (let i = 0;; ++i) {
    const candidate = i === 0 ? name : `${name}.${i}`;
    try {
      return { path: candidate, file: Deno.openSync(candidate, { write: true, createNew: true }) };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
