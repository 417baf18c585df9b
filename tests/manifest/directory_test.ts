import { assertEquals, assertRejects } from "@std/assert";
import { StorageError } from "../../lib/cas/error.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import { listBroadcasts, listTracks } from "../../lib/manifest/directory.ts";
import { lockBroadcast } from "../../lib/manifest/lock.ts";
import { TempDir } from "../cas/temp_dir.ts";
import { runRecord } from "./records.ts";

async function record(root: string, broadcast: string, track: string): Promise<void> {
  await using manifest = await ManifestAppender.open({ root, broadcast, track });
  await manifest.append(runRecord({ broadcast, track }));
}

Deno.test("listBroadcasts() and listTracks() tell what was recorded, by its names", async () => {
  await using dir = await TempDir.create();
  for (const broadcast of ["b", "..", "a/b", "Ελλάδα"]) await record(dir.path, broadcast, "v");
  for (const track of ["audio0.m4s", ".", "catalog.json"]) await record(dir.path, "b", track);
  assertEquals(await listBroadcasts(dir.path), ["..", "a/b", "b", "Ελλάδα"]);
  assertEquals(await listTracks(dir.path, "b"), [".", "audio0.m4s", "catalog.json", "v"]);
  assertEquals(await listTracks(dir.path, ".."), ["v"]);
});

Deno.test("listBroadcasts() and listTracks() pass over what is not part of a manifest", async () => {
  await using dir = await TempDir.create();
  await record(dir.path, "b", "v");
  await using _ = await lockBroadcast(dir.path, "locked, with nothing recorded");
  for (const path of ["lost+found/v", "objects/blake3/00", ".hidden/v", "b/.hidden", "b/empty"]) {
    await Deno.mkdir(`${dir.path}/${path}`, { recursive: true });
  }
  for (const path of ["notes.txt", "lost+found/v/2026-11-22.jsonl", "b/empty/2026-11-22.txt"]) {
    await Deno.writeTextFile(`${dir.path}/${path}`, "");
  }
  assertEquals(await listBroadcasts(dir.path), ["b"]);
  assertEquals(await listTracks(dir.path, "b"), ["v"]);
});

Deno.test("listBroadcasts() and listTracks() find nothing where nothing is", async () => {
  await using dir = await TempDir.create();
  assertEquals(await listBroadcasts(`${dir.path}/missing`), []);
  assertEquals(await listTracks(dir.path, "missing"), []);
});

Deno.test("listBroadcasts() tells when the root is not a directory", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  await assertRejects(() => listBroadcasts(`${dir.path}/file`), StorageError, "in the way");
});

Deno.test("listTracks() refuses what cannot be a name", async () => {
  await using dir = await TempDir.create();
  await assertRejects(() => listTracks(dir.path, ""), TypeError);
});
