/** Makes fragments of MP4, as small as they can be. */

/** What to put into a fragment. */
export interface FragmentOptions {
  /** Decode time of the first sample in ticks. */
  time: number;
  /** Duration of each sample in ticks. */
  duration: number;
  /** Lengths of the samples in bytes. @default {[100]} */
  samples?: number[];
  /** Whether the first sample is a random access point. @default {true} */
  key?: boolean;
  /** What to fill the samples with. @default {0} */
  fill?: number;
}

/** A moof and an mdat. */
export function fragment(options: FragmentOptions): Uint8Array {
  const { time, duration, samples = [100], key = true, fill = 0 } = options;
  const trun = (dataOffset: number) =>
    box("trun", [
      u32(0x000305), // data offset, first sample flags, duration and size of each sample
      u32(samples.length),
      u32(dataOffset),
      u32(key ? 0x02000000 : 0x01010000),
      ...samples.flatMap((size) => [u32(duration), u32(size)]),
    ]);
  const moof = (dataOffset: number) =>
    box("moof", [
      box("mfhd", [u32(0), u32(1)]),
      box("traf", [
        box("tfhd", [u32(0x020000), u32(1)]),
        box("tfdt", [u32(0x01000000), u64(time)]),
        trun(dataOffset),
      ]),
    ]);
  const size = samples.reduce((a, b) => a + b, 0);
  const head = moof(moof(0).length + 8);
  return concat([head, box("mdat", [new Uint8Array(size).fill(fill)])]);
}

function box(type: string, contents: Uint8Array[]): Uint8Array {
  const body = concat(contents);
  return concat([u32(8 + body.length), new TextEncoder().encode(type), body]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
