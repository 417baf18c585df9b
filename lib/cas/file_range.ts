import type { Digest } from "./digest.ts";
import { ObjectCorruptError } from "./error.ts";

/** Size of the chunks that objects are read in. */
const CHUNK = 256 * 1024;

/**
 * The bytes of an open file from `start` to before `end`, read only when they are asked for. Closes
 * the file after the last of them, when cancelled, and when it fails: as an object's file does not
 * change, an end before `end` is corruption.
 */
export function readFileRange(
  file: Deno.FsFile,
  start: number,
  end: number,
  digest: Digest,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (start > 0) file.seekSync(start, Deno.SeekMode.Start);
  let rest = end - start;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        if (rest > 0) {
          const buffer = new Uint8Array(Math.min(CHUNK, rest));
          const count = await file.read(buffer);
          if (count === null) throw new ObjectCorruptError(digest, `it lacks ${rest} bytes`);
          rest -= count;
          controller.enqueue(buffer.subarray(0, count));
        }
      } catch (error) {
        file.close();
        throw error;
      }
      if (rest > 0) return;
      file.close();
      controller.close();
    },
    cancel() {
      file.close();
    },
  }, { highWaterMark: 0 });
}
