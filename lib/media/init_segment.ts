/** Reads initialisation segments: ftyp and moov (ISO/IEC 14496-12 §8.2, §8.8). */

import { type Box, findBox, readBoxes } from "./box.ts";
import { codecString } from "./codec_string.ts";
import { Fields } from "./fields.ts";

/** A track that an initialisation segment describes. */
export interface InitTrack {
  /** track_ID. */
  readonly id: number;
  /** What it carries. */
  readonly role: "video" | "audio" | "data";
  /** Codec parameter of RFC 6381, e.g. "avc1.64001f". */
  readonly codec: string;
  /** Media ticks per second. */
  readonly timescale: number;
  /** Width of the picture in pixels, where it is known. */
  readonly width?: number;
  /** Height of the picture in pixels, where it is known. */
  readonly height?: number;
  /** Audio samples per second, where 16 bits can tell. */
  readonly sampleRate?: number;
  /** Number of audio channels, where it is known. */
  readonly channels?: number;
  /** Duration of samples whose fragment does not say, in ticks. */
  readonly defaultSampleDuration: number;
  /** Size of samples whose fragment does not say, in bytes. */
  readonly defaultSampleSize: number;
  /** Flags of samples whose fragment does not say (§8.8.3.1). */
  readonly defaultSampleFlags: number;
}

/** What fragments need to be understood. */
export interface InitSegment {
  /** The tracks, in the order of their trak boxes. */
  readonly tracks: readonly InitTrack[];
}

const ROLES: Readonly<Record<string, InitTrack["role"]>> = { vide: "video", soun: "audio" };

/**
 * Reads an initialisation segment.
 *
 * @throws {SyntaxError} if it is none, or a box that matters makes no sense.
 */
export function parseInitSegment(bytes: Uint8Array): InitSegment {
  const moov = findBox(bytes, "moov");
  if (moov === undefined) throw new SyntaxError("Cannot read initialisation segment: no moov box");
  const boxes = [...readBoxes(bytes, moov.body, moov.end)];
  const defaults = readDefaults(bytes, boxes.find(({ type }) => type === "mvex"));
  const tracks = boxes.filter(({ type }) => type === "trak")
    .map((trak) => readTrack(bytes, trak, defaults));
  if (tracks.length === 0) throw new SyntaxError("Cannot read initialisation segment: no trak box");
  return { tracks };
}

interface Defaults {
  defaultSampleDuration: number;
  defaultSampleSize: number;
  defaultSampleFlags: number;
}

/** The defaults of each track by its id, from the trex boxes (§8.8.3). */
function readDefaults(bytes: Uint8Array, mvex: Box | undefined): Map<number, Defaults> {
  const defaults = new Map<number, Defaults>();
  if (mvex === undefined) return defaults;
  for (const box of readBoxes(bytes, mvex.body, mvex.end)) {
    if (box.type !== "trex") continue;
    const fields = new Fields(bytes, box);
    fields.skip(4);
    const id = fields.u32();
    fields.skip(4);
    defaults.set(id, {
      defaultSampleDuration: fields.u32(),
      defaultSampleSize: fields.u32(),
      defaultSampleFlags: fields.u32(),
    });
  }
  return defaults;
}

function readTrack(bytes: Uint8Array, trak: Box, defaults: Map<number, Defaults>): InitTrack {
  const tkhd = new Fields(bytes, need(bytes, trak, "tkhd"));
  tkhd.skip(tkhd.u32() >>> 24 === 1 ? 16 : 8);
  const id = tkhd.u32();

  const mdia = need(bytes, trak, "mdia");
  const mdhd = new Fields(bytes, need(bytes, mdia, "mdhd"));
  mdhd.skip(mdhd.u32() >>> 24 === 1 ? 16 : 8);
  const timescale = mdhd.u32();
  if (timescale === 0) throw new SyntaxError("Cannot read mdhd: timescale is 0");

  const hdlr = new Fields(bytes, need(bytes, mdia, "hdlr"));
  hdlr.skip(8);
  const role = ROLES[hdlr.fourcc()] ?? "data";

  const stbl = need(bytes, need(bytes, mdia, "minf"), "stbl");
  const stsd = need(bytes, stbl, "stsd");
  const [entry] = readBoxes(bytes, stsd.body + 8, stsd.end);
  if (entry === undefined) throw new SyntaxError("Cannot read stsd: it has no entry");
  return {
    id,
    role,
    timescale,
    ...describe(bytes, entry, role),
    ...(defaults.get(id) ??
      { defaultSampleDuration: 0, defaultSampleSize: 0, defaultSampleFlags: 0 }),
  };
}

/** What a sample entry says (§12.1.3, §12.2.3). Numbers that are 0 say nothing. */
function describe(
  bytes: Uint8Array,
  entry: Box,
  role: InitTrack["role"],
): Pick<InitTrack, "codec" | "width" | "height" | "sampleRate" | "channels"> {
  const fields = new Fields(bytes, entry);
  if (role === "video") {
    fields.skip(24);
    const [width, height] = [fields.u16(), fields.u16()];
    fields.skip(50);
    const codec = codecString(bytes, entry, fields.offset);
    return { codec, ...(width > 0 && { width }), ...(height > 0 && { height }) };
  }
  if (role === "audio") {
    fields.skip(16);
    const channels = fields.u16();
    fields.skip(6);
    const sampleRate = fields.u32() >>> 16;
    const codec = codecString(bytes, entry, fields.offset);
    return { codec, ...(sampleRate > 0 && { sampleRate }), ...(channels > 0 && { channels }) };
  }
  return { codec: codecString(bytes, entry, entry.end) };
}

function need(bytes: Uint8Array, parent: Box, type: string): Box {
  const box = findBox(bytes, type, parent);
  if (box === undefined) {
    throw new SyntaxError(`Cannot read initialisation segment: ${parent.type} has no ${type} box`);
  }
  return box;
}
