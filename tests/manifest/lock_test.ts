import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StorageError } from "../../lib/cas/error.ts";
import { BroadcastLockedError, lockBroadcast } from "../../lib/manifest/lock.ts";
import { TempDir } from "../cas/temp_dir.ts";

const MODULE = new URL("../../lib/manifest/lock.ts", import.meta.url).href;

/** A process that has the lock, and keeps it until it is killed. */
async function holdElsewhere(root: string, broadcast: string, flags: string[]) {
  const script = `
    import { lockBroadcast } from ${JSON.stringify(MODULE)};
    const lock = await lockBroadcast(...${JSON.stringify([root, broadcast])} as const);
    console.log("locked");
    await Deno.stdin.read(new Uint8Array(1));
    await lock[Symbol.asyncDispose]();`;
  const path = `${root}/holder.ts`;
  await Deno.writeTextFile(path, script);
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--no-check", "--no-prompt", path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "locked\n");
  return {
    pid: holder.pid,
    async kill() {
      holder.kill("SIGKILL");
      await holder.status;
      await reader.cancel();
      await holder.stdin.close().catch(() => {});
    },
  };
}

Deno.test("lockBroadcast() lets one writer at a time have a broadcast", async () => {
  await using dir = await TempDir.create();
  {
    await using _ = await lockBroadcast(dir.path, "la-nbc");
    const error = await assertRejects(
      () => lockBroadcast(dir.path, "la-nbc"),
      BroadcastLockedError,
      '"la-nbc"',
    );
    assertEquals(error.broadcast, "la-nbc");
    assertStringIncludes(error.holder!, `process ${Deno.pid} `);
    assertStringIncludes(error.message, error.holder!);
    await using _other = await lockBroadcast(dir.path, "la-abc");
  }
  await using _ = await lockBroadcast(dir.path, "la-nbc");
});

Deno.test("lockBroadcast() names the other process, and has the lock when that is killed", async () => {
  for (const flags of [["-A"], ["--allow-read", "--allow-write"]]) {
    await using dir = await TempDir.create();
    const other = await holdElsewhere(dir.path, "a/b", flags);
    const error = await assertRejects(() => lockBroadcast(dir.path, "a/b"), BroadcastLockedError);
    assertStringIncludes(error.holder!, `process ${other.pid} `);
    await other.kill();
    await using _ = await lockBroadcast(dir.path, "a/b");
  }
});

Deno.test("lockBroadcast() does not repeat what it cannot trust", async () => {
  await using dir = await TempDir.create();
  await using _ = await lockBroadcast(dir.path, "b");
  for (const text of ["", "\x1b[31mred", "two\nlines", "x".repeat(10_000)]) {
    await Deno.writeTextFile(`${dir.path}/b/.lock`, text);
    const error = await assertRejects(() => lockBroadcast(dir.path, "b"), BroadcastLockedError);
    assertEquals(error.holder, undefined);
  }
});

Deno.test("lockBroadcast() tells when its file cannot be made", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  const error = await assertRejects(() => lockBroadcast(`${dir.path}/file`, "b"), StorageError);
  assertEquals(error.code, "ENOTDIR");
  await assertRejects(() => lockBroadcast(dir.path, "a\0b"), TypeError);
});
