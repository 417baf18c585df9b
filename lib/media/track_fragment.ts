/** Reads traf boxes (ISO/IEC 14496-12 §8.8.6). */

import { type Box, readBoxes } from "./box.ts";
import { Fields } from "./fields.ts";
import type { InitTrack } from "./init_segment.ts";

/** What a traf box says. */
export interface TrackFragment {
  readonly trackId: number;
  /** Decode time of the first sample in ticks, if the box says. */
  readonly time: number | undefined;
  /** Duration of the samples in ticks. */
  readonly duration: number;
  /** Whether the first sample is a random access point; undefined without samples. */
  readonly key: boolean | undefined;
  /** Offset of the byte after the first sample, from the start of the moof, where that is what offsets count from. */
  readonly firstSampleEnd: number | undefined;
}

interface Defaults {
  duration: number;
  size: number;
  flags: number;
}

/** sample_is_non_sync_sample (§8.8.3.1). */
const NON_SYNC = 0x00010000;

/**
 * Reads the traf box `traf` in `bytes`, for which `tracks` have the defaults.
 *
 * @throws {SyntaxError} if it makes no sense.
 */
export function readTrackFragment(
  bytes: Uint8Array,
  traf: Box,
  tracks: readonly InitTrack[],
): TrackFragment {
  let trackId = 0;
  let time: number | undefined;
  let duration = 0;
  let key: boolean | undefined;
  let firstSampleEnd: number | undefined;
  let defaults: Defaults = { duration: 0, size: 0, flags: 0 };
  for (const box of readBoxes(bytes, traf.body, traf.end)) {
    const fields = new Fields(bytes, box);
    if (box.type === "tfhd") {
      const flags = fields.u32() & 0xffffff;
      trackId = fields.u32();
      const track = tracks.find(({ id }) => id === trackId);
      if (flags & 0x01) fields.skip(8);
      if (flags & 0x02) fields.skip(4);
      defaults = {
        duration: flags & 0x08 ? fields.u32() : track?.defaultSampleDuration ?? 0,
        size: flags & 0x10 ? fields.u32() : track?.defaultSampleSize ?? 0,
        flags: flags & 0x20 ? fields.u32() : track?.defaultSampleFlags ?? 0,
      };
    } else if (box.type === "tfdt") {
      time = fields.u32() >>> 24 === 1 ? fields.u64() : fields.u32();
    } else if (box.type === "trun") {
      const run = readRun(fields, defaults);
      duration += run.duration;
      key ??= run.key;
      firstSampleEnd ??= run.firstSampleEnd;
    }
  }
  return { trackId, time, duration, key, firstSampleEnd };
}

/** Reads a trun box (§8.8.8). */
function readRun(fields: Fields, defaults: Defaults) {
  const flags = fields.u32() & 0xffffff;
  const count = fields.u32();
  const dataOffset = flags & 0x01 ? fields.u32() | 0 : undefined;
  const firstFlags = flags & 0x04 ? fields.u32() : undefined;
  const sampleSize = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
  if (count * sampleSize > fields.left) {
    throw new SyntaxError(`Cannot read trun: it has no room for ${count} samples`);
  }
  let duration = flags & 0x100 ? 0 : count * defaults.duration;
  let key: boolean | undefined;
  let firstSize = defaults.size;
  for (let i = 0; i < count && (sampleSize > 0 || i === 0); ++i) {
    if (flags & 0x100) duration += fields.u32();
    const size = flags & 0x200 ? fields.u32() : defaults.size;
    const own = flags & 0x400 ? fields.u32() : defaults.flags;
    if (flags & 0x800) fields.skip(4);
    if (i > 0) continue;
    key = ((firstFlags ?? own) & NON_SYNC) === 0;
    firstSize = size;
  }
  const firstSampleEnd = dataOffset !== undefined && dataOffset > 0 && count > 0
    ? dataOffset + firstSize
    : undefined;
  return { duration, key, firstSampleEnd };
}
