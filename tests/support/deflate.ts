/** Compresses frames as publishers of `.z` tracks do. */

import { constants, createDeflateRaw } from "node:zlib";
import { concat } from "@std/bytes/concat";

/** The frames of a group as one stream of raw DEFLATE, each without the end of its sync flush. */
export async function deflateFrames(frames: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const deflate = createDeflateRaw();
  let chunks: Uint8Array[] = [];
  deflate.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  const deflated: Uint8Array[] = [];
  for (const frame of frames) {
    chunks = [];
    deflate.write(frame);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    deflated.push(concat(chunks).slice(0, -4));
  }
  deflate.close();
  return deflated;
}
