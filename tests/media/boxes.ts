/** Makes boxes that ffmpeg would not. */

import { concat } from "@std/bytes/concat";

/** Bytes one after the other. */
export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(parts);
}

/** Big-endian numbers of 32 bits. */
export function u32(...values: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => new DataView(bytes.buffer).setUint32(4 * i, value));
  return bytes;
}

/** A big-endian number of 64 bits. */
export function u64(value: number | bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Characters of one byte each. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A box. */
export function box(type: string, ...contents: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = join(...contents);
  return join(u32(8 + body.length), ascii(type), body);
}

/** A box whose size has 64 bits. */
export function largeBox(type: string, ...contents: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = join(...contents);
  return join(u32(1), ascii(type), u64(16 + body.length), body);
}

/** A track of an initialisation segment. */
export interface TrackOptions {
  id?: number;
  handler?: string;
  timescale?: number;
  /** @default {an entry for video} */
  entry?: Uint8Array;
  /** Whether times have 64 bits. */
  wide?: boolean;
  /** Default duration, size and flags of samples, if there is a trex box. */
  defaults?: [duration: number, size: number, flags: number];
}

/** A sample entry for video with 64x48 pictures. */
export function videoEntry(type: string, ...inner: Uint8Array[]): Uint8Array {
  const size = u32(64 << 16 | 48);
  return box(type, new Uint8Array(24), size, new Uint8Array(50), ...inner);
}

/** A sample entry for audio: stereo at 48 kHz, unless given. */
export function audioEntry(
  type: string,
  inner: Uint8Array[] = [],
  { channels = 2, sampleRate = 48000 } = {},
): Uint8Array {
  const fields = [u32(channels << 16 | 16), u32(0), u32(sampleRate * 0x10000)];
  return box(type, new Uint8Array(16), ...fields, ...inner);
}

/** An initialisation segment. */
export function initSegment(...tracks: TrackOptions[]): Uint8Array<ArrayBuffer> {
  const trex = tracks.filter(({ defaults }) => defaults !== undefined)
    .map(({ id = 1, defaults }) => box("trex", u32(0, id, 1, ...defaults!)));
  return join(
    box("ftyp", ascii("iso6"), u32(0)),
    box("moov", ...tracks.map(trak), ...(trex.length > 0 ? [box("mvex", ...trex)] : [])),
  );
}

function trak(options: TrackOptions): Uint8Array {
  const { id = 1, handler = "vide", timescale = 1000, entry = videoEntry("avc1"), wide } = options;
  const version = wide ? join(u32(0x01000000), u64(0), u64(0)) : u32(0, 0, 0);
  return box(
    "trak",
    box("tkhd", version, u32(id)),
    box(
      "mdia",
      box("mdhd", version, u32(timescale)),
      box("hdlr", u32(0, 0), ascii(handler), new Uint8Array(13)),
      box("minf", box("stbl", box("stsd", u32(0, 1), entry))),
    ),
  );
}

/** Flags and sample count of a trun box, and the fields after them. */
export type Run = [flags: number, count: number, ...fields: number[]];

/** A track fragment. */
export interface TrafOptions {
  id?: number;
  /** Decode time; no tfdt box when null. @default {0} */
  time?: number | null;
  /** Flags of tfhd and the fields they announce. @default {[0x020000]} */
  tfhd?: [flags: number, ...fields: number[]];
  /** The trun boxes. @default {one of a sample with a duration of 10} */
  runs?: Run[];
}

/** A traf box. */
export function traf(
  { id = 1, time = 0, tfhd = [0x020000], runs = [[0x100, 1, 10]] }: TrafOptions = {},
): Uint8Array<ArrayBuffer> {
  const [flags, ...fields] = tfhd;
  return box(
    "traf",
    box("tfhd", u32(flags, id, ...fields)),
    ...(time === null ? [] : [box("tfdt", u32(0x01000000), u64(time))]),
    ...runs.map((run) => box("trun", u32(...run))),
  );
}

/** A moof box of one traf, and an mdat box with `data` bytes. */
export function fragment(options: TrafOptions = {}, data = 0): Uint8Array<ArrayBuffer> {
  return join(box("moof", traf(options)), box("mdat", new Uint8Array(data)));
}
