/** Whole recordings, from a publisher over real WebTransport to objects and manifests. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { toBytes } from "@std/streams";
import { recordBroadcast } from "../../lib/archive/record_broadcast.ts";
import { MemoryStore } from "../../lib/cas/memory_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import { loadSample } from "../../lib/demo/sample.ts";
import { createLogger } from "../../lib/log.ts";
import { BroadcastLockedError } from "../../lib/manifest/lock.ts";
import type { Broadcast, TrackWriter } from "../../lib/moq/broadcast.ts";
import { until } from "../support/until.ts";
import { ConnectError } from "../../lib/transport/error.ts";
import { TestOrigin } from "../support/origin.ts";
import { gop, Recording, write } from "./recording.ts";

const SAMPLE = loadSample();
const encode = (text: string) => new TextEncoder().encode(text);

function writeCatalog(track: TrackWriter, renditions: Record<string, unknown>): void {
  write(track, encode(JSON.stringify({ video: { renditions } })));
}

const RENDITION = {
  codec: "avc1.64001f",
  codedWidth: 640,
  codedHeight: 360,
  framerate: 30,
  container: { kind: "cmaf", init: SAMPLE.video.init.toBase64() },
};

/** A broadcast with a catalog of one video track. */
function withCatalog(origin: TestOrigin): { catalog: TrackWriter; video: TrackWriter } {
  const broadcast = origin.broadcast("news");
  const catalog = broadcast.createTrack("catalog.json");
  writeCatalog(catalog, { "0.m4s": RENDITION });
  return { catalog, video: broadcast.createTrack("0.m4s") };
}

/** Takes a broadcast off the air and puts another one of the name in its place. */
function replace(origin: TestOrigin): Broadcast {
  origin.broadcasts = [];
  const broadcast = origin.broadcast("news");
  origin.dropSessions();
  return broadcast;
}

for (const protocol of ["moq-lite-05", "moq-lite-04", "moq-lite-03", "moql"]) {
  Deno.test(`recordBroadcast() records what the catalog names over ${protocol}`, async () => {
    await using origin = await TestOrigin.start({ protocol });
    const { video } = withCatalog(origin);
    write(video, gop(0));
    await using recording = await Recording.start(origin);
    await recording.recorded("0.m4s", 1);
    write(video, gop(2));
    const spans = await recording.recorded("0.m4s", 2);
    await recording.recorded("catalog.json", 1);

    const [run] = await recording.runs("0.m4s");
    const { digest } = await putBytes(new MemoryStore(), SAMPLE.video.init);
    assert(run);
    assertEquals(
      [run.role, run.container, run.codec, run.timescale, run.width, run.height, run.framerate],
      ["video", "cmaf", "avc1.64001f", 90_000, 640, 360, 30],
    );
    assertEquals(run.init, digest);
    assertEquals(run.protocol, protocol === "moql" ? "moq-lite-02" : protocol);
    assert(await recording.store.has(digest));
    for (const [i, span] of spans.entries()) {
      const bytes = await toBytes(await recording.store.open(span.hash));
      assertEquals(bytes, gop(i * 2));
      assertEquals([span.msn, span.time, span.duration, span.key], [i, i * 180_000, 180_000, true]);
    }
  });
}

Deno.test("recordBroadcast() asks for the default tracks where there is no catalog", async () => {
  await using origin = await TestOrigin.start();
  const broadcast = origin.broadcast("news");
  write(broadcast.createTrack("init.mp4"), SAMPLE.video.init);
  write(broadcast.createTrack("video0.m4s"), gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("init.mp4", 1);
  const [span] = await recording.recorded("video0.m4s", 1);
  assertEquals([span!.time, span!.duration], [0, 180_000]);
  assertEquals((await recording.runs("video0.m4s"))[0]!.codec, "avc1.64001f");
});

Deno.test("recordBroadcast() follows renditions that the catalog adds", async () => {
  await using origin = await TestOrigin.start();
  const { catalog, video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  write(origin.broadcasts[0]!.createTrack("1.m4s"), gop(0));
  writeCatalog(catalog, { "0.m4s": RENDITION, "1.m4s": RENDITION });
  await recording.recorded("1.m4s", 1);
});

Deno.test("recordBroadcast() learns from the catalog without recording it", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin, { tracks: ["0.m4s"] });
  await recording.recorded("0.m4s", 1);
  assertEquals((await recording.runs("0.m4s"))[0]!.codec, "avc1.64001f");
  assertEquals(await recording.records("catalog.json"), []);
});

Deno.test("recordBroadcast() keeps a catalog that makes no sense, and takes the default tracks", async () => {
  await using origin = await TestOrigin.start();
  const broadcast = origin.broadcast("news");
  write(broadcast.createTrack("catalog.json"), encode("{"));
  write(broadcast.createTrack("video0.m4s"), gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("video0.m4s", 1);
  const [span] = await recording.recorded("catalog.json", 1);
  assertEquals(await toBytes(await recording.store.open(span!.hash)), encode("{"));
  await recording.logged(/Catalog makes no sense/);
});

Deno.test("recordBroadcast() goes on in the same run when only the session was lost", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  origin.dropSessions();
  await recording.logged(/Session ended/);
  write(video, gop(2));
  const spans = await recording.recorded("0.m4s", 2);
  assertEquals(spans.map(({ group }) => group), [0, 1]);
  assertEquals(spans[0]!.run, spans[1]!.run);
  assertEquals((await recording.records("0.m4s")).filter(({ kind }) => kind === "gap"), []);
});

Deno.test("recordBroadcast() begins a run with a publisher that starts over", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  for (const start of [0, 2, 4]) write(video, gop(start));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  const broadcast = replace(origin);
  writeCatalog(broadcast.createTrack("catalog.json"), { "0.m4s": RENDITION });
  write(broadcast.createTrack("0.m4s"), gop(0));
  const spans = await recording.recorded("0.m4s", 2);
  assertEquals(spans.map(({ group, msn }) => [group, msn]), [[2, 0], [0, 1]]);
  assertNotEquals(spans[0]!.run, spans[1]!.run);
  const gap = (await recording.records("0.m4s")).find((record) => record.kind === "gap");
  assertEquals(gap?.cause, "disconnected");
});

Deno.test("recordBroadcast() waits for a broadcast that ended and records its next life", async () => {
  await using origin = await TestOrigin.start();
  const { catalog, video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  video.close();
  catalog.close();
  await recording.logged(/Broadcast ended/);
  const broadcast = replace(origin);
  writeCatalog(broadcast.createTrack("catalog.json"), { "0.m4s": RENDITION });
  write(broadcast.createTrack("0.m4s"), gop(0));
  const spans = await recording.recorded("0.m4s", 2);
  assertNotEquals(spans[0]!.run, spans[1]!.run, "the very same bytes, from another life");
  assertEquals(spans[0]!.hash, spans[1]!.hash);
});

Deno.test("recordBroadcast() says how long it was not running", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using first = await Recording.start(origin);
  await first.recorded("0.m4s", 1);
  await first.stop();
  write(video, gop(2));
  const stop = new AbortController();
  const second = recordBroadcast({
    relay: origin.url,
    broadcast: "news",
    store: first.store,
    manifestDir: first.manifestDir,
    dial: origin.dial,
    stop: stop.signal,
    log: createLogger({ write: () => {} }),
  });
  const spans = await first.recorded("0.m4s", 2);
  stop.abort();
  await second;
  assertNotEquals(spans[0]!.run, spans[1]!.run);
  const gap = (await first.records("0.m4s")).find((record) => record.kind === "gap");
  assertEquals(gap?.cause, "stopped");
});

Deno.test("recordBroadcast() rejects a second recorder of the broadcast", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using first = await Recording.start(origin);
  await first.recorded("0.m4s", 1);
  await assertRejects(
    () =>
      recordBroadcast({
        relay: origin.url,
        broadcast: "news",
        store: first.store,
        manifestDir: first.manifestDir,
        dial: origin.dial,
        stop: new AbortController().signal,
        log: createLogger({ write: () => {} }),
      }),
    BroadcastLockedError,
  );
});

Deno.test("recordBroadcast() records a gap when the store fails, and goes on", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  const { put } = recording.store;
  recording.store.put = async (bytes) => {
    await bytes.cancel();
    throw new Error("No space left on device");
  };
  write(video, gop(2));
  await recording.logged(/cause=storage/);
  recording.store.put = put;
  write(video, gop(4));
  const spans = await recording.recorded("0.m4s", 2);
  assertEquals(spans.map(({ group }) => group), [0, 2]);
  const gap = (await recording.records("0.m4s")).find((record) => record.kind === "gap");
  assertEquals([gap?.group, gap?.groups, gap?.cause], [1, 1, "storage"]);
});

for (const protocol of ["moq-lite-05", "moql"]) {
  Deno.test(`recordBroadcast() rejects when the relay does not accept the token, over ${protocol}`, async () => {
    await using origin = await TestOrigin.start({ protocol });
    origin.closeCode = 6;
    const recording = await Recording.start(origin);
    const error = await assertRejects(() => recording.done, ConnectError);
    assertEquals(error.failure, "unauthorized");
    assertMatch(error.message, /token/);
    await recording.remove();
  });
}

Deno.test("recordBroadcast() tries again when a token that was good is not accepted any more", async () => {
  await using origin = await TestOrigin.start();
  const { video } = withCatalog(origin);
  write(video, gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  origin.closeCode = 6;
  origin.dropSessions(6);
  await until("two more tries", () => Promise.resolve(origin.accepted > 2));
  await recording.logged(/Session ended; connecting again.*closed with code 6/);
  origin.closeCode = undefined;
  write(video, gop(2));
  await recording.recorded("0.m4s", 2);
});

Deno.test("recordBroadcast() stops while it connects, and while the relay says nothing", async () => {
  const never = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  const connecting = await Recording.start({ url: "https://relay.example/", dial: never });
  await connecting[Symbol.asyncDispose]();

  for (const protocol of ["moq-lite-05", "moql"]) {
    await using origin = await TestOrigin.start({ protocol, silent: true });
    const recording = await Recording.start(origin);
    await until("a session", () => Promise.resolve(origin.accepted > 0));
    await recording[Symbol.asyncDispose]();
  }
});

Deno.test("recordBroadcast() rejects names that no directory can have", async () => {
  await using origin = await TestOrigin.start();
  const recording = await Recording.start(origin, { tracks: ["a".repeat(201)] });
  await assertRejects(() => recording.done, TypeError, "Cannot encode name");
  await recording.remove();
});

Deno.test("recordBroadcast() keeps groups without frames and frames without bytes", async () => {
  await using origin = await TestOrigin.start();
  const track = origin.broadcast("news").createTrack("notes");
  await using recording = await Recording.start(origin, { tracks: ["notes"] });
  await recording.logged(/Recording.*track=notes/);
  write(track);
  write(track, new Uint8Array());
  write(track, encode("text"));
  const [span] = await recording.recorded("notes", 1);
  assertEquals(span!.frames, [[], [0], [4]]);
  assertEquals(await toBytes(await recording.store.open(span!.hash)), encode("text"));
});
