/** What the manifests of a broadcast say, merged: recorded ranges, gaps, runs, segments. */

import type { Digest } from "../cas/digest.ts";
import { Alignment, type Period } from "./alignment.ts";
import type { ManifestRecord, RunRecord, TrackRole } from "./record.ts";
import type { Rendition } from "./rendition.ts";
import { TrackTimeline } from "./track_timeline.ts";

/** A broadcast is off after this many target durations without anything new. */
const OFFLINE_TARGET_DURATIONS = 5;

/** It is not off before this, in milliseconds. */
const OFFLINE_AFTER = 30_000;

/** Periods that lie closer together than this, in milliseconds, are one range. */
const RANGE_JOIN = 1000;

/** A stretch of wall clock time, in milliseconds since the Unix epoch. */
export interface TimeRange {
  /** When it begins. */
  start: number;
  /** When it ends. */
  end: number;
}

/** An object that a broadcast refers to. */
export interface ReferencedObject {
  /** What the track carries that refers to it. */
  readonly role: TrackRole;
  /** Length in bytes, where the manifest tells. */
  readonly size: number | undefined;
}

/**
 * The timeline of one broadcast. It is fed with the records of its tracks as they are read, and
 * costs what is new. It does no I/O, and the same records always give the same lists.
 *
 * @example
 * ```ts ignore
 * const timeline = new BroadcastTimeline("la-nbc");
 * for (const track of tracks) {
 *   for await (const record of readers.get(track)!.read()) timeline.push(track, record);
 * }
 * timeline.settle(Date.now());
 * ```
 */
export class BroadcastTimeline {
  /** Name of the broadcast. */
  readonly broadcast: string;
  /** Number of records read. */
  read: number = 0;
  readonly #tracks = new Map<string, TrackTimeline>();
  readonly #alignment = new Alignment();

  /** Begins the timeline of a broadcast with nothing in it. */
  constructor(broadcast: string) {
    this.broadcast = broadcast;
  }

  /** All tracks, also those that cannot be played. */
  get tracks(): Iterable<TrackTimeline> {
    return this.#tracks.values();
  }

  /** What can be played, in the order in which it was first listed. */
  get renditions(): readonly Rendition[] {
    return this.#alignment.renditions;
  }

  /** Stretches that are continuous in all renditions; the index is the discontinuity sequence number. */
  get periods(): readonly Period[] {
    return this.#alignment.periods;
  }

  /** Target duration of all playlists, in seconds. */
  get targetDuration(): number {
    return this.#alignment.targetDuration;
  }

  /** Number of segments listed in all renditions; it grows when a playlist does. */
  get listed(): number {
    return this.#alignment.listed;
  }

  /** Adds the next record of a track. Nothing is listed before {@linkcode settle}. */
  push(track: string, record: ManifestRecord): void {
    let timeline = this.#tracks.get(track);
    if (timeline === undefined) {
      timeline = new TrackTimeline(track);
      this.#tracks.set(track, timeline);
      this.#alignment.add(timeline);
    }
    timeline.push(record);
    this.read += 1;
  }

  /**
   * Lists what can be, when all tracks have been read. `now` (milliseconds since the Unix epoch)
   * only matters when nothing new has come for so long that nothing is waited for any more.
   */
  settle(now: number): void {
    const newest = this.#latest((track) => track.newest);
    this.#alignment.advance(newest);
    if (!this.isLive(now)) this.#alignment.advance(now);
  }

  /** Whether the broadcast was being recorded lately, seen at `now` (Unix milliseconds). */
  isLive(now: number): boolean {
    const patience = Math.max(
      OFFLINE_AFTER,
      OFFLINE_TARGET_DURATIONS * this.targetDuration * 1000,
    );
    const newest = this.#latest((track) => Math.max(track.newest, track.newestEnd));
    return now < newest + patience;
  }

  /** What of the wall clock time can be played, oldest first. */
  ranges(): TimeRange[] {
    const ranges: TimeRange[] = [];
    for (const { start, end } of this.periods) {
      const last = ranges.at(-1);
      if (last !== undefined && start - last.end < RANGE_JOIN) last.end = Math.max(last.end, end);
      else ranges.push({ start, end });
    }
    return ranges;
  }

  /** The newest runs of all tracks by their ULIDs, oldest first; of each the first record. */
  runs(): RunRecord[] {
    const runs = new Map<string, RunRecord>();
    for (const track of this.tracks) {
      for (const [id, run] of track.runs) {
        const before = runs.get(id);
        if (before === undefined || run.at < before.at) runs.set(id, run);
      }
    }
    return [...runs.values()].sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  }

  /** The media object of that name, if the broadcast refers to it. */
  segment(hash: Digest): ReferencedObject | undefined {
    for (const { role = "data", objects } of this.tracks) {
      const size = objects.get(hash);
      if (size !== undefined) return { role, size };
    }
    return undefined;
  }

  /** The initialisation segment of that name, if the broadcast refers to it. */
  init(hash: Digest): ReferencedObject | undefined {
    for (const { role = "data", inits } of this.tracks) {
      if (inits.has(hash)) return { role, size: undefined };
    }
    return undefined;
  }

  #latest(of: (track: TrackTimeline) => number): number {
    return Math.max(-Infinity, ...Array.from(this.tracks, of));
  }
}
