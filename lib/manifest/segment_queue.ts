import type { MediaSegment } from "./media_segment.ts";

/** How many places at the front may lie empty. */
const MAX_EMPTY = 1024;

/** Segments waiting in line. Taking one is cheap however long the line is. */
export class SegmentQueue {
  #items: MediaSegment[] = [];
  #front = 0;

  /** The segment that waits longest. */
  get first(): MediaSegment | undefined {
    return this.#items[this.#front];
  }

  /** The segment that was added last, if it still waits. */
  get latest(): MediaSegment | undefined {
    return this.first && this.#items.at(-1);
  }

  /** Adds a segment at the end of the line. */
  push(segment: MediaSegment): void {
    this.#items.push(segment);
  }

  /** Takes the segment that waits longest. */
  shift(): MediaSegment | undefined {
    const segment = this.first;
    if (segment === undefined) return undefined;
    this.#front += 1;
    if (this.#front > MAX_EMPTY && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return segment;
  }

  /** The first segment in line that arrived later than `at` (milliseconds since the Unix epoch). */
  firstAfter(at: number): MediaSegment | undefined {
    for (let i = this.#front; i < this.#items.length; ++i) {
      if (this.#items[i]!.at > at) return this.#items[i];
    }
    return undefined;
  }
}
