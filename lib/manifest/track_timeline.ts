/** What the manifest of one track says. */

import type { Digest } from "../cas/digest.ts";
import { compareEpochs, type Epoch } from "./epoch.ts";
import type { MediaSegment } from "./media_segment.ts";
import type {
  AnchorRecord,
  GapRecord,
  ManifestRecord,
  RunRecord,
  SpanRecord,
  TrackRole,
} from "./record.ts";
import { SegmentQueue } from "./segment_queue.ts";

/** Largest hole in media time, in seconds, that a player bridges and that is no boundary. */
export const TOLERANCE = 0.25;

/** How far media time may go back, in seconds, before it counts as begun anew. */
const MAX_OVERLAP = 1;

/** How much further than the time that went by media time may leap, in seconds. */
const MAX_LEAP = 60;

/** Longest segment, in seconds: one that claims more is not played. */
const MAX_DURATION = 300;

/** How far an anchor may be from the time it was made at, in milliseconds, to be believed. */
const MAX_LAG = 86_400_000;

/** How many of the newest gaps are kept. */
const MAX_GAPS = 1000;

/** How many of the newest runs are kept. */
const MAX_RUNS = 1000;

/** One track of a broadcast, fed with the records of its manifest in their order. Holds no files. */
export class TrackTimeline {
  /** Name of the track. */
  readonly name: string;
  /** Playable segments that have not found their place yet, oldest first. */
  readonly queue: SegmentQueue = new SegmentQueue();
  /** Length in bytes of every object that the manifest refers to. */
  readonly objects: Map<Digest, number> = new Map();
  /** Every initialisation segment that the manifest refers to. */
  readonly inits: Set<Digest> = new Set();
  /** The newest gaps, oldest first. */
  readonly gaps: GapRecord[] = [];
  /** The newest runs by their ULIDs, oldest first; of each its first record. */
  readonly runs: Map<string, RunRecord> = new Map();
  /** Number of gaps recorded, also those no longer kept. */
  gapCount: number = 0;
  /** Number of spans recorded. */
  spanCount: number = 0;
  /** Number of bytes recorded. */
  bytes: number = 0;
  /** When the newest span or run arrived, in milliseconds since the Unix epoch. */
  newest: number = -Infinity;
  /** When the newest span ended, in milliseconds since the Unix epoch. */
  newestEnd: number = -Infinity;
  /** When the track was first recorded with media that can be played, likewise. */
  playableSince: number = Infinity;
  /** When (Unix milliseconds) the recorder was stopped while receiving the track, for the newest runs. */
  readonly stoppedRuns: Map<string, number> = new Map();
  #run: RunRecord | undefined;
  #epoch: Epoch | undefined;
  #last: MediaSegment | undefined;
  #offset: number | undefined;

  /** Begins the timeline of a track with nothing in it. */
  constructor(name: string) {
    this.name = name;
  }

  /** The newest run record, which describes the media. */
  get media(): RunRecord | undefined {
    return this.#run;
  }

  /** What the track carries, as soon as it is known. */
  get role(): TrackRole | undefined {
    return this.#run?.role;
  }

  /** Adds the next record of the manifest. */
  push(record: ManifestRecord): void {
    const last = this.#last;
    if (record.kind === "run") this.#pushRun(record);
    else if (record.kind === "gap") this.#pushGap(record);
    // The run record before them tells how to read the others.
    else if (record.run === this.#run?.run) {
      if (record.kind === "span") this.#pushSpan(record);
      else this.#pushAnchor(record);
    }
    if (last !== undefined) last.settled = true;
  }

  #pushRun(record: RunRecord): void {
    const at = Date.parse(record.at);
    // Each day's file states the run again.
    if (this.#run?.run !== record.run) {
      this.#offset = undefined;
      this.#epoch = follow(this.#epoch, record.run);
    }
    this.#run = record;
    this.newest = Math.max(this.newest, at);
    if (!this.runs.has(record.run)) this.runs.set(record.run, record);
    limit(this.runs, MAX_RUNS);
    if (record.init !== undefined) this.inits.add(record.init);
    if (isPlayable(record)) this.playableSince = Math.min(this.playableSince, at);
  }

  #pushGap(record: GapRecord): void {
    this.gapCount += 1;
    this.gaps.push(record);
    if (this.gaps.length > MAX_GAPS) this.gaps.shift();
    // With an end it is the time in which no recorder was running, told by the next one.
    if (record.cause !== "stopped" || record.until !== undefined) return;
    this.stoppedRuns.set(record.run, Date.parse(record.at));
    limit(this.stoppedRuns, MAX_RUNS);
  }

  #pushAnchor(record: AnchorRecord): void {
    const { timescale } = this.#run!;
    const wall = Date.parse(record.wall);
    if (!timescale || Math.abs(wall - Date.parse(record.at)) > MAX_LAG) return;
    this.#offset = wall - record.time / timescale * 1000;
    const last = this.#last;
    // The first anchor of a run can only follow its first span, and holds for that, too.
    if (last?.epoch === this.#epoch && !last?.settled) last!.offset ??= this.#offset;
  }

  #pushSpan(span: SpanRecord): void {
    const run = this.#run!;
    const at = Date.parse(span.at);
    this.spanCount += 1;
    this.bytes += span.size;
    this.objects.set(span.hash, span.size);
    this.newest = Math.max(this.newest, at);
    const ticks = span.duration ?? 0;
    const duration = run.timescale ? ticks / run.timescale : 0;
    this.newestEnd = Math.max(this.newestEnd, at + Math.min(duration, MAX_LEAP) * 1000);
    if (!isPlayable(run) || span.partial || span.late) return;
    if (span.time === undefined || !(duration > 0 && duration <= MAX_DURATION)) return;

    const time = span.time / run.timescale;
    const end = (span.time + ticks) / run.timescale;
    const last = this.#last;
    if (last?.epoch === this.#epoch && last !== undefined) {
      const ahead = time - last.end;
      if (ahead < -MAX_OVERLAP || ahead > MAX_LEAP + Math.max(0, at - last.at) / 1000) {
        this.#epoch = follow(this.#epoch, run.run);
        this.#offset = undefined;
      }
    }
    const joins = last?.epoch === this.#epoch && time <= last!.end + TOLERANCE;
    const starts = !joins || last!.media.init !== run.init;
    if (joins && end <= last!.end) return;
    const key = span.key !== false;
    if (starts && !key) return;
    this.queue.push(
      this.#last = {
        epoch: this.#epoch!,
        media: run,
        hash: span.hash,
        size: span.size,
        start: joins ? last!.end : time,
        end,
        at,
        key,
        starts,
        offset: this.#offset,
        settled: false,
      },
    );
  }
}

/** Forgets what was added first beyond `size` entries. */
function limit(map: Map<string, unknown>, size: number): void {
  if (map.size > size) map.delete(map.keys().next().value!);
}

/** The epoch after `last` that begins with the run; also where ULIDs do not ascend. */
function follow(last: Epoch | undefined, run: string): Epoch {
  const next = { run, turn: 0 };
  return last === undefined || compareEpochs(next, last) > 0
    ? next
    : { run: last.run, turn: last.turn + 1 };
}

/** Whether players can be given what is recorded under the run record. */
function isPlayable(
  run: RunRecord,
): run is RunRecord & { init: Digest; timescale: number } {
  return run.role !== "data" && run.container === "cmaf" && run.init !== undefined &&
    run.timescale !== undefined && run.timescale > 0;
}
