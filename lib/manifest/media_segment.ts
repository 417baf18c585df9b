/** Segments: what can be played of a track, before and after it found its place in the playlists. */

import type { Digest } from "../cas/digest.ts";
import type { Epoch } from "./epoch.ts";
import type { RunRecord } from "./record.ts";

/** A playable span of a track. */
export interface MediaSegment {
  /** What its media time may be compared with. */
  readonly epoch: Epoch;
  /** The run record it was recorded under. */
  readonly media: RunRecord & { readonly init: Digest };
  /** Name of the object. */
  readonly hash: Digest;
  /** Length of the object in bytes. */
  readonly size: number;
  /** Media time of its beginning in seconds: exactly the end of the one before it, but for a hole. */
  readonly start: number;
  /** Media time of its end in seconds. */
  readonly end: number;
  /** When its first byte arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Whether it begins with a random access point. */
  readonly key: boolean;
  /** Whether a hole, a new epoch or another initialisation segment parts it from the one before it. */
  readonly starts: boolean;
  /** Wall clock time of media time zero, in milliseconds since the Unix epoch, if an anchor tells. */
  offset: number | undefined;
  /** Whether the record after it was read: the first anchor of a run follows the first span. */
  settled: boolean;
}

/** A segment in its place in a playlist. It never changes. */
export interface ListedSegment {
  /** Name of the object; absent where a rendition has nothing for a whole period. */
  readonly hash?: Digest;
  /** Name of the initialisation segment. */
  readonly init: Digest;
  /** Length of the object in bytes. */
  readonly size: number;
  /** Absolute discontinuity sequence number (RFC 8216bis §6.2.1). */
  readonly period: number;
  /** Wall clock time of its beginning, in milliseconds since the Unix epoch. */
  readonly wall: number;
  /** Duration in seconds. */
  readonly duration: number;
}
