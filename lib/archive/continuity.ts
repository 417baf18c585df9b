/** Tells what a group that arrives is: the next one, one that is stored already, or a new publisher's. */

import type { Run, Runs } from "./run.ts";
import type { TrackMedia } from "./track_media.ts";

/** What is known of a group when it has to be judged. */
export interface Candidate {
  readonly sequence: number;
  /** The group came out of its place. */
  readonly late: boolean;
  /** Media time of its first sample in seconds, for media. */
  readonly time: number | undefined;
  /** Media time where it ends in seconds, as far as is known. */
  readonly end: number | undefined;
  /** Length of its first frame in bytes. */
  readonly firstFrame: number;
  readonly media: TrackMedia;
}

/** How far media time may go back within a run, in seconds. */
const TOLERANCE = 1;

/**
 * Follows one track. After a reconnection a relay begins with the latest group it has, which may be
 * the last one that was stored, and a publisher may have started again from zero: that shows in
 * numbers or media time that go back. Groups without media time say nothing and are always kept, as
 * are late ones; the store makes repetitions free.
 */
export class Continuity {
  readonly #runs: Runs;
  #run: Run | undefined;
  #last: Candidate | undefined;
  #end = -Infinity;
  /** The sequence number after the last group that is stored or recorded as missing. */
  #accounted = 0;

  /** Shares `runs` with the other tracks of the broadcast. */
  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** The sequence number after the last complete group of the run; undefined before the first. */
  get next(): number | undefined {
    const sequence = this.#run === this.#runs.current ? this.#last?.sequence : undefined;
    return sequence === undefined ? undefined : sequence + 1;
  }

  /**
   * The run that the group belongs to, which may be a new one, or undefined when the group is
   * stored already.
   */
  judge(group: Candidate): Run | undefined {
    if (this.#run !== this.#runs.current) this.#enter(this.#runs.current);
    const last = this.#last;
    if (last === undefined || last.time === undefined || group.time === undefined || group.late) {
      return this.#run;
    }
    if (
      group.sequence === last.sequence && group.time === last.time &&
      group.firstFrame === last.firstFrame
    ) return undefined;
    const wentBack = group.sequence <= last.sequence || group.time < this.#end - TOLERANCE;
    const changed = last.media.initDigest !== group.media.initDigest ||
      last.media.codec !== group.media.codec;
    if (wentBack || changed) this.#enter(this.#runs.begin());
    return this.#run;
  }

  /** Takes note that the group is stored whole. */
  stored(group: Candidate): void {
    if (group.late) return;
    this.#last = group;
    this.#end = group.end ?? this.#end;
    this.#accounted = group.sequence + 1;
  }

  /** Takes note that the group is recorded as missing: it was cut off. */
  cut(group: Pick<Candidate, "sequence" | "late">): void {
    if (!group.late) this.#accounted = group.sequence + 1;
  }

  /**
   * What of the missing groups is to be recorded. A reconnection waits for them once more, though
   * they are recorded as missing: they may come after all.
   */
  unaccounted<T extends { sequence: number; count: number }>(missing: T): T | undefined {
    if (this.#run !== this.#runs.current) this.#enter(this.#runs.current);
    const end = missing.sequence + missing.count;
    const sequence = Math.max(missing.sequence, this.#accounted);
    if (sequence >= end) return undefined;
    this.#accounted = end;
    return { ...missing, sequence, count: end - sequence };
  }

  #enter(run: Run): void {
    this.#run = run;
    this.#last = undefined;
    this.#accounted = 0;
    this.#end = -Infinity;
  }
}
