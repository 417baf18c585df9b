/** The lines of a file, in bounded memory. */

/** Longest line in bytes; a record of the largest group that is accepted stays far below. */
export const MAX_LINE: number = 16 * 1024 * 1024;

const CHUNK = 256 * 1024;
const LINE_FEED = 10;

/** A line of a file. */
export interface Line {
  /** Its text without the line feed; undefined if it is not UTF-8 or longer than `MAX_LINE`. */
  readonly text: string | undefined;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Whether a line feed ends it. Only the last line of a file may have none: it is being written. */
  readonly terminated: boolean;
}

/** Reads the lines of an open file from `offset`, where a line begins, to the end the file has then. */
export async function* readLines(file: Deno.FsFile, offset = 0): AsyncGenerator<Line> {
  await file.seek(offset, Deno.SeekMode.Start);
  const buffer = new Uint8Array(CHUNK);
  const line = new LineBuffer(offset);
  for (let count; (count = await file.read(buffer)) !== null;) {
    let from = 0;
    for (let to; (to = buffer.subarray(0, count).indexOf(LINE_FEED, from)) >= 0; from = to + 1) {
      line.push(buffer.subarray(from, to));
      yield line.take(true);
    }
    line.push(buffer.slice(from, count));
  }
  if (line.length > 0) yield line.take(false);
}

/** Puts a line together from the chunks it lies in. */
class LineBuffer {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #pieces: Uint8Array[] = [];
  #offset: number;
  /** Bytes of the line so far, also those beyond `MAX_LINE`, which are not kept. */
  length = 0;

  constructor(offset: number) {
    this.#offset = offset;
  }

  push(piece: Uint8Array): void {
    this.length += piece.length;
    if (this.length > MAX_LINE) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  take(terminated: boolean): Line {
    const text = this.length > MAX_LINE ? undefined : this.#decode();
    const offset = this.#offset;
    const end = offset + this.length + (terminated ? 1 : 0);
    this.#pieces = [];
    this.#offset = end;
    this.length = 0;
    return { text, offset, end, terminated };
  }

  #decode(): string | undefined {
    try {
      let text = "";
      for (const piece of this.#pieces) text += this.#decoder.decode(piece, { stream: true });
      return text + this.#decoder.decode();
    } catch {
      // A fatal decoder that has failed begins anew.
      return undefined;
    }
  }
}
