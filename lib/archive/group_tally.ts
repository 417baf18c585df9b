/** Keeps count of a group while its bytes pass by. */

import { FragmentScanner } from "../media/fragment_scanner.ts";
import type { FramePart } from "../moq/group.ts";
import type { TrackMedia } from "./track_media.ts";

/** The frame table of a group, and what its media says of time. */
export class GroupTally {
  /** Payload bytes so far. */
  size = 0;
  /** Lengths of the frames begun so far, as far as they have come, in bytes. */
  frames: number[] = [];
  /** Wire timestamps of the frames, where the dialect carries them. */
  timestamps: number[] = [];
  /** Payload bytes of the frame that is coming which are still to come. */
  outstanding = 0;
  readonly #scanner: FragmentScanner | undefined;
  readonly #timescale: number;

  constructor(media: TrackMedia) {
    this.#timescale = media.timescale ?? 0;
    if (media.container === "cmaf" && this.#timescale > 0) {
      this.#scanner = new FragmentScanner(media.init);
    }
  }

  /** Whether the group's media time comes from its own bytes. */
  get isMedia(): boolean {
    return this.#scanner !== undefined;
  }

  /** Takes the next part; the payload bytes in it, if it has any. */
  push(part: FramePart): Uint8Array | undefined {
    if (!(part instanceof Uint8Array)) {
      this.frames.push(0);
      this.outstanding = part.size;
      if (part.timestamp !== undefined) this.timestamps.push(part.timestamp);
      return undefined;
    }
    this.frames[this.frames.length - 1]! += part.length;
    this.outstanding -= part.length;
    this.size += part.length;
    this.#scanner?.push(part);
    return part;
  }

  /** Media time of the first sample in ticks, as soon as it is known. */
  get time(): number | undefined {
    return this.#scanner?.time;
  }

  /** Media time of the first sample in seconds, as soon as it is known. */
  get seconds(): number | undefined {
    const time = this.time;
    return time === undefined ? undefined : time / this.#timescale;
  }

  /** What is wrong with the media so far, if anything is. */
  get malformed(): string | undefined {
    return this.#scanner?.finish().malformed;
  }

  /** Media time covered so far in ticks, where it is known, and whether it starts at a random access point. */
  summary(): { time?: number; duration?: number; key?: boolean } {
    if (this.#scanner === undefined || this.time === undefined) return {};
    const { time, duration, key } = this.#scanner.finish();
    return {
      ...(time !== undefined && { time }),
      ...(duration !== undefined && { duration }),
      ...(key !== undefined && { key }),
    };
  }
}
