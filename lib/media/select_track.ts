/** Takes one track out of an initialisation segment that has several. */

import { concat } from "@std/bytes/concat";
import { type Box, findBox, readBoxes } from "./box.ts";
import { Fields } from "./fields.ts";

/**
 * A copy of an initialisation segment with no other track than `trackId`: a player that is given the
 * track alone must not be promised others (RFC 8216bis §3.1.2).
 *
 * @throws {SyntaxError} if it is no initialisation segment, or has no such track.
 */
export function selectTrack(init: Uint8Array, trackId: number): Uint8Array {
  const moov = findBox(init, "moov");
  if (moov === undefined) throw new SyntaxError("Cannot select track: no moov box");
  const keep = (parent: Box) =>
    [...readBoxes(init, parent.body, parent.end)]
      .filter((box) => (trackOf(init, box) ?? trackId) === trackId);
  const kept = keep(moov);
  if (!kept.some(({ type }) => type === "trak")) {
    throw new SyntaxError(`Cannot select track: there is no track ${trackId}`);
  }
  const bytesOf = (box: Box) => init.subarray(box.start, box.end);
  const inner = kept.map((box) =>
    box.type === "mvex" ? boxOf("mvex", keep(box).map(bytesOf)) : bytesOf(box)
  );
  return concat([
    init.subarray(0, moov.start),
    boxOf("moov", inner),
    init.subarray(moov.end),
  ]);
}

/** The track that a box is for, if it is for one (ISO/IEC 14496-12 §8.3.2, §8.8.3, §8.8.15). */
function trackOf(init: Uint8Array, box: Box): number | undefined {
  if (box.type !== "trak" && box.type !== "trex" && box.type !== "trep") return undefined;
  const holder = box.type === "trak" ? findBox(init, "tkhd", box) : box;
  if (holder === undefined) throw new SyntaxError("Cannot select track: trak has no tkhd box");
  const fields = new Fields(init, holder);
  const version = fields.u32() >>> 24;
  if (box.type === "trak") fields.skip(version === 1 ? 16 : 8);
  return fields.u32();
}

function boxOf(type: string, contents: Uint8Array[]): Uint8Array {
  const box = concat([new Uint8Array(4), new TextEncoder().encode(type), ...contents]);
  new DataView(box.buffer).setUint32(0, box.length);
  return box;
}
