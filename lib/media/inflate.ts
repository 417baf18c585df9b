/** Undoes the compression of catalogs. */

import { constants, gunzipSync, inflateRawSync } from "node:zlib";
import { concat } from "@std/bytes/concat";
import { MAX_CATALOG } from "./catalog_document.ts";

/** How far back DEFLATE can refer (RFC 1951 §2), in bytes. */
const WINDOW = 32 * 1024;

/** What ends a sync flush. Frames are without it, as in RFC 7692 §7.2.1. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/**
 * Inflates the frames of a group, which are one stream of raw DEFLATE (RFC 1951) that was flushed
 * after each frame.
 */
export class FrameInflater {
  /** The end of what came before, which the next frame may refer to. Undefined when it is not known. */
  #window: Uint8Array | undefined = new Uint8Array();

  /** Begins a group. */
  reset(): void {
    this.#window = new Uint8Array();
  }

  /**
   * Inflates the next frame of the group.
   *
   * @throws {SyntaxError} if it makes no sense or is beyond all bounds, or one before it was.
   */
  push(frame: Uint8Array): Uint8Array {
    const before = this.#window;
    this.#window = undefined;
    if (before === undefined) {
      throw new SyntaxError("Cannot inflate frame: it continues one that could not be read");
    }
    if (frame.length > MAX_CATALOG) {
      throw new SyntaxError(`Cannot inflate frame: it has ${frame.length} bytes`);
    }
    // Nothing is kept open between frames: what came before goes first, as a block that is not
    // compressed.
    const stream = concat([stored(before), frame, TAIL]);
    const whole = bounded(
      before.length,
      (maxOutputLength) =>
        inflateRawSync(stream, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength }),
    );
    this.#window = whole.slice(-WINDOW);
    return whole.subarray(before.length);
  }
}

/**
 * Undoes GZIP (RFC 1952), where there is any: catalogs are JSON, which cannot begin like that.
 *
 * @throws {SyntaxError} if it makes no sense or is beyond all bounds.
 */
export function gunzip(frame: Uint8Array): Uint8Array {
  if (frame[0] !== 0x1f || frame[1] !== 0x8b) return frame;
  return bounded(0, (maxOutputLength) => gunzipSync(frame, { maxOutputLength }));
}

/** A block that is not compressed (RFC 1951 §3.2.4). */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concat([Uint8Array.of(0, length, length >> 8, ~length, ~length >> 8), bytes]);
}

/** Lets nothing become larger than a catalog may be, and `extra` bytes. */
function bounded(extra: number, inflate: (maxOutputLength: number) => Uint8Array): Uint8Array {
  try {
    // A copy is no Buffer, whose slices are views.
    return new Uint8Array(inflate(extra + MAX_CATALOG));
  } catch (error) {
    const reason = error instanceof RangeError ? "it is too large" : (error as Error).message;
    throw new SyntaxError(`Cannot inflate frame: ${reason}`);
  }
}
