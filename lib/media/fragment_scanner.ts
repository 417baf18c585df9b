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
  /**
   * Ticks from there to where the media ends. A fragment whose samples have no duration is taken to
   * last as long as the one before it; absent where that does not help either.
   */
  duration?: number;
  /** Whether the first sample is a random access point, where something says. */
  key?: boolean;
  /** Where its fragment begins, and how many bytes from there reach to its end. */
  firstSample?: { offset: number; length: number };
  /** What is wrong with the bytes, if anything is. What came before counts. */
  malformed?: string;
}

/**
 * Scans movie fragments (ISO/IEC 14496-12 §8.8) that come in chunks split anywhere. Only moof boxes
 * are held, one at a time; what they describe is skipped. Never throws: foreign bytes are malformed
 * or have no fragments. All that is told is of one track: the video, where there is one.
 */
export class FragmentScanner {
  readonly #tracks: readonly InitTrack[];
  /** The track that counts; without an initialisation segment the first that comes. */
  #trackId: number | undefined;
  #fragments = 0;
  #first: (TrackFragment & { time: number; offset: number }) | undefined;
  /** Decode time of the first sample of the last fragment. */
  #last = 0;
  /** Where the sample ends that ends last. */
  #end = 0;
  #malformed: string | undefined;
  /** A box header or a moof that is still coming. */
  #held = new Uint8Array(1024);
  #heldSize = 0;
  /** Bytes to skip before the next box. */
  #skip = 0;
  /** Bytes scanned so far, without those that are held. */
  #offset = 0;

  /** `init` has the defaults that fragments refer to. Without one, fragments must say it all. */
  constructor(init?: InitSegment) {
    this.#tracks = init?.tracks ?? [];
    const track = this.#tracks.find(({ role }) => role === "video") ?? this.#tracks[0];
    this.#trackId = track?.id;
  }

  /** Decode time of the first sample in ticks, as soon as it is known. */
  get time(): number | undefined {
    return this.#first?.time;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length && this.#malformed === undefined) {
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
        this.#malformed = error.message;
      }
    }
  }

  /** What was found so far. More may be pushed afterwards. */
  finish(): FragmentSummary {
    const summary: FragmentSummary = { fragments: this.#fragments };
    if (this.#malformed !== undefined) summary.malformed = this.#malformed;
    if (this.#first === undefined) return summary;
    const { time, key, firstSampleEnd, offset } = this.#first;
    summary.time = time;
    if (this.#end > time) summary.duration = this.#end - time;
    if (key !== undefined) summary.key = key;
    if (firstSampleEnd !== undefined && offset + firstSampleEnd <= this.#offset) {
      summary.firstSample = { offset, length: firstSampleEnd };
    }
    return summary;
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
    const trafs = [...readBoxes(bytes, moof.body, moof.end)]
      .filter(({ type }) => type === "traf")
      .map((box, i) => readTrackFragment(bytes, box, this.#tracks, i === 0));
    this.#fragments += 1;
    for (const traf of trafs) {
      this.#trackId ??= traf.trackId;
      if (traf.trackId === this.#trackId) this.#count(traf);
    }
  }

  #count(traf: TrackFragment): void {
    // Without a time of its own it continues the one before (§8.8.12).
    const time = traf.time ?? (this.#first && this.#end);
    if (time === undefined) return;
    const duration = traf.duration || (this.#first ? Math.max(0, time - this.#last) : 0);
    if (!Number.isSafeInteger(time + duration)) {
      throw new SyntaxError(`Cannot scan fragment: it ends at ${time + duration}`);
    }
    this.#first ??= { ...traf, time, offset: this.#offset };
    this.#last = time;
    this.#end = Math.max(this.#end, time + duration);
  }
}
