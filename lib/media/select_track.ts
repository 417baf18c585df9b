/** Takes one track out of an initialisation segment that has several. */

import { type Box, findBox, readBoxes } from "./box.ts";
import { Fields } from "./fields.ts";

/**
 * A copy of an initialisation segment with no other track than `trackId`: a player that is given the
 * track alone must not be promised others (RFC 8216bis §3.1.2).
 *
 * @throws {SyntaxError} if it is no initialisation segment.
 */
export function selectTrack(init: Uint8Array, trackId: number): Uint8Array {
  const moov = findBox(init, "moov");
  if (moov === undefined) throw new SyntaxError("Cannot select track: no moov box");
  const mvex = findBox(init, "mvex", moov);
  const unwanted = (box: Box) =>
    (box.type === "trak" || box.type === "trex") && idOf(init, box) !== trackId;
  const keep = (parent: Box) =>
    [...readBoxes(init, parent.body, parent.end)].filter((box) => !unwanted(box));
  const inner = keep(moov).map((box) =>
    box.type === "mvex" && mvex
      ? boxOf("mvex", keep(mvex).map((part) => init.subarray(part.start, part.end)))
      : init.subarray(box.start, box.end)
  );
  return concat([
    init.subarray(0, moov.start),
    boxOf("moov", inner),
    init.subarray(moov.end),
  ]);
}

/** The track that a trak or trex box is for. */
function idOf(init: Uint8Array, box: Box): number {
  const holder = box.type === "trak" ? findBox(init, "tkhd", box) : box;
  if (holder === undefined) throw new SyntaxError("Cannot select track: trak has no tkhd box");
  const fields = new Fields(init, holder);
  const version = fields.u32() >>> 24;
  if (box.type === "trak") fields.skip(version === 1 ? 16 : 8);
  return fields.u32();
}

function boxOf(type: string, contents: Uint8Array[]): Uint8Array {
  const head = new Uint8Array(8);
  const size = contents.reduce((sum, part) => sum + part.length, 8);
  new DataView(head.buffer).setUint32(0, size);
  head.set(new TextEncoder().encode(type), 4);
  return concat([head, ...contents]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
