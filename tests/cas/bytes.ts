/** Bytes for tests. */

import { createBLAKE3 } from "hash-wasm";

/** The input of the official BLAKE3 test vectors: 0, 1, … 250, 0, 1, … */
export function vector(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** BLAKE3-256, computed in one go. */
export async function blake3(bytes: Uint8Array): Promise<string> {
  return (await createBLAKE3()).init().update(bytes).digest();
}

/** A stream of `bytes`, in chunks of `size` bytes, that produces only what is asked for. */
export function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset < bytes.length) controller.enqueue(bytes.slice(offset, offset += size));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** All bytes of a stream. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
