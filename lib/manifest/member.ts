/** Tracks on their way into the lists of a broadcast, and what they say about each other. */

import { compareEpochs, type Epoch } from "./epoch.ts";
import type { MediaSegment } from "./media_segment.ts";
import type { Rendition } from "./rendition.ts";
import { TOLERANCE, type TrackTimeline } from "./track_timeline.ts";

/** How soon after a segment another rendition must come back for it to be held out, in milliseconds. */
export const RETURN = 15_000;

/** How long a rendition that stays away is waited for, in milliseconds. */
export const PATIENCE = 30_000;

/** A track on its way into the lists. */
export interface Member {
  /** What its manifest says. */
  readonly track: TrackTimeline;
  /** Its list, once something is on it. */
  rendition: Rendition | undefined;
  /** The last segment that left the queue. */
  last: MediaSegment | undefined;
  /** When the last one that was not too late arrived. */
  lastAt: number | undefined;
  /** Where it takes part again, if it was given up once. */
  from: { epoch: Epoch; start: number } | undefined;
  /** Something was held out since the last that was listed. */
  interrupted: boolean;
  /** Not waited for any more. */
  absent: boolean;
}

/** What another rendition says about a segment. */
export type Opinion =
  | "covered"
  /** The other one has a hole there and was back soon. */
  | "hole"
  /** The other one stays away. */
  | "alone"
  /** That cannot be told yet. */
  | "unknown";

/**
 * What `other` says about the segment of `member`, which is the earliest of those that wait; `late`
 * when nothing can come any more that arrived soon after it.
 */
export function judge(
  other: Member,
  member: Member,
  segment: MediaSegment,
  late: boolean,
): Opinion {
  const { last, track: { queue: { first }, stoppedRuns } } = other;
  if (last !== undefined && !isBefore(last, segment.epoch, -Infinity) && last.end > segment.start) {
    return "covered";
  }
  const inLaterEpoch = first !== undefined && compareEpochs(first.epoch, segment.epoch) > 0;
  const stopped = stoppedRuns.get(segment.epoch.run) ?? Infinity;
  if ((first === undefined || inLaterEpoch) && stopped <= segment.at + RETURN) return "covered";
  if (first === undefined) return late ? "alone" : "unknown";
  if (first.at > segment.at + RETURN) return "alone";
  if (last === undefined || inLaterEpoch) return "covered";
  if (!endsHole(other, first) || first.start <= segment.start + TOLERANCE) return "covered";
  const leads = member.track.role === "audio" && other.track.role === "video";
  return leads || segment.end <= first.start + TOLERANCE ? "hole" : "covered";
}

/** Whether the member, which was given up, may yet go on by itself before the segment. */
export function mayPrecede(member: Member, segment: MediaSegment): boolean {
  const { first, latest } = member.track.queue;
  if (first === undefined || latest === undefined) return false;
  if (segment.at <= first.at + PATIENCE) return false;
  const order = compareEpochs(latest.epoch, segment.epoch);
  return order < 0 || (order === 0 && latest.end <= segment.start);
}

/** Whether the segment, next of the member, does not go on from what the member listed last. */
export function breaks(member: Member, segment: MediaSegment): boolean {
  return segment.starts || member.interrupted;
}

/** Whether there is nothing of the member right before the segment, its next. */
export function endsHole({ last }: Member, segment: MediaSegment): boolean {
  return last === undefined || compareEpochs(last.epoch, segment.epoch) !== 0 ||
    last.end < segment.start;
}

/** Whether both begin at the same place, as good as. */
export function isBeside(a: MediaSegment, b: MediaSegment): boolean {
  return compareEpochs(a.epoch, b.epoch) === 0 && a.start <= b.start + TOLERANCE;
}

/** Whether there is a segment, and it begins before the media time `start` (seconds) of the epoch. */
export function isBefore(segment: MediaSegment | undefined, epoch: Epoch, start: number): boolean {
  if (segment === undefined) return false;
  const order = compareEpochs(segment.epoch, epoch);
  return order < 0 || (order === 0 && segment.start < start);
}

/** Negative when `a` begins before `b`, positive when after. */
export function compareTimes(a: MediaSegment, b: MediaSegment): number {
  return compareEpochs(a.epoch, b.epoch) || a.start - b.start;
}

/** Orders members that begin at the same time: video goes first. */
export function compareRoles({ track: a }: Member, { track: b }: Member): number {
  return Number(a.role === "audio") - Number(b.role === "audio");
}
