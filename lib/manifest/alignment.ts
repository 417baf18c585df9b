/** Puts the segments of all renditions of a broadcast on one common timeline. */

import { compareEpochs, type Epoch } from "./epoch.ts";
import type { MediaSegment } from "./media_segment.ts";
import {
  breaks,
  compareRoles,
  compareTimes,
  endsHole,
  isBefore,
  isBeside,
  judge,
  mayPrecede,
  type Member,
  PATIENCE,
  RETURN,
} from "./member.ts";
import { Rendition } from "./rendition.ts";
import { TOLERANCE, type TrackTimeline } from "./track_timeline.ts";

/** How long a broadcast with video or audio alone is given to show the other, in milliseconds. */
const BEGINNING = 8_000;

/** Smallest target duration, in seconds. */
const MIN_TARGET_DURATION = 4;

/** A stretch that is continuous in all renditions. */
export interface Period {
  /** ULID of its run. */
  readonly run: string;
  /** Wall clock time of its beginning, in milliseconds since the Unix epoch. */
  readonly start: number;
  /** Wall clock time of its end, likewise. */
  end: number;
}

/** What becomes of a segment. */
interface Judgement {
  readonly verdict: "list" | "skip" | "wait";
  /** The members not to wait for any more. */
  readonly missing: readonly Member[];
}

/**
 * Merges the tracks of a broadcast in the order of media time, so that every boundary lies at the
 * same place and has the same number in every rendition (RFC 8216bis §6.2.4).
 *
 * The rules, which depend on what the manifests say and not on when they are read:
 *
 * 1. A new period begins with a new {@linkcode Epoch}, after a hole in the media time of a
 *    rendition, and where its initialisation segment changes; in all renditions at once.
 * 2. What lies wholly in the hole of another rendition is held out if that one came back no later
 *    than 15 s (by arrival) after it. Audio is held out already when it begins in the hole of a
 *    video rendition, so that it does not run ahead of the picture in the new period.
 * 3. Therefore a segment waits until every other rendition has been read up to its beginning, but
 *    for no longer than until the broadcast is 30 s (by arrival) past it. A rendition that has been
 *    away for 15 s itself is given up: nothing waits for it.
 * 4. A rendition that was given up takes part again in the next run, if it was in the one before;
 *    else once a segment of another one arrived 15 s after its return, and opens a period then.
 * 5. The end of a run is listed although others ended earlier, and so is the beginning of the
 *    broadcast although others began later. It waits until video and audio are known, or for 8 s,
 *    so that the first master playlist has both.
 * 6. Video joins a period with a random access point.
 *
 * The outcome is the same whenever and however often the manifests are read, as long as none of
 * them is 15 s behind the others then.
 */
export class Alignment {
  /** Renditions in the order in which they were first listed, which never changes. */
  readonly renditions: Rendition[] = [];
  /** All periods; the index is the absolute discontinuity sequence number. */
  readonly periods: Period[] = [];
  /** Number of segments listed in all renditions. */
  listed: number = 0;
  #targetDuration = MIN_TARGET_DURATION;
  readonly #members: Member[] = [];
  #epoch: Epoch | undefined;
  /** Maps media time to wall clock time; follows the anchors of the track that opened the period. */
  #clock: { offset: number; member: Member } | undefined;

  /**
   * Target duration in seconds: 4, or twice the first segment of any rendition, rounded. It is
   * meant to stay; a longer segment raises it, nothing lowers it.
   */
  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Adds a track, whatever it carries. */
  add(track: TrackTimeline): void {
    this.#members.push({
      track,
      rendition: undefined,
      last: undefined,
      lastAt: undefined,
      from: undefined,
      interrupted: false,
      absent: false,
    });
    this.#members.sort((a, b) => a.track.name < b.track.name ? -1 : 1);
  }

  /** Lists whatever can be, given that all was read that arrived until `horizon` (Unix milliseconds). */
  advance(horizon: number): void {
    for (;;) {
      const next = this.#next();
      if (next === undefined) return;
      const { member, segment } = next;
      const { verdict, missing } = this.#judge(member, segment, horizon);
      if (verdict === "wait") return;
      if (this.#welcome(member, segment)) continue;
      for (const other of missing) other.absent = true;
      if (verdict === "list") this.#list(member, segment);
      else this.#skip(member);
    }
  }

  /** The earliest segment; before it what begins next to it and opens a period. */
  #next(): { member: Member; segment: MediaSegment } | undefined {
    const heads = this.#members.flatMap((member) => {
      const { from, track: { queue } } = member;
      while (!member.absent && from && isBefore(queue.first, from.epoch, from.start)) {
        this.#skip(member);
      }
      const { first } = queue;
      // With nobody else left to be joined, a rendition that was given up goes on by itself.
      const segment = member.absent && first ? queue.firstAfter(first.at + PATIENCE) : first;
      return segment ? [{ member, segment }] : [];
    });
    heads.sort((a, b) =>
      compareTimes(a.segment, b.segment) ||
      Number(breaks(b.member, b.segment)) - Number(breaks(a.member, a.segment)) ||
      compareRoles(a.member, b.member)
    );
    const earliest = heads[0];
    return heads.find(({ member, segment }) =>
      endsHole(member, segment) && isBeside(segment, earliest!.segment)
    ) ?? earliest;
  }

  /** Lets renditions take part again that were given up. True if there was one. */
  #welcome(member: Member, segment: MediaSegment): boolean {
    const newEpoch = this.#order(segment) > 0;
    let welcomed = false;
    for (const other of this.#members.filter(({ absent }) => absent)) {
      const { first } = other.track.queue;
      const began = first !== undefined && compareTimes(first, segment) < 0;
      const tookPart = other.last !== undefined &&
        compareEpochs(other.last.epoch, this.#epoch!) === 0;
      const returns = other === member ||
        (newEpoch
          ? tookPart || began && compareEpochs(first.epoch, segment.epoch) < 0
          : began && segment.at > first.at + RETURN);
      if (!returns) continue;
      other.absent = false;
      other.from = {
        epoch: segment.epoch,
        start: newEpoch ? -Infinity : segment.start - TOLERANCE,
      };
      welcomed = true;
    }
    return welcomed;
  }

  /** What becomes of the next segment, and whom to give up then. */
  #judge(member: Member, segment: MediaSegment, horizon: number): Judgement {
    const order = this.#order(segment);
    if (order < 0) return { verdict: "skip", missing: [] };
    const late = horizon >= segment.at + PATIENCE;
    const others = this.#members.filter((other) =>
      other !== member && !other.absent && other.track.playableSince <= segment.at
    );
    const opinions = others.map((other) => judge(other, member, segment, late));
    const joins = order > 0 || breaks(member, segment) || !this.#isIn(member);
    if (opinions.includes("hole") || (joins && !segment.key)) {
      return { verdict: "skip", missing: [] };
    }
    const wait = opinions.includes("unknown") ||
      (!late && order > 0 && !this.#canBegin(segment, horizon)) ||
      (!late && this.#members.some((other) => other.absent && mayPrecede(other, segment)));
    if (wait) return { verdict: "wait", missing: [] };
    const missing = others.filter((other, i) =>
      opinions[i] === "alone" &&
      segment.at > (other.lastAt ?? other.track.playableSince) + RETURN
    );
    return { verdict: "list", missing };
  }

  /** Whether all is known that a new epoch needs to be known of its first segment. */
  #canBegin({ at, offset, settled }: MediaSegment, horizon: number): boolean {
    if (offset === undefined && !settled) return false;
    if (this.#epoch !== undefined || horizon >= at + BEGINNING) return true;
    const known = this.#members.filter(({ track }) => track.queue.first !== undefined);
    return new Set(known.map(({ track }) => track.role)).size > 1;
  }

  /** Whether the member has something in the current period. */
  #isIn(member: Member): boolean {
    return member.rendition !== undefined && member.rendition.period === this.periods.length - 1;
  }

  #skip(member: Member): void {
    const segment = member.last = member.track.queue.shift()!;
    member.interrupted = true;
    if (this.#order(segment) >= 0) member.lastAt = segment.at;
  }

  /** Positive for a segment of a new epoch, negative for one that comes too late. */
  #order({ epoch }: MediaSegment): number {
    return this.#epoch === undefined ? 1 : compareEpochs(epoch, this.#epoch);
  }

  #list(member: Member, segment: MediaSegment): void {
    const newEpoch = this.#order(segment) > 0;
    if (newEpoch || (breaks(member, segment) && this.#isIn(member))) {
      this.#open(member, segment, newEpoch);
    } else if (this.#clock!.member === member) {
      // Within a period the clock is only put forward: two segments cannot have the same time.
      this.#clock!.offset = Math.max(this.#clock!.offset, segment.offset ?? -Infinity);
    }
    const rendition = member.rendition ??= this.#addRendition(member.track);
    const duration = segment.end - segment.start;
    const wanted = rendition.segments.length === 0
      ? 2 * Math.round(duration)
      : Math.round(duration);
    this.#targetDuration = Math.max(this.#targetDuration, wanted);
    rendition.append(segment, {
      period: this.periods.length - 1,
      offset: this.#clock!.offset,
      targetDuration: this.#targetDuration,
    });
    const period = this.periods.at(-1)!;
    period.end = Math.max(period.end, rendition.end);
    this.listed += 1;
    member.last = member.track.queue.shift();
    member.lastAt = segment.at;
    member.interrupted = false;
  }

  #addRendition({ name, role }: TrackTimeline): Rendition {
    const rendition = new Rendition(name, role === "audio" ? "audio" : "video");
    this.renditions.push(rendition);
    return rendition;
  }

  #open(member: Member, segment: MediaSegment, newEpoch: boolean): void {
    const zero = segment.start * 1000;
    const offset = segment.offset ?? (newEpoch ? segment.at - zero : this.#clock!.offset);
    const end = Math.max(-Infinity, ...this.renditions.map((rendition) => rendition.end));
    const start = Math.max(zero + offset, end);
    this.#epoch = segment.epoch;
    this.#clock = { offset: start - zero, member };
    this.periods.push({ run: segment.media.run, start, end: start });
  }
}
