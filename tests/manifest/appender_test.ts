import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { StorageError } from "../../lib/cas/error.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import { formatRecord } from "../../lib/manifest/parse.ts";
import type { ManifestRecord } from "../../lib/manifest/record.ts";
import type { TornTail } from "../../lib/manifest/recovery.ts";
import { blake3 } from "../cas/bytes.ts";
import { inputOutputError, patchFile } from "../cas/patch_file.ts";
import { SmallDisk, TempDir } from "../cas/temp_dir.ts";
import {
  anchorRecord,
  AT,
  BROADCAST,
  fileNames,
  filePath,
  gapRecord,
  readAll,
  runRecord,
  spanRecord,
  TRACK,
  trackPath,
} from "./records.ts";

const NOW = Date.UTC(2026, 10, 22, 6, 0, 0, 5);

function openAppender(root: string, onTorn?: (torn: TornTail) => void): Promise<ManifestAppender> {
  return ManifestAppender.open({
    root,
    broadcast: BROADCAST,
    track: TRACK,
    now: () => NOW,
    ...(onTorn && { onTorn }),
  });
}

/** Writes the lines to the track's file as they are, and creates what leads there. */
async function plant(root: string, text: string | Uint8Array, day?: string): Promise<void> {
  await Deno.mkdir(trackPath(root), { recursive: true });
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  await Deno.writeFile(filePath(root, day), bytes);
}

function lines(...records: ManifestRecord[]): string {
  return records.map(formatRecord).join("");
}

Deno.test("ManifestAppender has a record in the file when append() fulfils", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  const records = [runRecord(), spanRecord(0), gapRecord(), anchorRecord(), spanRecord(1)];
  let size = 0;
  for (const record of records) {
    await manifest.append(record);
    size += formatRecord(record).length;
    assertEquals((await Deno.stat(filePath(dir.path))).size, size);
  }
  assertEquals(await Deno.readTextFile(filePath(dir.path)), lines(...records));
  assertEquals(await readAll(dir.path), records);
});

Deno.test("ManifestAppender keeps the order of records that are not waited for", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  const days = ["22", "22", "23", "24", "24", "25"];
  const records = days.map((day, i) => spanRecord(i, { at: `2026-11-${day}T05:00:00.000Z` }));
  const appended = [runRecord(), ...records].map((record) => manifest.append(record));
  await Promise.all(appended);
  const spans = (await readAll(dir.path)).filter(({ kind }) => kind === "span");
  assertEquals(spans, records);
});

Deno.test("ManifestAppender begins a track with a run, and nothing else", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  assertEquals(manifest.last, {
    run: undefined,
    msn: undefined,
    group: undefined,
    at: undefined,
  });
  for (const record of [spanRecord(0), gapRecord(), anchorRecord()]) {
    await assertRejects(() => manifest.append(record), TypeError, "must be a run");
  }
  assertEquals(fileNames(dir.path), []);
  await manifest.append(runRecord());
  await manifest.append(spanRecord(0));
  assertEquals(await readAll(dir.path), [runRecord(), spanRecord(0)]);
});

Deno.test("ManifestAppender refuses records that may not come here", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  await manifest.append(runRecord());
  await manifest.append(spanRecord(5));
  const before = manifest.last;
  const refused: ManifestRecord[] = [
    spanRecord(5),
    spanRecord(4),
    spanRecord(6, { time: NaN }),
    spanRecord(6, { size: 1 }),
    spanRecord(6, { at: "yesterday" }),
    spanRecord(6, { at: "2026-11-23" }),
    runRecord({ broadcast: "another" }),
    runRecord({ track: "another" }),
    { ...anchorRecord(), kind: "other" } as unknown as ManifestRecord,
  ];
  for (const record of refused) {
    await assertRejects(() => manifest.append(record), TypeError, "Cannot ");
  }
  assertStrictEquals(manifest.last, before);
  assertEquals(await readAll(dir.path), [runRecord(), spanRecord(5)]);
  assertEquals(fileNames(dir.path).length, 1);
});

Deno.test("ManifestAppender.last tells where a manifest stands, also after opening it again", async () => {
  await using dir = await TempDir.create();
  const second = "01JD9ZZZZZZZZZZZZZZZZZZZZZ";
  const [later, until] = ["2026-11-22T05:00:01.000Z", "2026-11-22T05:00:30.000Z"];
  type Expected = { msn?: number; group?: number; run?: string; at?: string };
  const steps: [ManifestRecord, Expected][] = [
    [runRecord(), {}],
    [spanRecord(3, { group: 100, groups: 2, frames: [[2000], [553]] }), { msn: 3, group: 101 }],
    [gapRecord({ group: 102, groups: 3 }), { msn: 3, group: 104 }],
    [spanRecord(4, { group: 90, late: true }), { msn: 4, group: 104 }],
    [anchorRecord(), { msn: 4, group: 104 }],
    [runRecord(), { msn: 4, group: 104 }],
    [runRecord({ run: second }), { msn: 4, run: second }],
    [spanRecord(5, { group: 105 }), { msn: 5, run: second }],
    [gapRecord({ group: 106 }), { msn: 5, run: second }],
    [spanRecord(6, { run: second, group: 0 }), { msn: 6, group: 0, run: second }],
    [anchorRecord({ at: later }), { msn: 6, group: 0, run: second, at: later }],
    [
      { kind: "gap", at: later, until, run: second, cause: "disconnected" },
      { msn: 6, group: 0, run: second, at: until },
    ],
    [spanRecord(7), { msn: 7, group: 0, run: second, at: until }],
  ];
  for (const [record, { msn, group, run = runRecord().run, at = AT }] of steps) {
    await using manifest = await openAppender(dir.path);
    await manifest.append(record);
    const expected = { run: runRecord({ run }), msn, group, at };
    assertEquals(manifest.last, expected);
    await manifest.close();
    await using reopened = await openAppender(dir.path);
    assertEquals(reopened.last, expected);
  }
});

Deno.test("ManifestAppender begins each day with its run and the digest of the day before", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  const [at23, at24] = ["2026-11-23T00:00:00.000Z", "2026-11-24T12:00:00.000Z"];
  const second = runRecord({ run: "01JD9ZZZZZZZZZZZZZZZZZZZZZ", at: at24 });
  await manifest.append(runRecord({ prev: "9".repeat(64) }));
  await manifest.append(spanRecord(0));
  await manifest.append(spanRecord(1, { at: at23 }));
  await manifest.append({ ...second, prev: "9".repeat(64) });
  await manifest.append(spanRecord(2, { at: at24, run: second.run }));
  const prev23 = await blake3(await Deno.readFile(filePath(dir.path, "2026-11-22")));
  const prev24 = await blake3(await Deno.readFile(filePath(dir.path, "2026-11-23")));
  assertEquals(await readAll(dir.path), [
    runRecord(),
    spanRecord(0),
    runRecord({ prev: prev23 }),
    spanRecord(1, { at: at23 }),
    { ...second, prev: prev24 },
    spanRecord(2, { at: at24, run: second.run }),
  ]);
  assertEquals(fileNames(dir.path), ["2026-11-22.jsonl", "2026-11-23.jsonl", "2026-11-24.jsonl"]);
});

Deno.test("ManifestAppender never goes back to a day that is over", async () => {
  await using dir = await TempDir.create();
  const later = { at: "2026-11-23T00:00:01.000Z" };
  {
    await using manifest = await openAppender(dir.path);
    await manifest.append(runRecord());
    await manifest.append(spanRecord(0, later));
    await manifest.append(spanRecord(1));
  }
  const over = await Deno.readFile(filePath(dir.path, "2026-11-22"));
  await using manifest = await openAppender(dir.path);
  await manifest.append(runRecord({ at: "2026-11-20T00:00:00.000Z" }));
  await manifest.append(spanRecord(2));
  assertEquals(await Deno.readFile(filePath(dir.path, "2026-11-22")), over);
  assertEquals(fileNames(dir.path), ["2026-11-22.jsonl", "2026-11-23.jsonl"]);
  const spans = (await readAll(dir.path)).filter((record) => record.kind === "span");
  assertEquals(spans.map(({ msn }) => msn), [0, 1, 2]);
});

Deno.test("ManifestAppender goes on after a record that was torn at any byte", async () => {
  await using dir = await TempDir.create();
  const good = lines(runRecord(), spanRecord(0), spanRecord(1));
  const last = formatRecord(spanRecord(2));
  for (let length = 0; length < last.length; ++length) {
    await plant(dir.path, good + last.slice(0, length));
    const torn: TornTail[] = [];
    await using manifest = await openAppender(dir.path, (tail) => torn.push(tail));
    assertEquals(manifest.last.msn, 1);
    assertEquals(await Deno.readTextFile(filePath(dir.path)), good);
    await manifest.append(spanRecord(2));
    assertEquals(await Deno.readTextFile(filePath(dir.path)), good + last);
    if (length === 0) {
      assertEquals(torn, []);
    } else {
      const path = filePath(dir.path);
      const kept = `${path}.broken-2026-11-22T06-00-00.005Z`;
      assertEquals(torn, [{ path, offset: good.length, bytes: length, kept }]);
      assertEquals(await Deno.readTextFile(kept), last.slice(0, length));
      await Deno.remove(kept);
    }
  }
});

Deno.test("ManifestAppender cuts off any end that is not whole lines, and keeps it", async () => {
  const good = lines(runRecord(), spanRecord(0));
  const span = formatRecord(spanRecord(1));
  const tails: Record<string, string> = {
    "one zero": "\0",
    "many zeros": "\0".repeat(65_536),
    "zeros and a line feed": "\0".repeat(300) + "\n",
    "a line with a hole": span.slice(0, 40) + "\0".repeat(40) + span.slice(80),
    "half a line twice": span.slice(0, 100) + span.slice(0, 100),
    "an empty line": "\n",
    "a line that is no object": '"text"\n[]\n5\n',
    "garbage": "\xff\xfe\x80 garbage\r\n more",
    "several": "{\n\0\n" + span.slice(5),
  };
  for (const [name, tail] of Object.entries(tails)) {
    await using dir = await TempDir.create();
    await plant(dir.path, good + tail);
    const torn: TornTail[] = [];
    {
      await using manifest = await openAppender(dir.path, (end) => torn.push(end));
      await manifest.append(spanRecord(1));
    }
    assertEquals(await Deno.readTextFile(filePath(dir.path)), good + span, name);
    assertEquals(torn.length, 1, name);
    assertEquals(await Deno.readTextFile(torn[0]!.kept), tail, name);
    await using again = await openAppender(dir.path, (end) => torn.push(end));
    assertEquals([torn.length, again.last.msn], [1, 1], name);
  }
});

Deno.test("ManifestAppender keeps what is torn at the same time apart", async () => {
  await using dir = await TempDir.create();
  const kept: string[] = [];
  for (const tail of ["one", "two", "three"]) {
    await plant(dir.path, lines(runRecord()) + tail);
    await using _ = await openAppender(dir.path, (torn) => kept.push(torn.kept));
  }
  assertEquals(kept.map((path) => Deno.readTextFileSync(path)), ["one", "two", "three"]);
});

Deno.test("ManifestAppender leaves bad lines inside, and those of later versions, as they are", async () => {
  await using dir = await TempDir.create();
  const inside = lines(runRecord(), spanRecord(0)) + "\0\0\nhalf\n" + lines(spanRecord(1));
  for (const last of ['{"kind":"toc","v":2}\n', '{"kind":"run","v":2}\n', '{"kind":"span"}\n']) {
    await plant(dir.path, inside + last);
    await using manifest = await openAppender(dir.path, () => {
      throw new Error("Nothing is torn");
    });
    assertEquals(manifest.last.msn, 1);
    await manifest.append(spanRecord(2));
    const text = await Deno.readTextFile(filePath(dir.path));
    assertEquals(text, inside + last + formatRecord(spanRecord(2)));
  }
});

Deno.test("ManifestAppender takes a day whose first line was torn for one that has not begun", async () => {
  for (const text of ["", formatRecord(runRecord()).slice(0, 50), "\0".repeat(4096)]) {
    await using dir = await TempDir.create();
    const before = lines(runRecord(), spanRecord(0));
    await plant(dir.path, before);
    await plant(dir.path, text, "2026-11-23");
    const torn: TornTail[] = [];
    await using manifest = await openAppender(dir.path, (tail) => torn.push(tail));
    assertEquals(torn.map(({ bytes }) => bytes), text === "" ? [] : [text.length]);
    assertEquals(manifest.last, { run: runRecord(), msn: 0, group: 1000, at: AT });
    await manifest.append(spanRecord(1, { at: "2026-11-23T00:00:00.000Z" }));
    const [head] = (await Deno.readTextFile(filePath(dir.path, "2026-11-23"))).split("\n");
    assertEquals(JSON.parse(head!), runRecord({ prev: await blake3(encode(before)) }));
  }
});

Deno.test("ManifestAppender begins a track anew whose only line was torn", async () => {
  await using dir = await TempDir.create();
  await plant(dir.path, formatRecord(runRecord()).slice(0, 50));
  await using manifest = await openAppender(dir.path);
  await assertRejects(() => manifest.append(spanRecord(0)), TypeError, "must be a run");
  await manifest.append(runRecord());
  assertEquals(await readAll(dir.path), [runRecord()]);
});

Deno.test("ManifestAppender looks back only as far as it must", async () => {
  await using dir = await TempDir.create();
  const sentinel = lines(runRecord(), spanRecord(999, { group: 9999 }));
  await plant(dir.path, sentinel, "2026-10-01");
  await plant(dir.path, lines(runRecord(), spanRecord(5, { group: 50 })), "2026-11-20");
  await plant(dir.path, lines(runRecord(), gapRecord({ group: 51, groups: 2 })), "2026-11-21");
  await plant(dir.path, lines(runRecord(), anchorRecord()), "2026-11-22");
  await using manifest = await openAppender(dir.path);
  assertEquals(manifest.last, { run: runRecord(), msn: 5, group: 52, at: AT });
});

Deno.test({
  name: "ManifestAppender leaves the file as it was when the disk is full, and goes on when it can",
  ignore: !SmallDisk.available(),
  async fn() {
    await using disk = await SmallDisk.create("size=64k");
    await using manifest = await openAppender(disk.path);
    await manifest.append(runRecord());
    await Deno.writeFile(`${disk.path}/ballast`, new Uint8Array(40_000));
    let msn = 0;
    const fill = async () => {
      for (;; ++msn) await manifest.append(spanRecord(msn));
    };
    for (let attempt = 0; attempt < 3; ++attempt) {
      const error = await assertRejects(fill, StorageError, "free some space");
      assertEquals(error.code, "ENOSPC");
      assertEquals(manifest.last.msn, msn - 1);
      assert((await Deno.readTextFile(filePath(disk.path))).endsWith("}\n"));
    }
    const late = spanRecord(msn, { at: "2026-11-23T00:00:00.000Z" });
    await assertRejects(() => manifest.append(late), StorageError, "free some space");
    assertEquals(fileNames(disk.path), ["2026-11-22.jsonl"]);
    await Deno.remove(`${disk.path}/ballast`);
    await manifest.append(spanRecord(msn));
    const spans = (await readAll(disk.path)).filter((record) => record.kind === "span");
    assertEquals(spans.map((span) => span.msn), Array.from({ length: msn + 1 }, (_, i) => i));
  },
});

Deno.test("ManifestAppender makes lines durable within a second by itself", async () => {
  await using dir = await TempDir.create();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using manifest = await openAppender(dir.path);
  await manifest.append(runRecord());
  await manifest.append(spanRecord(0));
  using _ = patchFile("syncData", (sync) => () => sync().then(resolve));
  await promise;
});

Deno.test("ManifestAppender makes a day durable with its name before it goes on in it", async () => {
  await using dir = await TempDir.create();
  await using manifest = await openAppender(dir.path);
  const synced: string[] = [];
  const note = (what: string) => (sync: () => Promise<void>) => () => {
    synced.push(what);
    return sync();
  };
  using _data = patchFile("syncData", note("lines"));
  using _name = patchFile("sync", note("names"));
  await manifest.append(runRecord());
  assertEquals(synced.splice(0), ["lines", "names"]);
  await manifest.append(spanRecord(0));
  assertEquals(synced, []);
  await manifest.append(spanRecord(1, { at: "2026-11-23T00:00:00.000Z" }));
  assertEquals(synced, ["lines", "lines", "names"]);
});

Deno.test("ManifestAppender writes no more after a line that it could not take back", async () => {
  await using dir = await TempDir.create();
  const manifest = await openAppender(dir.path);
  await manifest.append(runRecord());
  await manifest.append(spanRecord(0));
  {
    let writes = 0;
    using _write = patchFile("writeSync", (write) => (bytes) => {
      if (writes++ === 0) return write(bytes.subarray(0, 10));
      throw inputOutputError();
    });
    using _truncate = patchFile("truncateSync", () => () => {
      throw inputOutputError();
    });
    await assertRejects(() => manifest.append(spanRecord(1)), StorageError, "EIO");
  }
  await assertRejects(() => manifest.append(spanRecord(1)), StorageError, "EIO");
  await manifest.close();
  await using again = await openAppender(dir.path);
  await again.append(spanRecord(1));
  assertEquals(await readAll(dir.path), [runRecord(), spanRecord(0), spanRecord(1)]);
});

Deno.test("ManifestAppender takes a failed sync for final", async () => {
  await using dir = await TempDir.create();
  const manifest = await openAppender(dir.path);
  await manifest.append(runRecord());
  await manifest.append(spanRecord(0));
  {
    using _ = patchFile("syncData", () => () => Promise.reject(inputOutputError()));
    const error = await assertRejects(() => manifest.sync(), StorageError);
    assertEquals(error.code, "EIO");
    assertStringIncludes(
      error.message,
      `Cannot sync ${filePath(dir.path)}: input/output error (EIO)`,
    );
  }
  await assertRejects(() => manifest.append(spanRecord(1)), StorageError, "EIO");
  await assertRejects(() => manifest.sync(), StorageError, "EIO");
  // It has been told, and would only hide what made the caller close.
  await manifest.close();
});

Deno.test("ManifestAppender tells of a sync that failed by itself", async () => {
  await using dir = await TempDir.create();
  for (const tell of ["append", "sync", "close"] as const) {
    const manifest = await openAppender(dir.path);
    await manifest.append(runRecord());
    await manifest.append(anchorRecord());
    {
      const { promise, resolve } = Promise.withResolvers<void>();
      using _ = patchFile("syncData", () => () => {
        resolve();
        return Promise.reject(inputOutputError());
      });
      await promise;
    }
    await assertRejects(() => manifest[tell](runRecord()), StorageError, "EIO");
    await manifest.close();
  }
});

Deno.test("ManifestAppender.close() waits for what was appended, and ends it", async () => {
  await using dir = await TempDir.create();
  const manifest = await openAppender(dir.path);
  const appended = [manifest.append(runRecord()), manifest.append(spanRecord(0))];
  await Promise.all([manifest.close(), manifest.close()]);
  await Promise.all(appended);
  await assertRejects(() => manifest.append(spanRecord(1)), TypeError, "the manifest is closed");
  await manifest.sync();
  assertEquals(await readAll(dir.path), [runRecord(), spanRecord(0)]);
});

Deno.test("ManifestAppender.open() says what is in the way", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  const error = await assertRejects(() => openAppender(`${dir.path}/file`), StorageError);
  assertEquals(error.code, "ENOTDIR");
  for (const name of ["", "a\nb", "x".repeat(201)]) {
    const options = { root: dir.path, broadcast: name, track: TRACK };
    await assertRejects(() => ManifestAppender.open(options), TypeError, "Cannot encode name");
  }
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
