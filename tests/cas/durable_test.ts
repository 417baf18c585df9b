import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createDirectory, syncDirectory, writeFully } from "../../lib/cas/durable.ts";
import { FileStore } from "../../lib/cas/file_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import { collect, vector } from "./bytes.ts";
import { patchFile } from "./patch_file.ts";
import { TempDir } from "./temp_dir.ts";

Deno.test("writeFully() writes all bytes although the system takes some at a time", async () => {
  await using dir = await TempDir.create();
  using _ = patchFile("writeSync", (write) => (bytes) => write(bytes.subarray(0, 7)));
  {
    using file = await Deno.open(`${dir.path}/file`, { write: true, create: true });
    for (const length of [0, 1, 7, 1000]) writeFully(file, vector(length));
  }
  assertEquals((await Deno.stat(`${dir.path}/file`)).size, 1008);
  const store = await FileStore.open(dir.path, { create: true });
  const { digest } = await putBytes(store, vector(1000));
  assertEquals(await collect(await store.open(digest)), vector(1000));
});

Deno.test("writeFully() does not wait for a system that takes nothing", async () => {
  await using dir = await TempDir.create();
  using file = await Deno.open(`${dir.path}/file`, { write: true, create: true });
  using _ = patchFile("writeSync", () => () => 0);
  assertThrows(() => writeFully(file, vector(5)), Error, "5 bytes were not taken");
});

Deno.test("createDirectory() makes what is missing, and its names durable", async () => {
  await using dir = await TempDir.create();
  let syncs = 0;
  using _ = patchFile("sync", (sync) => () => {
    syncs += 1;
    return sync();
  });
  await createDirectory(`${dir.path}/a/b/c`);
  assertEquals(syncs, 3);
  assertEquals((await Deno.stat(`${dir.path}/a/b/c`)).isDirectory, true);
  await createDirectory(`${dir.path}/a/b`);
  assertEquals(syncs, 3);
});

Deno.test("createDirectory() fails where no directory can be", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  await Deno.symlink("nowhere", `${dir.path}/link`);
  await assertRejects(() => createDirectory(`${dir.path}/file`), Deno.errors.AlreadyExists);
  await assertRejects(() => createDirectory(`${dir.path}/file/a`), Deno.errors.NotADirectory);
  await assertRejects(() => createDirectory(`${dir.path}/link/a`), Deno.errors.NotFound);
  await assertRejects(() => createDirectory("/proc/ec-node/a"), Deno.errors.NotFound);
});

Deno.test("syncDirectory() passes over file systems that cannot, and only those", async () => {
  await using dir = await TempDir.create();
  const failing = (code: string) =>
    patchFile("sync", () => () => Promise.reject(Object.assign(new Error(code), { code })));
  for (const code of ["EINVAL", "ENOTSUP", "EBADF"]) {
    using _ = failing(code);
    await syncDirectory(dir.path);
  }
  using _ = failing("EIO");
  await assertRejects(() => syncDirectory(dir.path), Error, "EIO");
});
