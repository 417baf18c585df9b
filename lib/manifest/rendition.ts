/** The playlist of one track, before it is text. */

import type { ListedSegment, MediaSegment } from "./media_segment.ts";
import type { RunRecord } from "./record.ts";

/** How long the entry is that stands for a period without media, in seconds. */
const PLACEHOLDER_DURATION = 1;

/** A place on the common timeline, as {@linkcode Alignment} decides it. */
export interface Place {
  /** Absolute discontinuity sequence number. */
  readonly period: number;
  /** Wall clock time of media time zero, in milliseconds since the Unix epoch. */
  readonly offset: number;
  /** Target duration at the moment, in seconds. */
  readonly targetDuration: number;
}

/** A track that can be played. Its list only ever grows at its end. */
export class Rendition {
  /** Name of the track. */
  readonly name: string;
  /** What it carries. */
  readonly role: "video" | "audio";
  /** Everything to be listed, oldest first. */
  readonly segments: ListedSegment[] = [];
  /** RFC 6381 codec strings of all runs, in their order. */
  readonly codecs: Set<string> = new Set();
  /** Duration of all segments in seconds. */
  duration: number = 0;
  /** Length of all segments in bytes. */
  bytes: number = 0;
  /** Largest coded width in pixels, and the height that goes with it; 0 when unknown. */
  width: number = 0;
  /** See {@linkcode width}. */
  height: number = 0;
  /** Highest number of frames per second; 0 when unknown. */
  framerate: number = 0;
  /** Highest number of channels; 0 when unknown. */
  channels: number = 0;
  /** Whether every segment begins with a random access point. */
  independent: boolean = true;
  /** The newest run record that something was listed of. */
  media: RunRecord | undefined;

  #peakBitrate = 0;

  /** Begins an empty list. */
  constructor(name: string, role: "video" | "audio") {
    this.name = name;
    this.role = role;
  }

  /** Absolute media sequence number of the first segment: the list counts its entries from zero. */
  get mediaSequence(): number {
    return 0;
  }

  /** Absolute discontinuity sequence number of the first segment. */
  get discontinuitySequence(): number {
    return this.segments[0]?.period ?? 0;
  }

  /** Period of the newest segment. */
  get period(): number | undefined {
    return this.segments.at(-1)?.period;
  }

  /** Wall clock time of the end, in milliseconds since the Unix epoch. */
  get end(): number {
    const last = this.segments.at(-1);
    return last === undefined ? -Infinity : last.wall + last.duration * 1000;
  }

  /** Average bit rate in bits per second. */
  get averageBitrate(): number {
    return this.duration > 0 ? this.bytes * 8 / this.duration : 0;
  }

  /**
   * Highest bit rate of any 0.5 to 1.5 target durations, in bits per second (RFC 8216bis
   * §4.4.6.2); the average where there was not that much.
   */
  get peakBitrate(): number {
    return Math.max(this.#peakBitrate, this.averageBitrate);
  }

  /** Lists the segment and returns what was listed. */
  append(segment: MediaSegment, place: Place): ListedSegment {
    const wall = segment.start * 1000 + place.offset;
    this.#fillPeriods(place.period, wall);
    const listed: ListedSegment = {
      hash: segment.hash,
      init: segment.media.init,
      size: segment.size,
      period: place.period,
      wall: Math.max(this.end, wall),
      duration: segment.end - segment.start,
    };
    this.segments.push(listed);
    this.duration += listed.duration;
    this.bytes += listed.size;
    this.#measure(place.targetDuration);
    if (!segment.key) this.independent = false;
    if (this.media !== segment.media) this.#describe(segment.media);
    return listed;
  }

  /**
   * Every boundary counts in every rendition, but one entry can carry one EXT-X-DISCONTINUITY only:
   * a period that has nothing in this rendition gets an entry that says so (RFC 8216bis §4.4.4.7).
   */
  #fillPeriods(period: number, wall: number): void {
    const last = this.segments.at(-1);
    if (last === undefined) return;
    const missing = period - last.period - 1;
    const room = (wall - this.end) / 1000 / (missing + 1);
    const duration = Math.min(Math.max(room, 0.001), PLACEHOLDER_DURATION);
    for (let i = 1; i <= missing; ++i) {
      this.segments.push({
        init: last.init,
        size: 0,
        period: last.period + i,
        wall: this.end,
        duration,
      });
    }
  }

  #measure(targetDuration: number): void {
    let bytes = 0;
    let duration = 0;
    for (let i = this.segments.length - 1; i >= 0; --i) {
      const segment = this.segments[i]!;
      bytes += segment.size;
      duration += segment.duration;
      if (duration > 1.5 * targetDuration) break;
      if (duration < 0.5 * targetDuration) continue;
      this.#peakBitrate = Math.max(this.#peakBitrate, bytes * 8 / duration);
    }
  }

  #describe(media: RunRecord): void {
    this.media = media;
    if (media.codec !== undefined) this.codecs.add(media.codec);
    const { width = 0, height = 0, framerate = 0, channels = 0 } = media;
    if (width * height > this.width * this.height) {
      this.width = width;
      this.height = height;
    }
    this.framerate = Math.max(this.framerate, framerate);
    this.channels = Math.max(this.channels, channels);
  }
}
