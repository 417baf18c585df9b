/** Broadcasts with catalogs of every format, from publisher to manifests. */

import { assert, assertEquals } from "@std/assert";
import { toBytes } from "@std/streams";
import { loadSample } from "../../lib/demo/sample.ts";
import type { RunRecord } from "../../lib/manifest/record.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import type { Broadcast, TrackWriter } from "../../lib/moq/broadcast.ts";
import { readMedia } from "../media/fixtures.ts";
import { deflateFrames } from "../support/deflate.ts";
import { fragment } from "../support/fmp4.ts";
import { TestOrigin } from "../support/origin.ts";
import { until } from "../support/until.ts";
import { gop, Recording, write } from "./recording.ts";

const INIT = loadSample().video.init;

/** An initialisation segment with a track of video and one of audio. */
const MUXED = readMedia("muxed").init;

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Publishes the initialisation segment, the catalog and some media as moq-pub does. */
function publishMoqPub(broadcast: Broadcast): { init: TrackWriter; video: TrackWriter } {
  const init = broadcast.createTrack("0.mp4");
  write(init, MUXED);
  write(
    broadcast.createTrack(".catalog"),
    encode({
      version: 1,
      streamingFormat: 1,
      streamingFormatVersion: "0.2",
      supportsDeltaUpdates: true,
      commonTrackFields: { namespace: "/news", packaging: "cmaf", renderGroup: 1 },
      tracks: [
        {
          name: "1.m4s",
          initTrack: "0.mp4",
          selectionParams: { codec: "avc1.42c00a", width: 64, height: 48 },
        },
        {
          name: "2.m4s",
          initTrack: "0.mp4",
          selectionParams: { codec: "mp4a.40.2", samplerate: 48000, channelConfig: "1" },
        },
      ],
    }),
  );
  const video = broadcast.createTrack("1.m4s");
  write(video, gop(0));
  write(broadcast.createTrack("2.m4s"), fragment({ time: 0, duration: 96_000 }));
  return { init, video };
}

/** The tracks of the initialisation segment that a run names. */
async function initTracks(recording: Recording, run: RunRecord | undefined) {
  const bytes = await toBytes(await recording.store.open(run!.init!));
  return parseInitSegment(bytes).tracks.map(({ role }) => role);
}

Deno.test("recordBroadcast() records what an MSF catalog names, and what it adds", async () => {
  await using origin = await TestOrigin.start();
  const broadcast = origin.broadcast("news");
  const catalog = broadcast.createTrack("catalog").createGroup();
  const document = {
    version: "draft-01",
    tracks: [
      {
        name: "hd",
        packaging: "cmaf",
        role: "video",
        codec: "avc1.64001f",
        width: 640,
        framerate: 30,
        initRef: "a",
      },
      { name: "history", packaging: "mediatimeline", mimeType: "application/json" },
      { name: "elsewhere", namespace: "other", packaging: "cmaf", role: "video" },
    ],
    initDataList: [{ id: "a", type: "inline", data: INIT.toBase64() }],
  };
  const delta = { deltaUpdate: [{ op: "clone", tracks: [{ parentName: "hd", name: "sd" }] }] };
  catalog.write(encode(document));
  for (const name of ["hd", "sd", "elsewhere"]) write(broadcast.createTrack(name), gop(0));
  write(broadcast.createTrack("history"), encode([]));
  await using recording = await Recording.start(origin);
  await recording.recorded("hd", 1);
  await recording.recorded("history", 1);
  assertEquals(await recording.records("sd"), []);
  catalog.write(encode(delta));
  catalog.close();
  await recording.recorded("sd", 1);

  for (const name of ["hd", "sd"]) {
    const [run] = await recording.runs(name);
    assertEquals([run!.role, run!.container, run!.codec], ["video", "cmaf", "avc1.64001f"]);
    assertEquals(await toBytes(await recording.store.open(run!.init!)), INIT);
  }
  assertEquals((await recording.runs("history"))[0]!.container, "raw");
  assertEquals(await recording.records("elsewhere"), []);
  await recording.logged(/Catalog entry is ignored.*elsewhere/);
  await until("the catalog", async () => {
    const spans = await recording.spans("catalog");
    const frames = await Promise.all(
      spans.map(async ({ hash }) => await toBytes(await recording.store.open(hash))),
    );
    return frames.map((bytes) => new TextDecoder().decode(bytes)).join("") ===
      JSON.stringify(document) + JSON.stringify(delta);
  });
});

Deno.test("recordBroadcast() takes the initialisation from the track that moq-pub puts it in", async () => {
  await using origin = await TestOrigin.start();
  const published = publishMoqPub(origin.broadcast("news"));
  await using recording = await Recording.start(origin);
  await recording.recorded("1.m4s", 1);
  await recording.recorded("2.m4s", 1);
  await recording.recorded(".catalog", 1);
  const [span] = await recording.recorded("0.mp4", 1);
  assertEquals(await toBytes(await recording.store.open(span!.hash)), MUXED);

  const [video] = await recording.runs("1.m4s");
  assertEquals([video!.role, video!.container, video!.width], ["video", "cmaf", 64]);
  assertEquals(await initTracks(recording, video), ["video"]);
  const [audio] = await recording.runs("2.m4s");
  assertEquals([audio!.role, audio!.container, audio!.channels], ["audio", "cmaf", 1]);
  assertEquals(await initTracks(recording, audio), ["audio"]);

  write(published.init, INIT);
  let time = 0;
  const next = await until("another initialisation segment", async () => {
    write(published.video, gop(time += 2));
    return (await recording.runs("1.m4s")).find(({ init }) => init !== video!.init);
  });
  assertEquals(await toBytes(await recording.store.open(next.init!)), INIT);
});

Deno.test("recordBroadcast() learns from .catalog and 0.mp4 without recording them", async () => {
  await using origin = await TestOrigin.start();
  publishMoqPub(origin.broadcast("news"));
  await using recording = await Recording.start(origin, { tracks: ["2.m4s"] });
  await recording.recorded("2.m4s", 1);
  assertEquals(await initTracks(recording, (await recording.runs("2.m4s"))[0]), ["audio"]);
  for (const track of [".catalog", "0.mp4", "1.m4s"]) {
    assertEquals(await recording.records(track), []);
  }
});

Deno.test("recordBroadcast() follows a catalog that is compressed", async () => {
  await using origin = await TestOrigin.start();
  const broadcast = origin.broadcast("news");
  const rendition = {
    codec: "avc1.64001f",
    container: { kind: "cmaf", init: INIT.toBase64() },
  };
  const [document, patch] = await deflateFrames([
    encode({ video: { renditions: { "0.m4s": rendition } } }),
    encode({ video: { renditions: { "1.m4s": rendition } } }),
  ]);
  const catalog = broadcast.createTrack("catalog.json.z").createGroup();
  catalog.write(document!);
  for (const name of ["0.m4s", "1.m4s"]) write(broadcast.createTrack(name), gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("0.m4s", 1);
  assertEquals(await recording.records("1.m4s"), []);
  catalog.write(patch!);
  catalog.close();
  await recording.recorded("1.m4s", 1);
  for (const name of ["0.m4s", "1.m4s"]) {
    const [run] = await recording.runs(name);
    assertEquals(await toBytes(await recording.store.open(run!.init!)), INIT);
  }
  const [span] = await recording.recorded("catalog.json.z", 1);
  assertEquals(
    (await toBytes(await recording.store.open(span!.hash))).slice(0, 9),
    document!.slice(0, 9),
  );
});

Deno.test("recordBroadcast() prefers the catalog that the broadcast's name suggests", async () => {
  const expected = { "news": "catalog.json", "news.msf": "catalog" };
  for (const [name, found] of Object.entries(expected)) {
    await using origin = await TestOrigin.start();
    const broadcast = origin.broadcast(name);
    const hang = { video: { renditions: { v: { container: "loc" } } } };
    write(broadcast.createTrack("catalog.json"), encode(hang));
    const msf = { version: 1, tracks: [{ name: "v", role: "video", packaging: "legacy" }] };
    write(broadcast.createTrack("catalog"), encode(msf));
    write(broadcast.createTrack("v"), Uint8Array.of(1));
    await using recording = await Recording.start(origin, { broadcast: name });
    await recording.recorded("v", 1);
    await recording.recorded(found, 1);
    const [run] = await recording.runs("v");
    assertEquals(run!.container, found === "catalog" ? "legacy" : "loc");
    const other = found === "catalog" ? "catalog.json" : "catalog";
    assertEquals(await recording.records(other), []);
  }
});

Deno.test("recordBroadcast() takes the default tracks where there is no catalog of any format", async () => {
  await using origin = await TestOrigin.start();
  const broadcast = origin.broadcast("news");
  write(broadcast.createTrack("init.mp4"), INIT);
  write(broadcast.createTrack("video0.m4s"), gop(0));
  await using recording = await Recording.start(origin);
  await recording.recorded("video0.m4s", 1);
  assert((await recording.runs("video0.m4s"))[0]!.init);
  for (const track of ["catalog.json", "catalog.json.z", "catalog", ".catalog"]) {
    assertEquals(await recording.records(track), []);
  }
  // One that comes late is followed, whatever its format.
  write(broadcast.createTrack("late"), Uint8Array.of(1));
  write(broadcast.createTrack("catalog"), encode({ version: 1, tracks: [{ name: "late" }] }));
  await recording.recorded("late", 1);
});
