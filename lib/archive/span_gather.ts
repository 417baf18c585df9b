/** Puts short groups together. */

import type { Run } from "./run.ts";
import type { Span, SpanContent } from "./span.ts";
import type { TrackMedia } from "./track_media.ts";

/** Spans of short groups end where media time crosses a multiple of this, in seconds. */
const GRID = 2;

/** Without media time they end after each group whose sequence number is one less than a multiple of this. */
const SEQUENCE_GRID = 64;

/** How large a gathered span may get, in bytes. */
const SPAN_LIMIT = 1024 * 1024;

/** How long to wait for the next group before the span is closed, in milliseconds. */
const MEDIA_PATIENCE = 4000;
const DATA_PATIENCE = 1000;

/** A short group, whole and in memory. */
export interface ShortGroup {
  readonly run: Run;
  readonly media: TrackMedia;
  /** When its first byte arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Media time of its first sample in seconds, for media. */
  readonly seconds: number | undefined;
  /** Its payload. */
  readonly bytes: Uint8Array;
  /** What is known of it. */
  readonly content: SpanContent;
}

/** The span that is being gathered, if there is one. */
export class SpanGather {
  readonly #emit: (span: Span) => void;
  #groups: ShortGroup[] = [];
  #size = 0;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Hands finished spans to `emit`. */
  constructor(emit: (span: Span) => void) {
    this.#emit = emit;
  }

  /** Adds the next group, closing the span before or after it as the grid wants. */
  add(group: ShortGroup): void {
    if (this.#ended) return;
    const first = this.#groups[0];
    if (first !== undefined && !this.#fits(first, group)) this.#close(group);
    clearTimeout(this.#timer);
    this.#groups.push(group);
    this.#size += group.bytes.length;
    const media = group.seconds !== undefined;
    if (!media && (group.content.group + 1) % SEQUENCE_GRID === 0) return this.flush();
    this.#timer = setTimeout(() => this.flush(), media ? MEDIA_PATIENCE : DATA_PATIENCE);
  }

  #fits(first: ShortGroup, group: ShortGroup): boolean {
    const previous = this.#groups.at(-1)!;
    return follows(previous, group) &&
      this.#size + group.bytes.length <= SPAN_LIMIT &&
      cell(first) === cell(group);
  }

  /** Closes the span and hands it on. */
  flush(): void {
    this.#close();
  }

  /** Forgets what was gathered, and whatever comes. */
  end(): void {
    this.#ended = true;
    this.#clear();
  }

  #close(next?: ShortGroup): void {
    const groups = this.#groups;
    const first = groups[0];
    this.#clear();
    if (first === undefined) return;
    this.#emit({
      run: first.run,
      media: first.media,
      at: first.at,
      bytes: ReadableStream.from(groups.map((group) => group.bytes)),
      content: Promise.resolve(join(groups, next)),
    });
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#groups = [];
    this.#size = 0;
  }
}

/** Whether nothing is missing between the two. */
function follows(previous: ShortGroup, group: ShortGroup): boolean {
  return previous.run === group.run && previous.media === group.media &&
    previous.content.group + 1 === group.content.group;
}

/** Which cell of the grid a group begins in. */
function cell(group: ShortGroup): number {
  return group.seconds === undefined ? -1 : Math.floor(group.seconds / GRID);
}

function join(groups: readonly ShortGroup[], next: ShortGroup | undefined): SpanContent {
  const contents = groups.map((group) => group.content);
  const first = contents[0]!;
  const end = endOf(groups, next);
  return {
    ...first,
    groups: contents.length,
    frames: contents.flatMap((content) => content.frames),
    ...(contents.some(({ timestamps }) => timestamps) && {
      timestamps: contents.flatMap((content) => content.timestamps ?? [[]]),
    }),
    ...(first.time !== undefined && end > first.time && { duration: end - first.time }),
  };
}

/** Media time, in ticks, where the last of the groups ends; without durations, where `next` begins. */
function endOf(groups: readonly ShortGroup[], next: ShortGroup | undefined): number {
  const ends = groups.map(({ content: { time = -Infinity, duration = 0 } }) => time + duration);
  const last = groups.at(-1)!;
  if (next?.content.time !== undefined && follows(last, next) && !last.content.duration) {
    ends.push(next.content.time);
  }
  return Math.max(...ends);
}
