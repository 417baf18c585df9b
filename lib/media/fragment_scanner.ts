/** Finds out what a stream of movie fragments covers, without keeping it. */

import { type Box, readBoxes, readBoxHeader } from "./box.ts";
import type { InitSegment, InitTrack } from "./init_segment.ts";
import { readTrackFragment, type TrackFragment } from "./track_fragment.ts";

/** A moof box larger than this, in bytes, is not believed. */
const MAX_MOOF = 1024 * 1024;

/** What was found. */
export interface FragmentSummary {
  /** Number of movie fragments. */
  fragments: number;
  /** Decode time of the first sample, in ticks of the track's timescale. */
  time?: number;
  /** Duration of all samples, in ticks. */
  duration?: number;
  /** Whether the first sample is a random access point. */
  key?: boolean;
  /** Where the first fragment begins, and how many bytes reach to the end of its first sample. */
  firstSample?: { offset: number; length: number };
  /** What is wrong with the bytes, if anything is. What came before counts. */
  malformed?: string;
}

/**
 * Scans movie fragments (ISO/IEC 14496-12 §8.8) that come in chunks split anywhere. Only moof boxes
 * are held, one at a time; what they describe is skipped. Never throws: foreign bytes are malformed.
 */
export class FragmentScanner {
  readonly #tracks: readonly InitTrack[];
  /** The track that counts: the video, where there is one. */
  readonly #track: InitTrack | undefined;
  readonly #summary: FragmentSummary = { fragments: 0 };
  /** A box header or a moof that is still coming. */
  #held = new Uint8Array(1024);
  #heldSize = 0;
  /** Bytes to skip before the next box. */
  #skip = 0;
  /** Bytes scanned so far. */
  #offset = 0;

  /** `init` has the defaults that fragments refer to. Without one, fragments must say it all. */
  constructor(init?: InitSegment) {
    this.#tracks = init?.tracks ?? [];
    this.#track = this.#tracks.find(({ role }) => role === "video") ?? this.#tracks[0];
  }

  /** Decode time of the first sample in ticks, as soon as it is known. */
  get time(): number | undefined {
    return this.#summary.time;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length && this.#summary.malformed === undefined) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - offset);
        this.#skip -= skipped;
        this.#offset += skipped;
        offset += skipped;
        continue;
      }
      try {
        offset += this.#take(chunk.subarray(offset));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        this.#summary.malformed = error.message;
      }
    }
  }

  /** What was found so far. More may be pushed afterwards. */
  finish(): FragmentSummary {
    return { ...this.#summary };
  }

  /** Takes what the box that is coming still needs; the number of bytes taken. */
  #take(chunk: Uint8Array): number {
    const header = readBoxHeader(this.#held.subarray(0, this.#heldSize), 0);
    if (header === undefined) return this.#hold(chunk, this.#heldSize < 8 ? 8 : 16);
    if (header.type !== "moof") {
      this.#skip = header.size === 0 ? Infinity : header.size - this.#heldSize;
      this.#offset += this.#heldSize;
      this.#heldSize = 0;
      return 0;
    }
    if (header.size === 0 || header.size > MAX_MOOF) {
      throw new SyntaxError(`Cannot scan fragment: its moof box has ${header.size} bytes`);
    }
    const taken = this.#hold(chunk, header.size);
    if (this.#heldSize === header.size) {
      const moof = this.#held.subarray(0, header.size);
      this.#scan(moof, { type: "moof", start: 0, body: header.headerSize, end: header.size });
      this.#offset += header.size;
      this.#heldSize = 0;
    }
    return taken;
  }

  #hold(chunk: Uint8Array, size: number): number {
    const taken = Math.min(chunk.length, size - this.#heldSize);
    const filled = this.#heldSize + taken;
    if (filled > this.#held.length) {
      const larger = new Uint8Array(Math.min(size, filled * 2));
      larger.set(this.#held.subarray(0, this.#heldSize));
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(0, taken), this.#heldSize);
    this.#heldSize = filled;
    return taken;
  }

  #scan(bytes: Uint8Array, moof: Box): void {
    const summary = this.#summary;
    summary.fragments += 1;
    for (const box of readBoxes(bytes, moof.body, moof.end)) {
      if (box.type !== "traf") continue;
      const traf = readTrackFragment(bytes, box, this.#tracks);
      if (this.#track !== undefined && traf.trackId !== this.#track.id) continue;
      if (traf.time === undefined) continue;
      if (summary.time === undefined) this.#begin(traf);
      summary.duration = traf.time + traf.duration - summary.time!;
      return;
    }
  }

  #begin({ time, key, firstSampleEnd }: TrackFragment): void {
    this.#summary.time = time!;
    if (key !== undefined) this.#summary.key = key;
    if (firstSampleEnd !== undefined) {
      this.#summary.firstSample = { offset: this.#offset, length: firstSampleEnd };
    }
  }
}
