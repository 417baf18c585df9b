/** What hashing and durable storing cost: 1 MiB hashed, 256 KiB objects stored. */

import { DigestStream } from "../../lib/cas/digest_stream.ts";
import { FileStore } from "../../lib/cas/file_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";

const MEBIBYTE = new Uint8Array(1024 * 1024);

for (const size of [1200, 16 * 1024, 256 * 1024]) {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < MEBIBYTE.length; offset += size) {
    chunks.push(MEBIBYTE.subarray(offset, offset + size));
  }
  Deno.bench(`hash 1 MiB in chunks of ${size} bytes`, { group: "hash" }, async () => {
    const digest = new DigestStream();
    await ReadableStream.from(chunks).pipeThrough(digest).pipeTo(new WritableStream());
    await digest.digest;
  });
}

const directory = await Deno.makeTempDir({ prefix: "ec-node-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const store = await FileStore.open(directory, { create: true });
let count = 0;
const [existing] = createObjects(1);

/** Objects that the store does not have. */
function createObjects(length: number): Uint8Array[] {
  return Array.from({ length }, () => {
    const object = new Uint8Array(256 * 1024);
    new DataView(object.buffer).setUint32(0, ++count);
    return object;
  });
}

for (const writers of [1, 4, 16]) {
  Deno.bench(
    `store ${writers} × 256 KiB at once, durably`,
    { group: "store", n: 100, warmup: 5 },
    async () => {
      await Promise.all(createObjects(writers).map((object) => putBytes(store, object)));
    },
  );
}

await putBytes(store, existing!);
Deno.bench("store 256 KiB that are there already", { group: "store" }, async () => {
  await putBytes(store, existing!);
});
