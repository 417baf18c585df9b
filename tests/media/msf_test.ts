import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import type { Catalog, CatalogTrack } from "../../lib/media/catalog.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { MsfCatalog } from "../../lib/media/msf.ts";
import { readFixture } from "./fixtures.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function read(value: unknown): Catalog {
  return new MsfCatalog("live/news").push(encode(value));
}

/** The track that an entry comes out as. */
function readTrack(entry: Record<string, unknown>, rest: Record<string, unknown> = {}) {
  const { tracks, problems } = read({ version: 1, tracks: [{ name: "t", ...entry }], ...rest });
  assertEquals(problems, []);
  return tracks[0]!;
}

function names({ tracks }: Catalog): string[] {
  return tracks.map(({ name }) => name);
}

Deno.test("MsfCatalog reads what moq-cli publishes", () => {
  const { tracks, problems } = new MsfCatalog("news").push(readFixture("catalog.msf"));
  assertEquals(problems, []);
  const inits = tracks.map(({ init }) => parseInitSegment(init!).tracks[0]!.codec);
  assertEquals(inits, ["avc1.42c01e", "mp4a.40.2"]);
  assertEquals(tracks.map(({ init: _, ...track }) => track), [
    {
      name: "0.m4s",
      role: "video",
      container: "cmaf",
      codec: "avc1.42c01e",
      width: 640,
      height: 360,
      bitrate: 890400,
    },
    {
      name: "1.m4s",
      role: "audio",
      container: "cmaf",
      codec: "mp4a.40.2",
      bitrate: 96000,
      sampleRate: 48000,
      channels: 2,
    },
  ]);
});

Deno.test("MsfCatalog reads the first example of the draft", () => {
  const { tracks, problems } = new MsfCatalog("alice").push(encode({
    version: "draft-01",
    generatedAt: 1746104606044,
    tracks: [
      {
        name: "1080p-video",
        namespace: "conference.example.com/conference123/alice",
        packaging: "loc",
        isLive: true,
        targetLatency: 2000,
        role: "video",
        renderGroup: 1,
        codec: "av01.0.08M.10.0.110.09",
        width: 1920,
        height: 1080,
        framerate: 30,
        bitrate: 1500000,
      },
      {
        name: "audio",
        namespace: "conference.example.com/conference123/alice",
        packaging: "loc",
        isLive: true,
        targetLatency: 2000,
        role: "audio",
        renderGroup: 1,
        codec: "opus",
        samplerate: 48000,
        channelConfig: "2",
        bitrate: 32000,
      },
    ],
  }));
  assertEquals(problems, []);
  assertEquals(tracks, [
    {
      name: "1080p-video",
      role: "video",
      container: "loc",
      codec: "av01.0.08M.10.0.110.09",
      width: 1920,
      height: 1080,
      framerate: 30,
      bitrate: 1500000,
    },
    {
      name: "audio",
      role: "audio",
      container: "loc",
      codec: "opus",
      bitrate: 32000,
      sampleRate: 48000,
      channels: 2,
    },
  ]);
});

Deno.test("MsfCatalog reads what moq-pub publishes", () => {
  const { tracks, problems } = new MsfCatalog("bbb").push(encode({
    version: 1,
    streamingFormat: 1,
    streamingFormatVersion: "0.2",
    supportsDeltaUpdates: true,
    commonTrackFields: { namespace: "/bbb", packaging: "cmaf", renderGroup: 1 },
    tracks: [
      {
        name: "1.m4s",
        initTrack: "0.mp4",
        selectionParams: { codec: "avc1.64001F", width: 1280, height: 720 },
      },
      {
        name: "2.m4s",
        initTrack: "0.mp4",
        selectionParams: {
          codec: "mp4a.40.2",
          bitrate: 128000,
          samplerate: 48000,
          channelConfig: "2",
        },
      },
    ],
  }));
  assertEquals(problems, []);
  assertEquals(tracks, [
    {
      name: "1.m4s",
      role: "video",
      container: "cmaf",
      initTrack: "0.mp4",
      codec: "avc1.64001F",
      width: 1280,
      height: 720,
    },
    {
      name: "2.m4s",
      role: "audio",
      container: "cmaf",
      initTrack: "0.mp4",
      codec: "mp4a.40.2",
      bitrate: 128000,
      sampleRate: 48000,
      channels: 2,
    },
  ]);
});

Deno.test("MsfCatalog takes initialisation segments from wherever they are", () => {
  const init = new Uint8Array([1, 2, 3]);
  const initDataList = [
    { id: "a", type: "inline", data: "AQID" },
    { id: "b", type: "track-property", data: "79" },
    { id: 5, type: "inline", data: "AQID" },
    { id: "bad", type: "inline", data: "?" },
  ];
  const common = { commonTrackFields: { initData: "AQID", initTrack: "shared" } };
  const cases: [entry: Record<string, unknown>, rest: Record<string, unknown>, unknown][] = [
    [{ initData: "AQID" }, {}, { init }],
    [{ initData: "BAUG", initRef: "a" }, { initDataList }, { init: new Uint8Array([4, 5, 6]) }],
    [{ initData: "?", initRef: "a" }, { initDataList }, { init }],
    [{ initRef: "a" }, { initDataList }, { init }],
    [{ initRef: "a", initTrack: "i" }, { initDataList }, { init }],
    [{ initRef: "b", initTrack: "i" }, { initDataList }, { initTrack: "i" }],
    [{ initRef: "bad" }, { initDataList }, {}],
    [{ initRef: "none" }, { initDataList }, {}],
    [{ initRef: 5 }, { initDataList }, {}],
    [{ initRef: "a" }, { initDataList: "a" }, {}],
    [{}, common, { init }],
    [{}, { commonTrackFields: { initTrack: "shared" } }, { initTrack: "shared" }],
    [{ initTrack: "own" }, { commonTrackFields: { initTrack: "shared" } }, { initTrack: "own" }],
  ];
  for (const [entry, rest, expected] of cases) {
    const { name: _n, role: _r, container: _c, ...found } = readTrack(
      { packaging: "cmaf", ...entry },
      rest,
    );
    assertEquals<unknown>(found, expected, JSON.stringify([entry, rest]));
  }
});

Deno.test("MsfCatalog takes no initialisation of another container for a segment", () => {
  for (const packaging of ["loc", "legacy", "mediatimeline"]) {
    const track = readTrack({ packaging, initData: "AQID", initTrack: "i" });
    assertEquals([track.init, track.initTrack], [undefined, undefined]);
  }
});

Deno.test("MsfCatalog subscribes to no initialisation track that cannot be one", () => {
  for (const initTrack of ["", "t", "a\n", "catalog", ".catalog", "init.mp4", 5, {}, null]) {
    assertEquals(readTrack({ packaging: "cmaf", initTrack }).initTrack, undefined);
  }
});

Deno.test("MsfCatalog knows the packagings", () => {
  const cases: [packaging: unknown, expected: CatalogTrack["container"]][] = [
    ["cmaf", "cmaf"],
    ["loc", "loc"],
    ["legacy", "legacy"],
    ["mediatimeline", "raw"],
    ["eventtimeline", "raw"],
    ["moqlog", "raw"],
    ["future", "raw"],
    ["__proto__", "raw"],
    [5, "raw"],
    [undefined, "cmaf"],
  ];
  for (const [packaging, expected] of cases) {
    assertEquals(readTrack({ packaging }).container, expected);
  }
});

Deno.test("MsfCatalog tells video, audio and data apart", () => {
  const cases: [entry: Record<string, unknown>, expected: CatalogTrack["role"]][] = [
    [{ role: "video" }, "video"],
    [{ role: "signlanguage" }, "video"],
    [{ role: "audio" }, "audio"],
    [{ role: "audiodescription" }, "audio"],
    [{ role: "caption", mimeType: "video/mp4", codec: "stpp" }, "data"],
    [{ role: "constructor" }, "data"],
    [{ mimeType: "video/mp4" }, "video"],
    [{ mimetype: "audio/mp4" }, "audio"],
    [{ selectionParams: { mimeType: "audio/mp4" } }, "audio"],
    [{ mimeType: "application/json", packaging: "mediatimeline" }, "data"],
    [{ mimeType: "video" }, "video"],
    [{ mimeType: 5 }, "data"],
    ...["avc1.64001f", "avc3.42c00d", "hev1.1.6.L93.B0", "hvc1.1", "vp8", "vp09.00.10.08", "av01"]
      .map((codec): [Record<string, unknown>, "video"] => [{ codec }, "video"]),
    ...["mp4a.40.2", "opus", "Opus", "flac", "ac-3", "ec-3", "mp3"]
      .map((codec): [Record<string, unknown>, "audio"] => [{ codec }, "audio"]),
    [{ codec: "wvtt" }, "data"],
    [{ codec: "opus\n" }, "data"],
    [{}, "data"],
  ];
  for (const [entry, expected] of cases) {
    assertEquals(readTrack(entry).role, expected, JSON.stringify(entry));
  }
});

Deno.test("MsfCatalog takes for absent what makes no sense in an entry", () => {
  const nonsense = [null, true, "", "x\ny", "?".repeat(81), {}, [1], 0, -1, 1.5, 2 ** 53];
  for (const value of nonsense) {
    const track = readTrack({
      packaging: "cmaf",
      role: "video",
      codec: value,
      width: value,
      height: value,
      bitrate: value,
      timescale: value,
      samplerate: value,
      channelConfig: value,
      initData: typeof value === "string" && value !== "" ? "?" : value,
      initRef: value,
      selectionParams: value,
    });
    assertEquals(track, { name: "t", role: "video", container: "cmaf" });
  }
  assertEquals(readTrack({ framerate: 29.97, timescale: 90000 }).framerate, 29.97);
  assertEquals(readTrack({ channelConfig: 6 }).channels, 6);
  assertEquals(readTrack({ channelConfig: "5.1" }).channels, undefined);
});

Deno.test("MsfCatalog passes over names that cannot be subscribed to", () => {
  const bad = ["", "x".repeat(201), "a\0b", "\ud800", null, 5, {}, undefined];
  for (
    const name of [...bad, "catalog", "catalog.json", "catalog.json.z", ".catalog", "init.mp4"]
  ) {
    const { tracks, problems } = read({ version: 1, tracks: [{ name }, { name: "good" }] });
    assertEquals(tracks.map(({ name }) => name), ["good"]);
    assertEquals(problems.length, 1);
    assert(problems[0]!.length < 200);
  }
});

Deno.test("MsfCatalog passes over tracks of other broadcasts", () => {
  for (
    const namespace of ["live/news", "/live/news", "example.com/live/news", "", undefined, null]
  ) {
    assertEquals(names(read({ version: 1, tracks: [{ name: "t", namespace }] })), ["t"]);
  }
  for (const namespace of ["news", "live", "/", "alive/news", "live/news/hd", "LIVE/news", 5]) {
    const { tracks, problems } = read({ version: 1, tracks: [{ name: "t", namespace }] });
    assertEquals([tracks, problems], [[], ['track "t": it is in another broadcast']]);
  }
  const { tracks, problems } = read({
    version: 1,
    commonTrackFields: { namespace: "other" },
    tracks: [{ name: "a" }, { name: "b", namespace: "live/news" }],
  });
  assertEquals(tracks.map(({ name }) => name), ["b"]);
  assertEquals(problems, ['track "a": it is in another broadcast']);
});

Deno.test("MsfCatalog lists a track once, as it is declared last", () => {
  const tracks = [{ name: "a", bitrate: 1 }, { name: "b" }, { name: "a", bitrate: 2 }];
  const catalog = read({ version: 1, tracks });
  assertEquals(catalog.tracks.map(({ name, bitrate }) => [name, bitrate]), [
    ["a", 2],
    ["b", undefined],
  ]);
});

Deno.test("MsfCatalog looks at 64 tracks and no more", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ name: `t${i}` }));
  const { tracks, problems } = read({ version: 1, tracks: many });
  assertEquals(tracks.length, 64);
  assertEquals(problems, ["tracks: there are too many"]);
  assertEquals(read({ version: 1, tracks: many.slice(0, 64) }).problems, []);
});

Deno.test("MsfCatalog reads no version that it does not know", () => {
  for (const version of [1, "1", "draft-00", "draft-01", "draft-17"]) {
    assertEquals(names(read({ version, tracks: [{ name: "t" }] })), ["t"]);
  }
  for (const version of [undefined, null, 2, "2", "draft-", "x".repeat(1000), {}, [1]]) {
    const error = assertThrows(() => read({ version, tracks: [] }), SyntaxError, "it has version");
    assert(error.message.length < 100);
  }
});

Deno.test("MsfCatalog finds no tracks where there are none", () => {
  for (const tracks of [undefined, null, {}, "t", 5, []]) {
    assertEquals(read({ version: 1, isComplete: true, tracks }), { tracks: [], problems: [] });
  }
});

Deno.test("MsfCatalog applies changes in the order they come", () => {
  const catalog = new MsfCatalog("live/news");
  const video = { name: "hd", packaging: "cmaf", role: "video", bitrate: 5, initRef: "a" };
  const initDataList = [{ id: "a", type: "inline", data: "AQID" }];
  catalog.push(encode({ version: "draft-01", tracks: [video], initDataList }));
  const { tracks } = catalog.push(encode({
    generatedAt: 1746104606044,
    deltaUpdate: [
      { op: "update", tracks: [{ name: "hd", bitrate: 4 }] },
      { op: "add", tracks: [{ name: "slides", packaging: "loc", role: "video" }] },
      { op: "clone", tracks: [{ parentName: "hd", name: "sd", width: 1280 }] },
    ],
  }));
  const common = { role: "video", container: "cmaf", init: new Uint8Array([1, 2, 3]) } as const;
  const slides = { name: "slides", role: "video", container: "loc" };
  const [hd, sd] = [{ name: "hd", ...common, bitrate: 4 }, {
    name: "sd",
    ...common,
    bitrate: 4,
    width: 1280,
  }];
  assertEquals<unknown>(tracks.toSorted((a, b) => a.name < b.name ? -1 : 1), [hd, sd, slides]);

  const after = catalog.push(encode({
    deltaUpdate: [
      { op: "remove", tracks: [{ name: "hd" }, { name: "slides" }, { name: "unknown" }] },
      { op: "update", tracks: [{ parentName: "sd", name: "ld" }, { name: "unknown", bitrate: 5 }] },
      { op: "add", tracks: [{ name: "hd", role: "audio" }] },
      { op: "magic", tracks: [{ name: "m" }] },
      null,
      { op: "add" },
    ],
  }));
  assertEquals(after.tracks.map(({ name, role }) => `${name} ${role}`), ["ld video", "hd audio"]);
});

Deno.test("MsfCatalog applies changes as they were called first", () => {
  const catalog = new MsfCatalog("live/news");
  catalog.push(encode({ version: 1, tracks: [{ name: "a", role: "video" }, { name: "b" }] }));
  const cloned = catalog.push(encode({
    deltaUpdate: true,
    cloneTracks: [{ parentName: "a", name: "c" }],
    removeTracks: [{ name: "a" }],
    addTracks: [{ name: "d", role: "audio" }],
  }));
  assertEquals(cloned.tracks.map(({ name, role }) => `${name} ${role}`), [
    "b data",
    "c video",
    "d audio",
  ]);
  // Removed first, there is nothing left to inherit from.
  const removed = catalog.push(encode({
    deltaUpdate: true,
    removeTracks: [{ name: "c" }],
    cloneTracks: [{ parentName: "c", name: "e" }],
  }));
  assertEquals(removed.tracks.map(({ name, role }) => `${name} ${role}`), [
    "b data",
    "d audio",
    "e data",
  ]);
});

Deno.test("MsfCatalog changes the track of the namespace that is meant", () => {
  const catalog = new MsfCatalog("live/news");
  const tracks = [{ name: "a", role: "video" }, { name: "a", namespace: "other", role: "audio" }];
  assertEquals(names(catalog.push(encode({ version: 1, tracks }))), ["a"]);
  const push = (...deltaUpdate: unknown[]) => catalog.push(encode({ deltaUpdate }));
  const foreign = { parentName: "a", parentNamespace: "other" };
  const cloned = push(
    { op: "clone", tracks: [{ ...foreign, name: "b", namespace: "live/news" }] },
    { op: "clone", tracks: [{ parentName: "a", name: "c", namespace: "live/news" }] },
    { op: "clone", tracks: [{ ...foreign, name: "d" }] },
  );
  assertEquals(cloned.tracks.map(({ name, role }) => `${name} ${role}`), [
    "a video",
    "b audio",
    "c video",
  ]);
  assertEquals(cloned.problems.length, 2);
  const removed = push({ op: "remove", tracks: [{ name: "a", namespace: "other" }] });
  assertEquals([names(removed), removed.problems.length], [["a", "b", "c"], 1]);
  assertEquals(names(push({ op: "remove", tracks: [{ name: "a", namespace: "/live/news" }] })), [
    "b",
    "c",
  ]);
});

Deno.test("MsfCatalog takes a whole document at any time", () => {
  const catalog = new MsfCatalog("live/news");
  const document = (name: string) => encode({ version: 1, tracks: [{ name }] });
  assertEquals(names(catalog.push(document("a"))), ["a"]);
  assertEquals(names(catalog.push(document("b"))), ["b"]);
  assertThrows(() => catalog.push(new TextEncoder().encode("{")), SyntaxError);
  assertEquals(names(catalog.push(document("c"))), ["c"]);
});

Deno.test("MsfCatalog applies no changes to what it could not read", () => {
  const catalog = new MsfCatalog("live/news");
  const document = encode({ version: 1, tracks: [{ name: "a" }] });
  const change = encode({ deltaUpdate: [{ op: "add", tracks: [{ name: "b" }] }] });
  const message = "it changes one that could not be read";
  assertThrows(() => catalog.push(change), SyntaxError, message);
  catalog.push(document);
  assertEquals(names(catalog.push(change)), ["a", "b"]);
  catalog.reset();
  assertThrows(() => catalog.push(change), SyntaxError, message);
  for (const bad of ["", "[]", "null", '{"version":2}', '[{"op":"add","path":"/tracks/-"}]']) {
    catalog.push(document);
    assertThrows(() => catalog.push(new TextEncoder().encode(bad)), SyntaxError);
    assertThrows(() => catalog.push(change), SyntaxError, message);
  }
});

Deno.test("MsfCatalog refuses changes that make it too large", () => {
  const catalog = new MsfCatalog("live/news");
  const initData = "A".repeat(400_000);
  const add = (name: string) =>
    encode({ deltaUpdate: [{ op: "add", tracks: [{ name, initData }] }] });
  catalog.push(encode({ version: 1, tracks: [{ name: "a", initData }] }));
  assertEquals(names(catalog.push(add("b"))), ["a", "b"]);
  assertThrows(() => catalog.push(add("c")), SyntaxError, "its changes make it too large");
});

Deno.test("MsfCatalog is not worn out by changes that multiply", () => {
  const catalog = new MsfCatalog("live/news");
  const entry: Record<string, unknown> = { name: "a", packaging: "loc" };
  for (let i = 0; i < 50_000; ++i) entry[`member${i}`] = i;
  catalog.push(encode({ version: 1, tracks: [entry] }));
  const clones = Array.from({ length: 20_000 }, (_, i) => ({ parentName: "a", name: `${i}` }));
  const { tracks, problems } = catalog.push(
    encode({ deltaUpdate: [{ op: "clone", tracks: clones }] }),
  );
  assertEquals([tracks.length, problems], [64, ["tracks: there are too many"]]);
  const gone = tracks.slice(0, 10).map(({ name }) => ({ name }));
  const left = catalog.push(encode({ deltaUpdate: [{ op: "remove", tracks: gone }] }));
  assertEquals([left.tracks.length, left.problems], [55, []]);
});

Deno.test("MsfCatalog reads documents that were compressed", () => {
  const frame = gzipSync(encode({ version: 1, tracks: [{ name: "a" }] }));
  assertEquals(names(new MsfCatalog("live/news").push(frame)), ["a"]);
  const read = (bytes: Uint8Array) => () => new MsfCatalog("live/news").push(bytes);
  assertThrows(read(frame.subarray(0, 20)), SyntaxError, "Cannot inflate frame");
  assertThrows(read(gzipSync(new Uint8Array(50_000_000))), SyntaxError, "it is too large");
});

Deno.test("MsfCatalog is not harmed by members called __proto__", () => {
  const evil = '{"version":1,"__proto__":{"tracks":[{"name":"b"}]},' +
    '"tracks":[{"name":"__proto__","__proto__":{"role":"video"},"selectionParams":{"__proto__":{}}}]}';
  const { tracks } = new MsfCatalog("live/news").push(new TextEncoder().encode(evil));
  assertEquals(tracks, [{ name: "__proto__", role: "data", container: "cmaf" }]);
  assertEquals("role" in {}, false);
});
