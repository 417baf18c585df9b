/** Reads traf boxes (ISO/IEC 14496-12 §8.8.6). */

import { type Box, readBoxes } from "./box.ts";
import { Fields } from "./fields.ts";
import type { InitTrack } from "./init_segment.ts";

/** What a traf box says. */
export interface TrackFragment {
  /** track_ID. */
  readonly trackId: number;
  /** Decode time of the first sample in ticks, if the box says. */
  readonly time: number | undefined;
  /** Duration of the samples in ticks; 0 where nothing says. */
  readonly duration: number;
  /** Whether the first sample is a random access point, if there is one and something says. */
  readonly key: boolean | undefined;
  /** Offset of the byte after the first sample, from the start of the moof, where that is known. */
  readonly firstSampleEnd: number | undefined;
}

/** What holds for samples that do not say themselves. */
interface Defaults {
  duration: number;
  size: number;
  flags: number | undefined;
}

/** Flags of tfhd (§8.8.7). */
const BASE_DATA_OFFSET = 0x000001;
const DESCRIPTION_INDEX = 0x000002;
const DEFAULT_DURATION = 0x000008;
const DEFAULT_SIZE = 0x000010;
const DEFAULT_FLAGS = 0x000020;
const BASE_IS_MOOF = 0x020000;

/** Flags of trun (§8.8.8). */
const DATA_OFFSET = 0x000001;
const FIRST_FLAGS = 0x000004;
const DURATION = 0x000100;
const SIZE = 0x000200;
const FLAGS = 0x000400;
const COMPOSITION_OFFSET = 0x000800;

/** sample_is_non_sync_sample (§8.8.3.1). */
const NON_SYNC = 0x00010000;

/** sample_depends_on (§8.8.3.1): 1 when the sample depends on others, whatever is said of sync. */
const DEPENDS_ON = 0x03000000;
const DEPENDS = 0x01000000;

/**
 * Reads the traf box `traf` in `bytes`, for which `tracks` have the defaults. `isFirst` tells whether
 * it is the first in its moof.
 *
 * @throws {SyntaxError} if it makes no sense.
 */
export function readTrackFragment(
  bytes: Uint8Array,
  traf: Box,
  tracks: readonly InitTrack[],
  isFirst: boolean,
): TrackFragment {
  let trackId = 0;
  let time: number | undefined;
  let duration = 0;
  let key: boolean | undefined;
  let firstSampleEnd: number | undefined;
  let defaults: Defaults = { duration: 0, size: 0, flags: undefined };
  let isRelative = false;
  for (const box of readBoxes(bytes, traf.body, traf.end)) {
    const fields = new Fields(bytes, box);
    if (box.type === "tfhd") {
      const flags = fields.u32() & 0xffffff;
      trackId = fields.u32();
      const track = tracks.find(({ id }) => id === trackId);
      if (flags & BASE_DATA_OFFSET) fields.skip(8);
      if (flags & DESCRIPTION_INDEX) fields.skip(4);
      defaults = {
        duration: flags & DEFAULT_DURATION ? fields.u32() : track?.defaultSampleDuration ?? 0,
        size: flags & DEFAULT_SIZE ? fields.u32() : track?.defaultSampleSize ?? 0,
        flags: flags & DEFAULT_FLAGS ? fields.u32() : track?.defaultSampleFlags,
      };
      // Else offsets count from the beginning of a file, or from the data of the traf before.
      isRelative = !(flags & BASE_DATA_OFFSET) && (isFirst || (flags & BASE_IS_MOOF) !== 0);
    } else if (box.type === "tfdt") {
      time = fields.u32() >>> 24 === 1 ? fields.u64() : fields.u32();
    } else if (box.type === "trun") {
      const run = readRun(fields, defaults);
      duration += run.duration;
      key ??= run.key;
      if (isRelative) firstSampleEnd ??= run.firstSampleEnd;
    }
  }
  return { trackId, time, duration, key, firstSampleEnd };
}

/** Reads a trun box. */
function readRun(
  fields: Fields,
  defaults: Defaults,
): Pick<TrackFragment, "duration" | "key" | "firstSampleEnd"> {
  const flags = fields.u32() & 0xffffff;
  const count = fields.u32();
  const dataOffset = flags & DATA_OFFSET ? fields.u32() | 0 : 0;
  const firstFlags = flags & FIRST_FLAGS ? fields.u32() : undefined;
  const members = [DURATION, SIZE, FLAGS, COMPOSITION_OFFSET].filter((flag) => flags & flag).length;
  if (count * members * 4 > fields.left) {
    throw new SyntaxError(`Cannot read trun: it has no room for ${count} samples`);
  }
  if (count === 0) return { duration: 0, key: undefined, firstSampleEnd: undefined };

  let duration = flags & DURATION ? 0 : count * defaults.duration;
  let first: { size: number; flags: number | undefined } | undefined;
  // Samples without members of their own are all alike, however many they claim to be.
  for (let i = 0; i < (members > 0 ? count : 1); ++i) {
    if (flags & DURATION) duration += fields.u32();
    const size = flags & SIZE ? fields.u32() : defaults.size;
    const own = flags & FLAGS ? fields.u32() : defaults.flags;
    if (flags & COMPOSITION_OFFSET) fields.skip(4);
    first ??= { size, flags: firstFlags ?? own };
  }
  const { size, flags: sampleFlags } = first!;
  return {
    duration,
    key: sampleFlags === undefined
      ? undefined
      : (sampleFlags & NON_SYNC) === 0 && (sampleFlags & DEPENDS_ON) !== DEPENDS,
    firstSampleEnd: dataOffset > 0 && size > 0 ? dataOffset + size : undefined,
  };
}
