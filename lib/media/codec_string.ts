/** Codec parameters of RFC 6381 from sample entries. */

import { type Box, readBoxes } from "./box.ts";
import { Fields } from "./fields.ts";

/** The box with the decoder's configuration and how to read it, by the type of the sample entry. */
const CONFIGURATIONS: Readonly<Record<string, [box: string, read: (fields: Fields) => string]>> = {
  avc1: ["avcC", avc],
  avc3: ["avcC", avc],
  hvc1: ["hvcC", hevc],
  hev1: ["hvcC", hevc],
  av01: ["av1C", av1],
  vp08: ["vpcC", vp],
  vp09: ["vpcC", vp],
  mp4a: ["esds", mp4a],
};

/** Codecs whose parameter is a name of its own rather than that of the sample entry. */
const NAMES: Readonly<Record<string, string>> = { Opus: "opus", fLaC: "flac" };

/**
 * The codec parameter for a sample entry whose inner boxes begin at `children`. Without a
 * configuration box it is the type of the entry.
 *
 * @throws {SyntaxError} if the type or the configuration makes no sense.
 */
export function codecString(bytes: Uint8Array, entry: Box, children: number): string {
  const name = NAMES[entry.type] ?? entry.type.trimEnd();
  // It goes into playlists, where a quotation mark would end it.
  if (!/^[\w.+-]+$/.test(name)) throw new SyntaxError("Cannot read stsd: its entry has no name");
  const [type, read] = CONFIGURATIONS[entry.type] ?? [];
  if (read === undefined) return name;
  for (const box of readBoxes(bytes, children, entry.end)) {
    if (box.type === type) return name + read(new Fields(bytes, box));
  }
  return name;
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2). */
function avc(fields: Fields): string {
  fields.skip(1);
  return `.${hex(fields.u8())}${hex(fields.u8())}${hex(fields.u8())}`;
}

/** HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1.2; string: annex E.3). */
function hevc(fields: Fields): string {
  fields.skip(1);
  const profile = fields.u8();
  const compatibility = reverseBits(fields.u32());
  const constraints = Array.from({ length: 6 }, () => fields.u8());
  const level = fields.u8();
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    `.${["", "A", "B", "C"][profile >> 6]}${profile & 0x1f}`,
    compatibility.toString(16).toUpperCase(),
    `${profile & 0x20 ? "H" : "L"}${level}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

/** AV1CodecConfigurationRecord (AV1 in ISOBMFF §2.3.3; string: §5). */
function av1(fields: Fields): string {
  fields.skip(1);
  const level = fields.u8();
  const flags = fields.u8();
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
  return `.${level >> 5}.${decimal(level & 0x1f)}${flags & 0x80 ? "H" : "M"}.${decimal(depth)}`;
}

/** VPCodecConfigurationRecord (VP codec ISO media file format binding). */
function vp(fields: Fields): string {
  fields.skip(4);
  const [profile, level] = [fields.u8(), fields.u8()];
  return `.${decimal(profile)}.${decimal(level)}.${decimal(fields.u8() >> 4)}`;
}

/** ES_Descriptor (ISO/IEC 14496-1 §7.2.6.5) down to the audio object type (14496-3 §1.6.2.1). */
function mp4a(fields: Fields): string {
  fields.skip(4);
  descriptor(fields, 0x03);
  fields.skip(2);
  const flags = fields.u8();
  if (flags & 0x80) fields.skip(2);
  if (flags & 0x40) fields.skip(fields.u8());
  if (flags & 0x20) fields.skip(2);
  descriptor(fields, 0x04);
  const objectType = fields.u8();
  // Browsers know MP3 as "mp4a.6B" only.
  if (objectType !== 0x40) return `.${hex(objectType).toUpperCase()}`;
  fields.skip(12);
  descriptor(fields, 0x05);
  const first = fields.u8();
  const audioType = first >> 3;
  return `.40.${audioType < 31 ? audioType : 32 + ((first & 7) << 3 | fields.u8() >> 5)}`;
}

/** Passes over the head of a descriptor, whose length takes one to four bytes. */
function descriptor(fields: Fields, tag: number): void {
  if (fields.u8() !== tag) {
    throw new SyntaxError(`Cannot read esds: descriptor ${tag} is not there`);
  }
  for (let i = 0; i < 4 && fields.u8() & 0x80; ++i);
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; ++i) reversed = (reversed << 1 | value >>> i & 1) >>> 0;
  return reversed;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function decimal(value: number): string {
  return String(value).padStart(2, "0");
}
