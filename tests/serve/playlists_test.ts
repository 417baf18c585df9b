import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { RUN, TestArchive } from "./test_archive.ts";

const TYPE = "application/vnd.apple.mpegurl";

async function setup(broadcast = "test") {
  const archive = await TestArchive.create();
  const video = await archive.record({ broadcast, until: 20 });
  const audio = await archive.record({ broadcast, track: "audio0", role: "audio", until: 20 });
  return { archive, video, audio };
}

Deno.test("createHandler() serves the playlists of a broadcast", async () => {
  const { archive, video, audio } = await setup();
  await using _ = archive;
  const master = await archive.fetch("/archive/test/master.m3u8");
  assertEquals([master.status, master.headers.get("content-type")], [200, TYPE]);
  const text = await master.text();
  assertMatch(text, /URI="audio.m3u8"/);
  assertMatch(text, /\nvideo.m3u8\n/);
  for (const [name, { hashes, init }] of [["video", video], ["audio", audio]] as const) {
    const response = await archive.fetch(`/archive/test/${name}.m3u8`);
    const text = await response.text();
    assertEquals(text.match(/(?<=segment\/)\w+/g), hashes);
    assertEquals(text.match(/(?<=init\/)\w+/g), [init]);
    assert(!text.includes("#EXT-X-ENDLIST"));
  }
});

Deno.test("createHandler() finds broadcasts and tracks with odd names", async () => {
  const broadcast = "us/nbc é.hang";
  const { archive } = await setup(broadcast);
  await using _ = archive;
  await archive.record({ broadcast, track: "video1/hd", until: 20 });
  for (const path of ["/archive/us/nbc%20%C3%A9.hang", "/archive/us%2Fnbc%20%c3%a9.hang"]) {
    const master = await archive.fetch(`${path}/master.m3u8`);
    assertMatch(await master.text(), /\nvideo1%2Fhd.m3u8\n/);
    assertEquals((await archive.fetch(`${path}/video1%2Fhd.m3u8`)).status, 200);
    assertEquals((await archive.fetch(`${path}/video0.m3u8`)).status, 404);
  }
});

Deno.test("createHandler() lets a playlist grow and end", async () => {
  const { archive } = await setup();
  await using _ = archive;
  const load = async () => await (await archive.fetch("/archive/test/video.m3u8")).text();
  const before = await load();
  await archive.record({ from: 20, until: 30 });
  await archive.record({ track: "audio0", role: "audio", from: 20, until: 30 });
  const after = await load();
  assert(after.startsWith(before));
  assertEquals(after.match(/#EXTINF/g)?.length, 15);
  archive.now = 59;
  assertEquals(await load(), after);
  archive.now = 61;
  assertEquals(await load(), after + "#EXT-X-ENDLIST\n");
  await archive.record({ from: 30, until: 90 });
  await archive.record({ track: "audio0", role: "audio", from: 30, until: 90 });
  const again = await load();
  assert(again.startsWith(after));
  assert(!again.includes("#EXT-X-ENDLIST"));
});

Deno.test("createHandler() reads a manifest no more often than every 200 ms, however many ask", async () => {
  const { archive } = await setup();
  await using _ = archive;
  const count = async () => {
    const response = await archive.fetch("/archive/test/audio.m3u8");
    return (await response.text()).match(/#EXTINF/g)?.length;
  };
  assertEquals(await count(), 10);
  await archive.record({ from: 20, until: 22 });
  archive.now = 20;
  await archive.record({ track: "audio0", role: "audio", from: 20, until: 20 + 2 });
  archive.now = 20.1;
  assertEquals(await count(), 10);
  archive.now = 20.3;
  assertEquals(await Promise.all(Array.from({ length: 20 }, count)), Array(20).fill(11));
});

Deno.test("createHandler() answers 304 for a playlist that has not changed", async () => {
  const { archive } = await setup();
  await using _ = archive;
  const path = "/archive/test/video.m3u8";
  const first = await archive.fetch(path);
  const etag = first.headers.get("etag")!;
  assertMatch(etag, /^W\/"/);
  const same = await archive.fetch(path, { headers: { "if-none-match": etag } });
  assertEquals([same.status, same.body], [304, null]);
  assertEquals(same.headers.get("etag"), etag);
  await archive.record({ from: 20, until: 30 });
  await archive.record({ track: "audio0", role: "audio", from: 20, until: 30 });
  const changed = await archive.fetch(path, { headers: { "if-none-match": etag } });
  assertEquals(changed.status, 200);
  assertNotEquals(changed.headers.get("etag"), etag);
});

Deno.test("createHandler() compresses texts into one gzip member for those who take it", async () => {
  const { archive } = await setup();
  await using _ = archive;
  for (
    const path of [
      "/archive/test/video.m3u8",
      "/archive/test/timeline.json",

      "/hls.min.js",
    ]
  ) {
    const plain = await archive.fetch(path);
    const bytes = await plain.bytes();
    assertEquals(plain.headers.get("content-encoding"), null);
    assertEquals(plain.headers.get("vary"), "accept-encoding");
    for (const _ of ["made", "from the cache"]) {
      const response = await archive.fetch(path, { headers: { "accept-encoding": "gzip, br" } });
      assertEquals(response.headers.get("content-encoding"), "gzip");
      const compressed = await response.bytes();
      assertEquals(response.headers.get("content-length"), String(compressed.length));
      assert(compressed.length < bytes.length);
      assertEquals(new Uint8Array(gunzipSync(compressed)), bytes);
      // A second member would begin with the same magic, and be lost on browsers.
      const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
      assertEquals(await new Response(stream).bytes(), bytes);
    }
    for (const encodings of ["br", "identity", "gzip;q=0", "gzip;q=0.1, identity"]) {
      const response = await archive.fetch(path, { headers: { "accept-encoding": encodings } });
      assertEquals(response.headers.get("content-encoding"), null, encodings);
      assertEquals(await response.bytes(), bytes);
    }
  }
});

Deno.test("createHandler() answers HEAD for a playlist with its length", async () => {
  const { archive } = await setup();
  await using _ = archive;
  const full = await archive.fetch("/archive/test/video.m3u8");
  const head = await archive.fetch("/archive/test/video.m3u8", { method: "HEAD" });
  assertEquals([head.status, head.body], [200, null]);
  assertEquals(head.headers.get("content-length"), String((await full.bytes()).length));
});

Deno.test("createHandler() answers 503 while nothing can be played yet", async () => {
  await using archive = await TestArchive.create();
  await archive.record({ track: "catalog.json", role: "data", until: 2 });
  for (const name of ["master", "video"]) {
    const response = await archive.fetch(`/archive/test/${name}.m3u8`);
    assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
    assertEquals((await response.json()).error, "not_ready");
  }
  assertEquals((await archive.fetch("/archive/test/init.mp4")).status, 404);
});

Deno.test("createHandler() finds broadcasts and tracks that begin while it runs", async () => {
  await using archive = await TestArchive.create();
  assertEquals((await archive.fetch("/archive/test/master.m3u8")).status, 404);
  await archive.record({ until: 10 });
  const master = async () => await (await archive.fetch("/archive/test/master.m3u8")).text();
  assertEquals((await master()).includes("audio.m3u8"), false);
  await archive.record({ from: 10, until: 20 });
  await archive.record({ track: "audio0", role: "audio", from: 10, until: 20 });
  assertEquals((await master()).includes("audio.m3u8"), true);
});

Deno.test("createHandler() passes over lines that are no records and tells of them", async () => {
  const bad: string[] = [];
  await using archive = await TestArchive.create({ onBad: ({ reason }) => bad.push(reason) });
  await archive.record({ until: 10 });
  const path = `${archive.manifestDir}/test/video0/2026-11-22.jsonl`;
  await Deno.writeTextFile(path, '{"kind":"span"}\n', { append: true });
  await archive.record({ from: 10, until: 20 });
  const text = await (await archive.fetch("/archive/test/video.m3u8")).text();
  assertEquals(text.match(/#EXTINF/g)?.length, 10);
  assertEquals(bad.length, 1);
});

Deno.test("createHandler() describes the timeline", async () => {
  const { archive, video } = await setup();
  await using _ = archive;
  await archive.append([
    {
      kind: "gap",
      at: "2026-11-22T05:00:20.000Z",
      run: RUN,
      group: 10,
      groups: 2,
      cause: "reset",
      code: 26,
    },
  ]);
  const response = await archive.fetch("/archive/test/timeline.json");
  assertEquals(response.headers.get("content-type"), "application/json");
  const bytes = video.hashes.reduce((sum, hash) => sum + archive.objects.get(hash)!.length, 0);
  const { tracks, ...rest } = await response.json();
  assertEquals(rest, {
    broadcast: "test",
    live: true,
    targetDuration: 4,
    ranges: [{ start: "2026-11-22T05:00:00.000Z", end: "2026-11-22T05:00:20.000Z" }],
    runs: [{
      run: RUN,
      start: "2026-11-22T05:00:00.000Z",
      end: "2026-11-22T05:00:20.000Z",
      relay: "https://relay.example/anon",
      protocol: "moq-lite-05",
    }],
    gaps: [{
      track: "video0",
      start: "2026-11-22T05:00:20.000Z",
      cause: "reset",
      group: 10,
      groups: 2,
      code: 26,
    }],
  });
  assertEquals(tracks.find(({ name }: { name: string }) => name === "video0"), {
    name: "video0",
    role: "video",
    container: "cmaf",
    codec: "avc1.64001f",
    playlist: "video.m3u8",
    segments: 10,
    duration: 20,
    objects: 10,
    bytes,
    gaps: 1,
  });
});

Deno.test("createHandler() lists the broadcasts", async () => {
  await using archive = await TestArchive.create();
  assertEquals(await (await archive.fetch("/archive")).json(), { broadcasts: [] });
  await archive.record({ broadcast: "us/nbc", until: 10 });
  archive.now = 100;
  await archive.record({ broadcast: "abc", from: 90, until: 100 });
  const { broadcasts } = await (await archive.fetch("/archive")).json();
  assertEquals(
    broadcasts.map(({ bytes: _, ...rest }: { bytes: number }) => rest),
    [
      {
        name: "abc",
        live: true,
        path: "/archive/abc/",
        ranges: [{ start: "2026-11-22T05:01:30.000Z", end: "2026-11-22T05:01:40.000Z" }],
        duration: 10,
      },
      {
        name: "us/nbc",
        live: false,
        path: "/archive/us/nbc/",
        ranges: [{ start: "2026-11-22T05:00:00.000Z", end: "2026-11-22T05:00:10.000Z" }],
        duration: 10,
      },
    ],
  );
});
