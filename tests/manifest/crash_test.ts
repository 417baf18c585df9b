import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { FileStore } from "../../lib/cas/file_store.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import type { SpanRecord } from "../../lib/manifest/record.ts";
import { blake3, collect } from "../cas/bytes.ts";
import { TempDir } from "../cas/temp_dir.ts";
import { BROADCAST, fileNames, filePath, readAll, spanRecord, TRACK } from "./records.ts";

/** Starts a recorder, kills it (SIGKILL) once it has acknowledged `acks` records, tells the last. */
async function recordAndKill(directory: string, acks: number): Promise<number> {
  const script = new URL("./crash_writer.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, directory],
    stdout: "piped",
  }).spawn();
  let seen = 0;
  let last = -1;
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    last = Number(line);
    if (++seen === acks) child.kill("SIGKILL");
  }
  assertEquals((await child.status).signal, "SIGKILL");
  assertGreaterOrEqual(seen, acks);
  return last;
}

/** Every object is what its name says. */
async function checkObjects(store: FileStore): Promise<void> {
  for await (const digest of store.list()) {
    assertEquals(await blake3(await collect(await store.open(digest))), digest);
  }
}

/** No number is missing, every object is there, and each day's file names the one before it. */
async function checkManifest(root: string, store: FileStore, acknowledged: number): Promise<void> {
  const spans = (await readAll(root)).filter((record) => record.kind === "span");
  assertEquals(spans.map(({ msn }) => msn), spans.map((_, i) => i));
  assertGreaterOrEqual(spans.length, acknowledged + 1);
  for (const { hash, size } of spans as SpanRecord[]) assertEquals(await store.size(hash), size);

  let before: string | undefined;
  for (const name of fileNames(root).filter((name) => name.endsWith(".jsonl"))) {
    const bytes = await Deno.readFile(filePath(root, name.slice(0, 10)));
    const [head] = new TextDecoder().decode(bytes).split("\n");
    const { kind, prev } = JSON.parse(head!);
    assertEquals([kind, prev], ["run", before]);
    before = await blake3(bytes);
  }
}

Deno.test("a recorder that is killed at any time loses nothing that it had acknowledged", async () => {
  await using dir = await TempDir.create();
  const root = `${dir.path}/manifests`;
  for (const acks of [1, 2, 3, 4, 5, 8, 13, 21, 1, 1, 34, 6]) {
    const acknowledged = await recordAndKill(dir.path, acks);
    const store = await FileStore.open(`${dir.path}/objects`, { create: true });
    assertEquals(Array.from(Deno.readDirSync(`${dir.path}/objects/tmp`)), []);
    await checkManifest(root, store, acknowledged);
    await using manifest = await ManifestAppender.open({
      root,
      broadcast: BROADCAST,
      track: TRACK,
    });
    const { msn } = manifest.last;
    assert(msn !== undefined && msn >= acknowledged);
    await manifest.append(spanRecord(msn + 1, await leftOver(store)));
    await checkManifest(root, store, msn + 1);
  }
  await checkObjects(await FileStore.open(`${dir.path}/objects`, { readOnly: true }));
});

/** Any object, for a record that refers to one. */
async function leftOver(store: FileStore): Promise<Partial<SpanRecord>> {
  for await (const hash of store.list()) {
    const size = (await store.size(hash))!;
    return { hash, size, frames: [[size]] };
  }
  throw new Error("The store is empty");
}
