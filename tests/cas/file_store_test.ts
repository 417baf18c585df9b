import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { objectPath } from "../../lib/cas/digest.ts";
import { ObjectCorruptError, StorageError } from "../../lib/cas/error.ts";
import { FileStore } from "../../lib/cas/file_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import { blake3, collect, streamOf, vector } from "./bytes.ts";
import { inputOutputError, patchFile } from "./patch_file.ts";
import { testStore } from "./store_suite.ts";
import { SmallDisk, TempDir } from "./temp_dir.ts";

testStore("FileStore", async () => {
  const directory = await TempDir.create();
  const store = await FileStore.open(directory.path, { create: true });
  return {
    store,
    async [Symbol.asyncDispose]() {
      assertEquals(namesIn(`${directory.path}/tmp`), [], "temporary files are left");
      await directory[Symbol.asyncDispose]();
    },
  };
});

const mayMount = SmallDisk.available();

function namesIn(path: string): string[] {
  return Array.from(Deno.readDirSync(path), ({ name }) => name).sort();
}

/** A stream that stands still after its first chunk until it is let go. */
function stalling(bytes: Uint8Array) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  async function* chunks() {
    yield bytes.subarray(0, 1);
    reached.resolve();
    await promise;
    yield bytes.subarray(1);
  }
  return { stream: ReadableStream.from(chunks()), reached: reached.promise, release: resolve };
}

Deno.test("FileStore keeps objects below objects/blake3 by their first two digits", async () => {
  await using dir = await TempDir.create();
  const root = `${dir.path}/not/there/yet`;
  const store = await FileStore.open(root, { create: true });
  const shards = namesIn(`${root}/objects/blake3`);
  assertEquals([shards.length, shards[0], shards[255]], [256, "00", "ff"]);
  const { digest } = await putBytes(store, vector(1000));
  const path = `${root}/objects/blake3/${digest.slice(0, 2)}/${digest}.bin`;
  assertEquals(`${root}/${objectPath(digest)}`, path);
  assertEquals(await Deno.readFile(path), vector(1000));
  assertEquals(namesIn(`${root}/tmp`), []);
});

Deno.test("FileStore renews the time of an object that is put again, and nothing else", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const { digest } = await putBytes(store, vector(1000));
  const path = `${dir.path}/${objectPath(digest)}`;
  const old = new Date("2001-01-01T00:00:00Z");
  await Deno.utime(path, old, old);
  const before = await Deno.stat(path);
  assertEquals((await putBytes(store, vector(1000))).existed, true);
  const after = await Deno.stat(path);
  assertEquals(after.ino, before.ino);
  assert(after.mtime! > old);
});

Deno.test("FileStore reports an object of another length and leaves it as it is", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const digest = await blake3(vector(1000));
  const path = `${dir.path}/${objectPath(digest)}`;
  await Deno.writeFile(path, vector(999));
  const error = await assertRejects(
    () => putBytes(store, vector(1000)),
    ObjectCorruptError,
    "has 999 bytes instead of 1000 bytes",
  );
  assertEquals(error.digest, digest);
  assertEquals(await Deno.readFile(path), vector(999));
  assertEquals(namesIn(`${dir.path}/tmp`), []);
});

Deno.test("FileStore reports a directory in an object's place", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const digest = await blake3(vector(5));
  await Deno.mkdir(`${dir.path}/${objectPath(digest)}`);
  await assertRejects(() => putBytes(store, vector(5)), ObjectCorruptError, "has no file");
  assertEquals(await store.has(digest), false);
  assertEquals(await Array.fromAsync(store.list()), []);
});

Deno.test("FileStore ends a stream with an error when the object was cut short", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const { digest } = await putBytes(store, vector(600_000));
  const stream = await store.open(digest);
  await Deno.truncate(`${dir.path}/${objectPath(digest)}`, 300_000);
  const error = await assertRejects(() => collect(stream), ObjectCorruptError);
  assertEquals(error.digest, digest);
});

Deno.test("FileStore gives an object that is open to its end although it is deleted", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const { digest } = await putBytes(store, vector(600_000));
  const stream = await store.open(digest);
  await store.delete(digest);
  assertEquals(await collect(stream), vector(600_000));
});

Deno.test("FileStore passes over files that are no objects", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const { digest } = await putBytes(store, vector(3));
  const shard = `${dir.path}/objects/blake3/${digest.slice(0, 2)}`;
  const stranger = (digest.startsWith("00") ? "11" : "00") + digest.slice(2);
  for (const name of ["README", `${digest}.bin.bak`, `${stranger}.bin`, "x.bin"]) {
    await Deno.writeTextFile(`${shard}/${name}`, "");
  }
  await Deno.mkdir(`${dir.path}/objects/blake3/lost+found`);
  assertEquals(await Array.fromAsync(store.list()), [digest]);
});

Deno.test("FileStore.open() reads without writing when it is told to", async () => {
  await using dir = await TempDir.create();
  const empty = await FileStore.open(dir.path, { readOnly: true });
  assertEquals(await Array.fromAsync(empty.list()), []);
  assertEquals(namesIn(dir.path), []);
  const { digest } = await putBytes(
    await FileStore.open(dir.path, { create: true }),
    vector(77),
  );
  assertEquals(await collect(await empty.open(digest)), vector(77));
  await assertRejects(() => putBytes(empty, vector(1)), TypeError, "reading only");
  await assertRejects(() => empty.delete(digest), TypeError, "reading only");
  assertEquals(await empty.has(digest), true);
});

Deno.test("FileStore.open() tells when there is nothing to read", async () => {
  await using dir = await TempDir.create();
  const path = `${dir.path}/missing`;
  const error = await assertRejects(() => FileStore.open(path, { readOnly: true }), StorageError);
  assertEquals([error.code, error.path], ["ENOENT", path]);
  assertInstanceOf(error.cause, Deno.errors.NotFound);
});

Deno.test("FileStore.open() says what is in the way, where, and what to try", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  for (const path of ["file", "file/below"]) {
    const error = await assertRejects(
      () => FileStore.open(`${dir.path}/${path}`, { create: true }),
      StorageError,
    );
    assertEquals(error.code, "ENOTDIR");
    assertEquals(error.message.split("\n").length, 1);
    assertStringIncludes(error.message, `Cannot open object store ${dir.path}/${path}: `);
    assertStringIncludes(error.message, "a file is in the way: choose another directory");
  }
});

Deno.test({
  name: "FileStore.open() tells that the file system is read-only",
  ignore: !mayMount,
  async fn() {
    await using disk = await SmallDisk.create("size=8m");
    const store = await FileStore.open(disk.path, { create: true });
    const { digest } = await putBytes(store, vector(10));
    await disk.remount("ro");
    const open = () => FileStore.open(disk.path, { create: true });
    assertEquals((await assertRejects(open, StorageError)).code, "EROFS");
    const error = await assertRejects(() => putBytes(store, vector(11)), StorageError);
    assertEquals(error.code, "EROFS");
    const reader = await FileStore.open(disk.path, { readOnly: true });
    assertEquals(await collect(await reader.open(digest)), vector(10));
  },
});

Deno.test({
  name: "FileStore leaves no trace of what a full disk did not take, and goes on when it can",
  ignore: !mayMount,
  async fn() {
    await using disk = await SmallDisk.create("size=4m");
    const store = await FileStore.open(disk.path, { create: true });
    const kept = await putBytes(store, vector(1_000_000));
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(vector(100_000)),
      cancel: (reason) => void (cancelled = reason),
    });
    const error = await assertRejects(() => store.put(source), StorageError, "free some space");
    assertEquals(error.code, "ENOSPC");
    assertEquals(cancelled, error);
    assertEquals(namesIn(`${disk.path}/tmp`), []);
    assertEquals(await Array.fromAsync(store.list()), [kept.digest]);
    assertEquals(await collect(await store.open(kept.digest)), vector(1_000_000));
    assertEquals((await putBytes(store, vector(2_000_000))).existed, false);
  },
});

Deno.test({
  name: "FileStore cancels the source when there is no room for a file",
  ignore: !mayMount,
  async fn() {
    await using disk = await SmallDisk.create("size=8m,nr_inodes=300");
    const store = await FileStore.open(disk.path, { create: true });
    const stored = [];
    let error: unknown;
    for (let i = 0; error === undefined; ++i) {
      try {
        stored.push((await putBytes(store, vector(i))).digest);
      } catch (caught) {
        error = caught;
      }
    }
    assertInstanceOf(error, StorageError);
    assertEquals(error.code, "ENOSPC");
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      cancel: (reason) => void (cancelled = reason),
    });
    await assertRejects(() => store.put(source), StorageError);
    assertInstanceOf(cancelled, StorageError);
    assertEquals(await Array.fromAsync(store.list()), stored.sort());
  },
});

Deno.test("FileStore gives no object its name before the bytes are durable", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const present: boolean[] = [];
  const digest = await blake3(vector(1000));
  {
    using _ = patchFile("sync", (sync) => async () => {
      present.push(await store.has(digest));
      await sync();
    });
    await putBytes(store, vector(1000));
    await putBytes(store, vector(1000));
  }
  // The file, its directory, and when it was there already, the directory again.
  assertEquals(present, [false, true, true]);
});

Deno.test("FileStore takes a failed sync for final and leaves no trace", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  let syncs = 0;
  {
    using _ = patchFile("sync", () => () => {
      syncs += 1;
      return Promise.reject(inputOutputError());
    });
    const error = await assertRejects(() => putBytes(store, vector(9)), StorageError, "the disk");
    assertEquals(error.code, "EIO");
  }
  assertEquals(syncs, 1);
  assertEquals(namesIn(`${dir.path}/tmp`), []);
  assertEquals(await Array.fromAsync(store.list()), []);
  assertEquals((await putBytes(store, vector(9))).existed, false);
});

Deno.test("FileStore stores nothing when the system takes fewer bytes than it says", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  {
    using _ = patchFile("writeSync", (write) => (bytes) => write(bytes.subarray(1)) + 1);
    await assertRejects(() => putBytes(store, vector(9)), StorageError, "8 of 9 bytes");
  }
  assertEquals(namesIn(`${dir.path}/tmp`), []);
  assertEquals(await Array.fromAsync(store.list()), []);
});

Deno.test("FileStore does not vouch for an object whose name may not last", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  let syncs = 0;
  using _ = patchFile("sync", (sync) => () => {
    return ++syncs === 2 ? Promise.reject(inputOutputError()) : sync();
  });
  await assertRejects(() => putBytes(store, vector(9)), StorageError, "EIO");
  assertEquals(namesIn(`${dir.path}/tmp`), []);
  assertEquals((await putBytes(store, vector(9))).existed, true);
  assertEquals(syncs, 3);
});

Deno.test("FileStore fails clearly when its directory has gone", async () => {
  const dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  await dir[Symbol.asyncDispose]();
  const error = await assertRejects(() => putBytes(store, vector(10)), StorageError, dir.path);
  assertEquals(error.code, "ENOENT");
});

Deno.test("FileStore.open() removes what dead writers left, and only that", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const temp = `${dir.path}/tmp`;
  await Deno.writeFile(`${temp}/${crypto.randomUUID()}.part`, vector(100));
  await Deno.writeFile(`${temp}/somebody-else's`, vector(100));
  const source = stalling(vector(50_000));
  const put = store.put(source.stream);
  await source.reached;
  const other = await FileStore.open(dir.path, { create: true });
  assertEquals(namesIn(temp).length, 2);
  source.release();
  const { digest } = await put;
  assertEquals(await collect(await other.open(digest)), vector(50_000));
  assertEquals(namesIn(temp), ["somebody-else's"]);
});

Deno.test("FileStore shows nothing of an object that is being written", async () => {
  await using dir = await TempDir.create();
  const store = await FileStore.open(dir.path, { create: true });
  const source = stalling(vector(50_000));
  const put = store.put(source.stream);
  await source.reached;
  assertNotEquals(namesIn(`${dir.path}/tmp`), []);
  assertEquals(await Array.fromAsync(store.list()), []);
  assertEquals(await store.has(await blake3(vector(50_000))), false);
  source.release();
  assertEquals((await put).digest, await blake3(vector(50_000)));
});

Deno.test("FileStore stores an object once when two stores put it at once", async () => {
  await using dir = await TempDir.create();
  const stores = [
    await FileStore.open(dir.path, { create: true }),
    await FileStore.open(dir.path, { create: true }),
  ];
  const puts = Array.from({ length: 16 }, (_, i) => stores[i % 2]!.put(streamOf(vector(9000), 99)));
  const stored = await Promise.all(puts);
  assertEquals(new Set(stored.map(({ digest }) => digest)).size, 1);
  assertEquals(await Array.fromAsync(stores[0]!.list()), [stored[0]!.digest]);
  assertEquals(namesIn(`${dir.path}/tmp`), []);
});
