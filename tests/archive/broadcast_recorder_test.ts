/** Relays, publishers and disks that misbehave, one at a time. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { toBytes } from "@std/streams";
import { BroadcastRecorder } from "../../lib/archive/broadcast_recorder.ts";
import { StorageError } from "../../lib/cas/error.ts";
import { MemoryStore } from "../../lib/cas/memory_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import { loadSample } from "../../lib/demo/sample.ts";
import { createLogger } from "../../lib/log.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import { ManifestReader } from "../../lib/manifest/reader.ts";
import type {
  GapRecord,
  ManifestRecord,
  RunRecord,
  SpanRecord,
} from "../../lib/manifest/record.ts";
import { StreamResetError } from "../../lib/transport/error.ts";
import { fragment } from "../support/fmp4.ts";
import { until } from "../support/until.ts";
import { FakeSession } from "./fake_session.ts";

const SAMPLE = loadSample();
const encode = (text: string) => new TextEncoder().encode(text);

/** A recorder and what it wrote; records over a session at a time. */
class Recording implements AsyncDisposable {
  readonly store = new MemoryStore();
  readonly lines: string[] = [];
  readonly recorder: BroadcastRecorder;
  readonly manifestDir: string;
  readonly #stop = new AbortController();
  #recording: Promise<void> = Promise.resolve();

  private constructor(manifestDir: string, tracks?: string[]) {
    this.manifestDir = manifestDir;
    this.recorder = new BroadcastRecorder({
      broadcast: "news",
      ...(tracks && { tracks }),
      relay: "https://relay.example/",
      store: this.store,
      manifestDir,
      log: createLogger({ level: "debug", write: (line) => this.lines.push(line) }),
    });
  }

  static async create(tracks?: string[]): Promise<Recording> {
    return new Recording(await Deno.makeTempDir(), tracks);
  }

  /** Begins to record a session in which the broadcast is announced. */
  start(session: FakeSession): void {
    this.#recording = this.recorder.record(session, this.#stop.signal);
    session.announce("active");
  }

  async ended(): Promise<void> {
    await this.#recording;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#recording;
  }

  async records(track: string): Promise<ManifestRecord[]> {
    const reader = new ManifestReader({ root: this.manifestDir, broadcast: "news", track });
    return await Array.fromAsync(reader.read());
  }

  async spans(track: string): Promise<SpanRecord[]> {
    return (await this.records(track)).filter((record) => record.kind === "span");
  }

  async gaps(track: string): Promise<GapRecord[]> {
    return (await this.records(track)).filter((record) => record.kind === "gap");
  }

  async runs(track: string): Promise<RunRecord[]> {
    return (await this.records(track)).filter((record) => record.kind === "run");
  }

  /** Waits until a group of a track is stored, and gives its span. */
  async stored(track: string, group: number): Promise<SpanRecord> {
    return await until(
      `group ${group} of ${track}; the log says:\n${this.lines.join("\n")}`,
      async () => (await this.spans(track)).find((span) => span.group === group && !span.partial),
    );
  }

  /** Waits until the initialisation segment is stored and its tracks know of it. */
  async initialised(init: Uint8Array): Promise<void> {
    const { digest } = await putBytes(new MemoryStore(), init);
    await until("the initialisation segment", () => this.store.has(digest));
    await new Promise((resolve) => setTimeout(resolve));
  }

  /** Waits for a line of the log. */
  async logged(pattern: RegExp): Promise<void> {
    const found = () => Promise.resolve(this.lines.some((line) => pattern.test(line)));
    await until(`${pattern} in\n${this.lines.join("\n")}`, found);
  }

  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.recorder[Symbol.asyncDispose]();
    await Deno.remove(this.manifestDir, { recursive: true });
  }
}

function gop(start: number, size = 500): Uint8Array {
  return fragment({ time: start * 90_000, duration: 180_000, samples: [size] });
}

function rendition(init: Uint8Array = SAMPLE.video.init) {
  return { codec: "avc1.64001f", container: { kind: "cmaf", init: init.toBase64() } };
}

function catalogOf(...videos: string[]): Uint8Array {
  const renditions = Object.fromEntries(videos.map((name) => [name, rendition()]));
  return encode(JSON.stringify({ video: { renditions } }));
}

/** A session with a catalog of these tracks. */
function sessionWith(...videos: string[]) {
  const session = new FakeSession();
  const catalog = session.track("catalog.json");
  catalog.group(0, [catalogOf(...videos)]);
  return { session, catalog };
}

/** An initialisation segment that differs from the sample's and means the same. */
const OTHER_INIT = Uint8Array.of(...SAMPLE.video.init, 0, 0, 0, 8, ...encode("free"));

// Tracks that come and go

Deno.test("BroadcastRecorder records a track that is there later than the others", async () => {
  const { session } = sessionWith("late", "a");
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create(["late", "a"]);
  recording.start(session);
  await recording.stored("a", 0);
  session.track("late").group(0, [gop(0)]);
  await recording.stored("late", 0);
});

Deno.test("BroadcastRecorder records a track that is asked for and in no catalog, once it is there", async () => {
  const { session } = sessionWith("a");
  await using recording = await Recording.create(["extra"]);
  recording.start(session);
  await until("two tries", () => Promise.resolve(session.asked.filter((t) => t === "extra")[1]));
  session.track("extra").group(3, [encode("here")]);
  await recording.stored("extra", 3);
  assertEquals(await recording.records("a"), []);
});

Deno.test("BroadcastRecorder follows a catalog that is there later than the tracks", async () => {
  const session = new FakeSession();
  session.track("video0.m4s").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("video0.m4s", 0);
  session.track("catalog.json").group(0, [catalogOf("video0.m4s", "other")]);
  session.track("other").group(0, [gop(0)]);
  await recording.stored("other", 0);
});

Deno.test("BroadcastRecorder asks for each catalog once the one before is not there", async () => {
  const { session } = sessionWith("a");
  session.remove("catalog.json");
  session.track("catalog").group(0, [encode('{"version":1,"tracks":[{"name":"a"}]}')]);
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  const catalogs = ["catalog.json", "catalog.json.z", "catalog"];
  assertEquals(session.asked.slice(0, 3), catalogs);
  assertEquals(session.asked.filter((track) => track.includes("catalog")), catalogs);
});

Deno.test("BroadcastRecorder waits for no catalog that breaks off before its first frame", async () => {
  const session = new FakeSession();
  for (const name of ["catalog.json", "catalog.json.z"]) {
    session.track(name).end(new StreamResetError(13));
  }
  session.track("catalog").group(0, [encode('{"version":1,"tracks":[{"name":"a"}]}')]);
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  assert(!session.asked.includes("video0.m4s"));
});

Deno.test("BroadcastRecorder follows one catalog, and records the others that come late", async () => {
  const session = new FakeSession();
  session.track("video0.m4s").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("video0.m4s", 0);
  session.track("catalog").group(0, [encode('{"version":1,"tracks":[{"name":"a"}]}')]);
  session.track("a").group(0, [gop(0)]);
  await recording.stored("a", 0);
  session.track("catalog.json").group(0, [catalogOf("b")]);
  await recording.stored("catalog.json", 0);
  assert(!session.asked.includes("b"));
});

Deno.test("BroadcastRecorder records a track again that went and came back with the catalog", async () => {
  const { session, catalog } = sessionWith("a", "b");
  session.track("a").group(0, [gop(0)]);
  const b = session.track("b");
  b.group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("b", 0);
  catalog.group(1, [catalogOf("a")]);
  b.end();
  await recording.logged(/Track ended.*track=b/);
  session.track("b").group(7, [gop(14)]);
  catalog.group(2, [catalogOf("a", "b")]);
  await recording.stored("b", 7);
});

Deno.test("BroadcastRecorder lets a stalled catalog group hold up none after it", async () => {
  const { session, catalog } = sessionWith("a");
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create(["a", "b"]);
  recording.start(session);
  await recording.stored("a", 0);
  catalog.group(1, [encode('{"video":')], new StreamResetError(1));
  session.track("b").group(0, [gop(0)]);
  catalog.group(2, [catalogOf("a", "b")]);
  await recording.stored("b", 0);
  await until("the codec", async () => (await recording.runs("b")).at(-1)?.codec);
});

Deno.test("BroadcastRecorder records what there is of 64 tracks", async () => {
  const names = Array.from({ length: 64 }, (_, i) => `track${i}`);
  const { session } = sessionWith(...names);
  session.track("track40").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("track40", 0);
  await until("all tries", () => Promise.resolve(names.every((n) => session.asked.includes(n))));
  assertEquals([...recording.recorder.stats.keys()].sort(), ["catalog.json", "track40"]);
});

Deno.test("BroadcastRecorder skips a track whose name no directory can have, saying so once", async () => {
  const endless = "🎥".repeat(90);
  const { session, catalog } = sessionWith(endless, "a");
  session.track("a").group(0, [gop(0)]);
  session.track("b").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  catalog.group(1, [catalogOf("a", "b", endless)]);
  await recording.stored("b", 0);
  assertEquals(recording.count(/Catalog entry is ignored/), 1);
  assert(!session.asked.includes(endless));
});

Deno.test("BroadcastRecorder ends the round of a broadcast of data when its tracks end", async () => {
  const session = new FakeSession();
  const notes = session.track("notes");
  notes.group(0, [encode("one")]);
  await using recording = await Recording.create(["notes"]);
  recording.start(session);
  await recording.stored("notes", 0);
  notes.end();
  await recording.logged(/Broadcast ended/);
  session.track("notes").group(0, [encode("two")]);
  await until("the next life", async () => (await recording.spans("notes")).length === 2);
  const [first, second] = await recording.spans("notes");
  assertNotEquals(first!.run, second!.run);
});

Deno.test("BroadcastRecorder turns to a new publisher though the old one's tracks never ended", async () => {
  for (const statuses of [["restart"], ["ended", "active"]] as const) {
    const { session } = sessionWith("a");
    session.track("a").group(5, [gop(10)]);
    await using recording = await Recording.create();
    recording.start(session);
    await recording.stored("a", 5);
    session.track("catalog.json").group(0, [catalogOf("a")]);
    session.track("a").group(0, [gop(0)]);
    for (const status of statuses) session.announce(status);
    await recording.stored("a", 0);
    assertEquals((await recording.gaps("a")).map(({ cause }) => cause), ["offline"]);
  }
});

// What tracks carry

Deno.test("BroadcastRecorder begins a run when the catalog changes an initialisation segment", async () => {
  const { session, catalog } = sessionWith("a");
  const a = session.track("a");
  a.group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  catalog.group(1, [
    encode(JSON.stringify({ video: { renditions: { a: rendition(OTHER_INIT) } } })),
  ]);
  await recording.initialised(OTHER_INIT);
  a.group(1, [gop(2)]);
  await recording.stored("a", 1);
  const [before, after] = await recording.runs("a");
  assertNotEquals(before!.init, after!.init);
  assertNotEquals(before!.run, after!.run);
  assertEquals(await toBytes(await recording.store.open(after!.init!)), OTHER_INIT);
});

Deno.test("BroadcastRecorder begins a run when the shared initialisation segment changes", async () => {
  const session = new FakeSession();
  const init = session.track("init.mp4");
  init.group(0, [SAMPLE.video.init]);
  const video = session.track("video0.m4s");
  video.group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("video0.m4s", 0);
  init.group(1, [OTHER_INIT]);
  await recording.initialised(OTHER_INIT);
  video.group(1, [gop(2)]);
  await recording.stored("video0.m4s", 1);
  const [before, after] = await recording.runs("video0.m4s");
  assertNotEquals(before!.init, after!.init);
  assertEquals(await toBytes(await recording.store.open(after!.init!)), OTHER_INIT);
});

Deno.test("BroadcastRecorder says once in a run that media makes no sense", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  const nonsense = Uint8Array.of(0, 0, 0, 3, 1, 2, 3, 4, 5);
  for (let i = 0; i < 5; ++i) a.group(i, [nonsense]);
  a.group(5, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 5);
  assertEquals(recording.count(/Media makes no sense.*track=a/), 1);
});

Deno.test("BroadcastRecorder survives media times beyond all reason", async () => {
  const { session } = sessionWith("a", "b");
  session.track("b").group(0, [gop(0)]);
  const a = session.track("a");
  a.group(0, [gop(9e10)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  a.group(1, [gop(1e5)]);
  a.group(2, [gop(1e5 + 2)]);
  await recording.stored("a", 2);
  assertEquals(recording.count(/Cannot record|broke off/), 0);
});

// Sessions that end

Deno.test("BroadcastRecorder keeps what there is of a group that the session took down, and gets the rest", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  a.group(0, [gop(0)]);
  a.group(1, [gop(2)], "open");
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  await until(
    "half of it",
    () => Promise.resolve(recording.recorder.stats.get("a")!.received > 1000),
  );
  session.lose();
  await recording.ended();
  assertEquals((await recording.spans("a")).map((s) => [s.group, s.partial]), [
    [0, undefined],
    [1, true],
  ]);

  const next = sessionWith("a").session;
  next.track("a").group(1, [gop(2), gop(4)]);
  recording.start(next);
  const { run } = await recording.stored("a", 1);
  assertEquals(run, (await recording.spans("a"))[0]!.run);
  assertEquals((await recording.gaps("a")).map((g) => [g.group, g.groups, g.cause]), [
    [1, 1, "disconnected"],
  ]);
});

Deno.test("BroadcastRecorder records each group that is missing once, over several sessions", async () => {
  await using recording = await Recording.create(["a"]);
  const sessions = [[0, 2], [2], [6]];
  for (const groups of sessions) {
    const { session } = sessionWith("a");
    const a = session.track("a");
    for (const sequence of groups) {
      a.group(sequence, [gop(2 * sequence)], sequence === 2 ? new StreamResetError(0) : "fin");
    }
    recording.start(session);
    await until("the groups", () => Promise.resolve(a.taken === groups.length));
    session.lose();
    await recording.ended();
  }
  const missing = (await recording.gaps("a")).flatMap(({ group, groups }) =>
    Array.from({ length: groups! }, (_, i) => group! + i)
  );
  assertEquals([...new Set(missing)].sort(), [1, 2, 3, 4, 5]);
  assert(missing.length <= 6, `${missing}`);
});

Deno.test("BroadcastRecorder leaves a session that the relay asks it to leave", async () => {
  const { session } = sessionWith("a");
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  session.drain();
  await recording.ended();
});

// Being stopped

Deno.test("BroadcastRecorder stops while it waits for an announcement", async () => {
  await using recording = await Recording.create();
  const session = new FakeSession();
  const stop = new AbortController();
  const done = recording.recorder.record(session, stop.signal);
  stop.abort();
  await done;
  assertEquals(session.asked, []);
});

Deno.test("BroadcastRecorder stops while nobody answers for the catalog", async () => {
  await using recording = await Recording.create();
  const session = new FakeSession();
  session.mute.add("catalog.json");
  recording.start(session);
  await until("the question", () => Promise.resolve(session.asked[0]));
  await recording.stop();
  assertEquals(session.asked, ["catalog.json"]);
});

Deno.test("BroadcastRecorder stops while it waits for the first catalog", async () => {
  await using recording = await Recording.create();
  const session = new FakeSession();
  session.track("catalog.json");
  recording.start(session);
  await until("the question", () => Promise.resolve(session.asked[0]));
  await recording.stop();
  assertEquals(session.asked, ["catalog.json"]);
});

Deno.test("BroadcastRecorder stops while it waits to ask again", async () => {
  await using recording = await Recording.create();
  const session = new FakeSession();
  recording.start(session);
  await recording.logged(/not being published/);
  await recording.stop();
});

Deno.test("BroadcastRecorder stores what it has taken when it is stopped while the store is slow", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  await using recording = await Recording.create();
  a.group(0, [gop(0)]);
  recording.start(session);
  await recording.stored("a", 0);

  const { put } = recording.store;
  const slow = Promise.withResolvers<void>();
  recording.store.put = async (bytes) => {
    await slow.promise;
    return await put.call(recording.store, bytes);
  };
  const taken = 40;
  for (let i = 1; i <= taken; ++i) a.group(i, [gop(2 * i, i % 2 ? 500 : 400_000)]);
  await until("the groups", () => Promise.resolve(a.taken === taken + 1));
  // What is not taken in yet waits unread, as streams.
  assert(recording.recorder.stats.get("a")!.received < 4_000_000);
  const stopped = recording.stop();
  slow.resolve();
  await stopped;
  assertEquals(
    (await recording.spans("a")).map(({ group }) => group),
    Array.from({ length: taken + 1 }, (_, i) => i),
  );
  assertEquals(await recording.gaps("a"), []);
});

// Disks that fail

const FULL = new StorageError("append to", "/manifests", new Error("No space left on device"));

Deno.test("BroadcastRecorder goes on once the store takes initialisation segments again", async () => {
  const { session } = sessionWith("a");
  session.track("a").group(0, [gop(0)]);
  await using recording = await Recording.create(["a"]);
  const { put } = recording.store;
  recording.store.put = async (bytes) => {
    await bytes.cancel();
    throw new Error("No space left on device");
  };
  recording.start(session);
  await recording.logged(/Cannot store the initialisation segment.*No space/);
  recording.store.put = put;
  await recording.stored("a", 0);
  const [run] = await recording.runs("a");
  assert(await recording.store.has(run!.init!));
});

Deno.test("BroadcastRecorder loses no more than the group that the store fails in", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  a.group(0, [gop(0)]);
  await using recording = await Recording.create(["a"]);
  recording.start(session);
  await recording.stored("a", 0);
  const { put } = recording.store;
  recording.store.put = async (bytes) => {
    let size = 0;
    await bytes.pipeTo(
      new WritableStream({
        write(chunk) {
          size += chunk.length;
          if (size > 300_000) throw new Error("No space left on device");
        },
      }),
    );
    return await put.call(recording.store, ReadableStream.from([]));
  };
  a.group(1, [gop(2, 100_000), gop(3, 300_000), gop(4, 300_000)]);
  await recording.logged(/cause=storage/);
  recording.store.put = put;
  a.group(2, [gop(6, 600_000)]);
  await recording.stored("a", 2);
  assertEquals((await recording.gaps("a")).map((g) => [g.group, g.groups, g.cause]), [
    [1, 1, "storage"],
  ]);
});

/** Makes all manifests fail, until disposed of. */
function failingManifests(track: string): Disposable {
  const { append } = ManifestAppender.prototype;
  ManifestAppender.prototype.append = function (record) {
    return this.last.run?.track === track ? Promise.reject(FULL) : append.call(this, record);
  };
  return {
    [Symbol.dispose]() {
      ManifestAppender.prototype.append = append;
    },
  };
}

Deno.test("BroadcastRecorder says so when a manifest cannot be written, tries again and records the gap", async () => {
  const { session } = sessionWith("a", "b");
  const [a, b] = [session.track("a"), session.track("b")];
  a.group(0, [gop(0)]);
  b.group(0, [gop(0)]);
  await using recording = await Recording.create();
  recording.start(session);
  await recording.stored("a", 0);
  await recording.stored("b", 0);
  {
    using _ = failingManifests("a");
    a.group(1, [gop(2)]);
    b.group(1, [gop(2)]);
    await recording.logged(/Cannot record track; trying again.*track=a.*No space/);
    await recording.stored("b", 1);
  }
  a.group(2, [gop(4)]);
  await recording.stored("a", 2);
  const [gap] = await recording.gaps("a");
  assertEquals(gap?.cause, "storage");
  const [before, after] = await recording.spans("a");
  assert(before!.at <= gap!.at && gap!.at <= gap!.until! && gap!.at <= after!.at);
  assertEquals([before!.group, after!.group], [0, 2]);
  assertEquals((await recording.gaps("b")).filter(({ cause }) => cause === "storage"), []);
});

Deno.test("BroadcastRecorder ends in an error when it is stopped while a manifest cannot be written", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  a.group(0, [gop(0)]);
  await using recording = await Recording.create(["a"]);
  recording.start(session);
  await recording.stored("a", 0);
  using _ = failingManifests("a");
  a.group(1, [gop(2)]);
  await recording.logged(/Cannot record track/);
  await recording.stop();
  await assertRejects(() => recording.recorder[Symbol.asyncDispose](), StorageError);
});

Deno.test("BroadcastRecorder tries again while a manifest cannot be opened", async () => {
  const { session } = sessionWith("a");
  const a = session.track("a");
  a.group(0, [gop(0)]);
  await using recording = await Recording.create(["a"]);
  const directory = `${recording.manifestDir}/news/a`;
  await Deno.mkdir(`${recording.manifestDir}/news`);
  await Deno.writeTextFile(directory, "in the way");
  recording.start(session);
  await recording.logged(/Cannot record track.*track=a/);
  await Deno.remove(directory);
  a.group(1, [gop(2)]);
  await recording.stored("a", 1);
});
