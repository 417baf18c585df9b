import { createBLAKE3 } from "hash-wasm";
import type { Digest } from "./digest.ts";

/** Bytes gathered before the hasher is called: each call into WebAssembly has a fixed cost. */
const BATCH = 16 * 1024;

type Hasher = Awaited<ReturnType<typeof createBLAKE3>>;

/** Hashers for the next streams; each is a WebAssembly instance with memory of its own. */
const idle: Hasher[] = [];

async function acquire(): Promise<Hasher> {
  return (idle.pop() ?? await createBLAKE3()).init();
}

function release(hasher: Hasher): void {
  if (idle.length < 16) idle.push(hasher);
}

/**
 * Passes chunks on untouched and computes the BLAKE3-256 of their bytes.
 *
 * @example
 * ```ts
 * const digest = new DigestStream();
 * await bytes.pipeThrough(digest).pipeTo(sink);
 * console.log(await digest.digest, digest.size);
 * ```
 */
export class DigestStream extends TransformStream<Uint8Array, Uint8Array> {
  /**
   * The digest of all bytes: fulfilled at their end, before the readable side closes. Rejected with
   * the reason when either side is given up, which needs no handler.
   */
  readonly digest: Promise<Digest>;
  readonly #counter: { size: number };

  /** Creates a stream that has seen no bytes. */
  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<Digest>();
    promise.catch(() => {});
    const counter = { size: 0 };
    let hasher: Hasher;
    let batch: Uint8Array | undefined;
    let filled = 0;
    const update = (chunk: Uint8Array) => {
      if (filled + chunk.length <= BATCH && chunk.length < BATCH) {
        batch ??= new Uint8Array(BATCH);
        batch.set(chunk, filled);
        filled += chunk.length;
        return;
      }
      if (filled > 0) hasher.update(batch!.subarray(0, filled));
      filled = 0;
      if (chunk.length < BATCH) update(chunk);
      else hasher.update(chunk);
    };
    super({
      async start() {
        hasher = await acquire();
      },
      transform(chunk, controller) {
        update(chunk);
        counter.size += chunk.length;
        controller.enqueue(chunk);
      },
      flush() {
        if (filled > 0) hasher.update(batch!.subarray(0, filled));
        resolve(hasher.digest());
        release(hasher);
      },
      cancel(reason) {
        reject(reason);
        if (hasher) release(hasher);
      },
    });
    this.digest = promise;
    this.#counter = counter;
  }

  /** How many bytes have passed. */
  get size(): number {
    return this.#counter.size;
  }
}
