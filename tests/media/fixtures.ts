/** Real media: see ../fixtures/media/README.md. */

import { type Box, readBoxes } from "../../lib/media/box.ts";

/** Names of the media files. */
export const MEDIA = [
  "aac",
  "absolute",
  "ac3",
  "av1",
  "bframes",
  "eac3",
  "flac",
  "h264",
  "hevc",
  "mp3",
  "muxed",
  "opus",
  "uneven",
  "vp9",
] as const;

/** Reads a fixture. */
export function readFixture(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url));
}

/** A media file taken apart. */
export interface Media {
  /** ftyp and moov. */
  readonly init: Uint8Array<ArrayBuffer>;
  /** Pairs of moof and mdat. */
  readonly fragments: readonly Uint8Array<ArrayBuffer>[];
}

/** Reads a media file: the initialisation segment, and the fragments one by one. */
export function readMedia(name: typeof MEDIA[number]): Media {
  const file = readFixture(`${name}.mp4`);
  const boxes = [...readBoxes(file)];
  const bytesOf = (box: Box, last = box) => file.slice(box.start, last.end);
  return {
    init: file.slice(0, boxes.find(({ type }) => type === "moov")!.end),
    fragments: boxes.flatMap((box, i) => box.type === "moof" ? [bytesOf(box, boxes[i + 1])] : []),
  };
}
