import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { toBytes } from "@std/streams";
import { MediaResolver } from "../../lib/archive/media_resolver.ts";
import { MemoryStore } from "../../lib/cas/memory_store.ts";
import { createLogger } from "../../lib/log.ts";
import type { CatalogTrack } from "../../lib/media/catalog.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { initSegment } from "../media/boxes.ts";
import { readMedia } from "../media/fixtures.ts";

/** An initialisation segment with a track of video and one of audio. */
const MUXED = readMedia("muxed").init;

function create() {
  const lines: string[] = [];
  const store = new MemoryStore();
  const log = createLogger({ write: (line) => lines.push(line) });
  return { lines, store, resolver: new MediaResolver(store, log) };
}

function track(role: "video" | "audio", init?: Uint8Array): CatalogTrack {
  return { name: role, role, container: "cmaf", ...(init && { init }) };
}

Deno.test("MediaResolver keeps an initialisation segment whole that a catalog gives to a track", async () => {
  const { store, resolver } = create();
  const audio = await resolver.resolve(track("audio", MUXED));
  assertEquals(await toBytes(await store.open(audio.initDigest!)), MUXED);
  assertEquals(audio.init!.tracks.map(({ role }) => role), ["audio"]);
});

Deno.test("MediaResolver gives tracks that share an initialisation segment their own part of it", async () => {
  const { store, resolver } = create();
  for (const role of ["video", "audio"] as const) {
    const media = await resolver.resolve(track(role), MUXED);
    const own = parseInitSegment(await toBytes(await store.open(media.initDigest!)));
    assertEquals(own, media.init);
    assertEquals(own.tracks.map((track) => track.role), [role]);
  }
});

Deno.test("MediaResolver gives a track that is called by its id the part of that id", async () => {
  const { store, resolver } = create();
  const init = initSegment({ id: 1 }, { id: 2 });
  for (const [name, id] of [["1.m4s", 1], ["2.m4s", 2], ["3.m4s", 1], ["2", 1]] as const) {
    const track = { name, role: "video", container: "cmaf", initTrack: "0.mp4" } as const;
    const { initDigest, init: parsed, ...rest } = await resolver.resolve(track, init);
    assertEquals(parsed!.tracks.map((track) => track.id), [id]);
    assertEquals(parseInitSegment(await toBytes(await store.open(initDigest!))), parsed);
    assert(!("initTrack" in rest));
  }
});

Deno.test("MediaResolver gives the same answer as long as nothing changes", async () => {
  const { resolver } = create();
  const first = await resolver.resolve(track("video"), MUXED);
  assertStrictEquals(await resolver.resolve(track("video"), MUXED.slice()), first);
  const other = readMedia("h264").init;
  assert(await resolver.resolve(track("video", other)) !== first);
});

Deno.test("MediaResolver does without an initialisation segment that makes no sense", async () => {
  const { lines, resolver } = create();
  assertEquals(await resolver.resolve(track("video", Uint8Array.of(1, 2, 3))), {
    role: "video",
    container: "cmaf",
  });
  assertEquals(lines.length, 1);
});

Deno.test("MediaResolver rejects when the initialisation segment cannot be stored", async () => {
  const { store, resolver } = create();
  store.put = () => Promise.reject(new Error("No space left on device"));
  await assertRejects(() => resolver.resolve(track("video", MUXED)), Error, "No space");
});
