/** What every store must do. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ObjectMissingError } from "../../lib/cas/error.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import type { ObjectStore } from "../../lib/cas/store.ts";
import { blake3, collect, streamOf, vector } from "./bytes.ts";

/** A store to hold to the rules, and to clear away afterwards. */
export interface StoreUnderTest extends AsyncDisposable {
  /** Empty at first. */
  readonly store: ObjectStore;
}

const ABSENT = "0123456789abcdef".repeat(4);

const NO_DIGESTS = [
  "",
  "..",
  "../../../etc/passwd",
  ABSENT.slice(1),
  ABSENT + "0",
  ABSENT.toUpperCase(),
  ABSENT + "\n",
  ABSENT.slice(0, 62) + "/.",
];

/** Registers the tests for the stores that `create` makes. */
export function testStore(name: string, create: () => Promise<StoreUnderTest>): void {
  const test = (does: string, body: (store: ObjectStore) => Promise<void>) => {
    Deno.test(`${name} ${does}`, async () => {
      await using subject = await create();
      await body(subject.store);
    });
  };

  test("gives back what it was given, under its BLAKE3", async (store) => {
    for (const length of [0, 1, 255, 65_536, 3_000_000]) {
      const bytes = vector(length);
      const digest = await blake3(bytes);
      assertEquals(await store.has(digest), false);
      assertEquals(await store.size(digest), undefined);
      const stored = await store.put(streamOf(bytes, 100_000));
      assertEquals(stored, { digest, size: length, existed: false });
      assertEquals(await store.has(digest), true);
      assertEquals(await store.size(digest), length);
      assertEquals(await collect(await store.open(digest)), bytes);
    }
  });

  test("takes bytes in chunks of any size", async (store) => {
    const bytes = vector(20_000);
    for (const size of [1, 1200, 20_000]) {
      const { digest } = await store.put(streamOf(bytes, size));
      assertEquals(digest, await blake3(bytes));
    }
    assertEquals(await Array.fromAsync(store.list()), [await blake3(bytes)]);
  });

  test("says that it has an object already", async (store) => {
    const first = await putBytes(store, vector(1000));
    const second = await putBytes(store, vector(1000));
    assertEquals([first.existed, second.existed], [false, true]);
    assertEquals(second.digest, first.digest);
    assertEquals(await collect(await store.open(first.digest)), vector(1000));
  });

  test("stores an object once when many put it at once", async (store) => {
    const puts = Array.from({ length: 16 }, (_, i) => store.put(streamOf(vector(9000), 500 + i)));
    const stored = await Promise.all(puts);
    assertEquals(stored.filter(({ existed }) => !existed).length, 1);
    assertEquals(await Array.fromAsync(store.list()), [await blake3(vector(9000))]);
    assertEquals(await collect(await store.open(stored[0]!.digest)), vector(9000));
  });

  test("stores nothing when the source fails", async (store) => {
    const failure = new Error("the source failed");
    for (const chunks of [0, 1, 5]) {
      let sent = 0;
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ === chunks) controller.error(failure);
          else controller.enqueue(vector(30_000));
        },
      });
      assertStrictEquals(await store.put(source).catch((error) => error), failure);
    }
    assertEquals(await Array.fromAsync(store.list()), []);
  });

  test("refuses a stream that someone else reads", async (store) => {
    const source = streamOf(vector(10), 1);
    const reader = source.getReader();
    await assertRejects(() => store.put(source), TypeError);
    await reader.cancel();
    assertEquals(await Array.fromAsync(store.list()), []);
  });

  test("gives back any range", async (store) => {
    const bytes = vector(700_000);
    const { digest } = await putBytes(store, bytes);
    const points = [0, 1, 65_535, 65_536, 262_143, 262_144, 262_145, 524_288, 699_999, 700_000];
    for (const start of points) {
      assertEquals(await collect(await store.open(digest, { start })), bytes.slice(start));
      for (const end of points.filter((end) => end >= start)) {
        const part = await collect(await store.open(digest, { start, end }));
        assertEquals(part.length, end - start);
        assertEquals(part, bytes.slice(start, end));
      }
    }
  });

  test("refuses a range that does not lie within the object", async (store) => {
    const { digest } = await putBytes(store, vector(100));
    const ranges = [[-1, 5], [0, 101], [101, 101], [6, 5], [0.5, 5], [0, 1.5], [NaN, 5], [0, NaN]];
    for (const [start, end] of ranges) {
      await assertRejects(
        () => store.open(digest, { start: start!, end: end! }),
        RangeError,
        "the object has 100 bytes",
      );
    }
    await assertRejects(() => store.open(digest, { start: 101 }), RangeError);
  });

  test("tells which object is missing", async (store) => {
    const error = await assertRejects(() => store.open(ABSENT), ObjectMissingError, ABSENT);
    assertEquals(error.digest, ABSENT);
  });

  test("refuses what is not a digest", async (store) => {
    for (const name of NO_DIGESTS) {
      await assertRejects(() => store.open(name), TypeError);
      await assertRejects(() => store.has(name), TypeError);
      await assertRejects(() => store.size(name), TypeError);
      await assertRejects(() => store.delete(name), TypeError);
    }
  });

  test("reads no further than it is asked to", async (store) => {
    const { digest } = await putBytes(store, vector(5_000_000));
    const stream = await store.open(digest);
    const reader = stream.getReader();
    const { value } = await reader.read();
    assert(value!.length > 0 && value!.length <= 1024 * 1024);
    assertEquals(value, vector(value!.length));
    await reader.cancel();
    await (await store.open(digest)).cancel();
  });

  test("is not altered through the chunks it took or gave", async (store) => {
    const chunk = vector(1000);
    const { digest } = await putBytes(store, chunk);
    chunk.fill(1);
    for await (const read of await store.open(digest)) read.fill(2);
    assertEquals(await collect(await store.open(digest)), vector(1000));
  });

  test("lists all objects in ascending order", async (store) => {
    const digests: string[] = [];
    for (let i = 0; i < 50; ++i) digests.push((await putBytes(store, vector(i))).digest);
    assertEquals(await Array.fromAsync(store.list()), digests.sort());
  });

  test("removes an object, which may come back", async (store) => {
    const { digest } = await putBytes(store, vector(10));
    const other = await putBytes(store, vector(11));
    assertEquals(await store.delete(digest), true);
    assertEquals(await store.delete(digest), false);
    assertEquals(await store.has(digest), false);
    assertEquals(await Array.fromAsync(store.list()), [other.digest]);
    assertEquals((await putBytes(store, vector(10))).existed, false);
    assertEquals(await collect(await store.open(digest)), vector(10));
  });
}
