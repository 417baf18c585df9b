import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DigestStream } from "../../lib/cas/digest_stream.ts";
import { blake3, collect, streamOf, vector } from "./bytes.ts";

/** From the test vectors of the BLAKE3 reference implementation. */
const VECTORS: Record<number, string> = {
  0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
  1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
  1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
  1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
  102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
};

Deno.test("DigestStream computes the official test vectors", async () => {
  for (const [length, expected] of Object.entries(VECTORS)) {
    const stream = new DigestStream();
    const bytes = vector(Number(length));
    assertEquals(await collect(streamOf(bytes, 4096).pipeThrough(stream)), bytes);
    assertEquals(await stream.digest, expected);
    assertEquals(stream.size, bytes.length);
  }
});

Deno.test("DigestStream does not depend on how the bytes are split", async () => {
  const bytes = vector(102_400);
  for (const size of [1, 7, 1200, 16_383, 16_384, 16_385, 65_536, 102_400]) {
    const stream = new DigestStream();
    await streamOf(bytes, size).pipeThrough(stream).pipeTo(new WritableStream());
    assertEquals(await stream.digest, VECTORS[102400]!, `chunks of ${size}`);
  }
});

Deno.test("DigestStream takes small and large chunks in turns", async () => {
  const sizes = [1, 20_000, 16_383, 2, 0, 16_384, 5, 16_379, 9000, 9000, 40_000, 3];
  const bytes = vector(sizes.reduce((sum, size) => sum + size));
  let offset = 0;
  const chunks = sizes.map((size) => bytes.subarray(offset, offset += size));
  const stream = new DigestStream();
  await ReadableStream.from(chunks).pipeThrough(stream).pipeTo(new WritableStream());
  assertEquals(await stream.digest, await blake3(bytes));
});

Deno.test("DigestStream passes each chunk on as it is, before it asks for the next", async () => {
  const chunks = [vector(3), vector(70_000), vector(0)];
  const asked: number[] = [];
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      asked.push(asked.length);
      const chunk = chunks[asked.length - 1];
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new DigestStream()).getReader();
  for (const chunk of chunks) assertStrictEquals((await reader.read()).value, chunk);
  assertEquals((await reader.read()).done, true);
});

Deno.test("DigestStream reads no more than one chunk ahead of a slow sink", async () => {
  let asked = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      asked += 1;
      controller.enqueue(vector(10));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new DigestStream()).getReader();
  for (let read = 1; read <= 5; ++read) {
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(asked <= read + 1, true, `${asked} chunks asked for, ${read} read`);
  }
  await reader.cancel();
});

Deno.test("DigestStream fulfils the digest before the readable side ends", async () => {
  const stream = new DigestStream();
  let digest: string | undefined;
  stream.digest.then((value) => digest = value);
  await streamOf(vector(10), 10).pipeThrough(stream).pipeTo(
    new WritableStream({
      close() {
        assertEquals(digest?.length, 64);
      },
    }),
  );
});

Deno.test("DigestStream rejects the digest when its source fails", async () => {
  const failure = new Error("the source failed");
  const stream = new DigestStream();
  const source = new ReadableStream({ pull: (controller) => controller.error(failure) });
  await assertRejects(
    () => source.pipeThrough(stream).pipeTo(new WritableStream()),
    Error,
    failure.message,
  );
  assertStrictEquals(await stream.digest.catch((error) => error), failure);
});

Deno.test("DigestStream rejects the digest when its reader gives up", async () => {
  const stream = new DigestStream();
  const reader = streamOf(vector(100), 10).pipeThrough(stream).getReader();
  await reader.read();
  const reason = new Error("enough");
  await reader.cancel(reason);
  assertStrictEquals(await stream.digest.catch((error) => error), reason);
});

Deno.test("DigestStream keeps the digests of streams that run at once apart", async () => {
  const lengths = Array.from({ length: 40 }, (_, i) => i * 997);
  for (let round = 0; round < 2; ++round) {
    await Promise.all(lengths.map(async (length) => {
      const stream = new DigestStream();
      const bytes = vector(length);
      await streamOf(bytes, 500 + length).pipeThrough(stream).pipeTo(new WritableStream());
      assertEquals(await stream.digest, await blake3(bytes));
    }));
  }
});
