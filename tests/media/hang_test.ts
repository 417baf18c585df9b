import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Catalog, CatalogTrack } from "../../lib/media/catalog.ts";
import { HangCatalog } from "../../lib/media/hang.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { readFixture } from "./fixtures.ts";

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function read(value: unknown): Catalog {
  return new HangCatalog().push(encode(value));
}

/** The track that a video rendition with this configuration comes out as. */
function readVideo(config: unknown): CatalogTrack | undefined {
  return read({ video: { renditions: { v: config } } }).tracks[0];
}

Deno.test("HangCatalog reads what moq-cli publishes", () => {
  const { tracks, problems } = new HangCatalog().push(readFixture("catalog.hang"));
  assertEquals(problems, []);
  const inits = tracks.map(({ init }) => init && parseInitSegment(init).tracks[0]!.codec);
  assertEquals(inits, ["avc1.42c00d", "mp4a.40.2", undefined, undefined]);
  assertEquals(tracks.map(({ init: _, ...track }) => track), [
    {
      name: "0.m4s",
      role: "video",
      container: "cmaf",
      codec: "avc1.42c00d",
      width: 320,
      height: 180,
      bitrate: 818172,
    },
    {
      name: "1.m4s",
      role: "audio",
      container: "cmaf",
      codec: "mp4a.40.2",
      bitrate: 64000,
      sampleRate: 48000,
      channels: 2,
    },
    { name: "0.m4s.timeline.z", role: "data", container: "raw" },
    { name: "1.m4s.timeline.z", role: "data", container: "raw" },
  ]);
});

Deno.test("HangCatalog reads renditions as they were before there were names to them", () => {
  const { tracks, problems } = read({
    video: [
      { track: { name: "video0", priority: 2 }, config: { codec: "vp8", codedWidth: 640 } },
      { track: { name: "video1" } },
    ],
    audio: { track: { name: "audio0" }, config: { codec: "opus", sampleRate: 48000 } },
  });
  assertEquals(problems, []);
  assertEquals(tracks, [
    { name: "video0", role: "video", container: "legacy", codec: "vp8", width: 640 },
    { name: "video1", role: "video", container: "legacy" },
    { name: "audio0", role: "audio", container: "legacy", codec: "opus", sampleRate: 48000 },
  ]);
});

Deno.test("HangCatalog knows the names that containers have had", () => {
  const cases: [container: unknown, expected: string][] = [
    [undefined, "legacy"],
    ["legacy", "legacy"],
    ["native", "legacy"],
    ["cmaf", "cmaf"],
    ["fmp4", "cmaf"],
    [{ kind: "legacy" }, "legacy"],
    [{ kind: "loc" }, "loc"],
    [{ kind: "cmaf" }, "cmaf"],
    // Recorded all the same, as bytes.
    ["raw", "raw"],
    [{ kind: "future", magic: 7 }, "raw"],
    [{ kind: 5 }, "raw"],
    [["cmaf"], "raw"],
    [null, "raw"],
  ];
  for (const [container, expected] of cases) {
    assertEquals(readVideo({ container }), {
      name: "v",
      role: "video",
      container: expected as "raw",
    });
  }
});

Deno.test("HangCatalog reads a timescale with or without an initialisation segment", () => {
  const container = { kind: "cmaf", timescale: 90000, track_id: 1 };
  const track = { name: "v", role: "video", container: "cmaf", timescale: 90000 } as const;
  assertEquals(readVideo({ container }), track);
  assertEquals(readVideo({ container: { ...container, init: "AAEC" } }), {
    ...track,
    init: new Uint8Array([0, 1, 2]),
  });
});

Deno.test("HangCatalog takes for absent what makes no sense in a rendition", () => {
  const nonsense = [
    null,
    true,
    "",
    "x\ny",
    'avc1",URI="',
    "x".repeat(81),
    {},
    [1],
    0,
    -1,
    1.5,
    2 ** 53,
  ];
  for (const value of nonsense) {
    const track = readVideo({
      codec: value,
      codedWidth: value,
      codedHeight: value,
      bitrate: value,
      sampleRate: value,
      numberOfChannels: value,
      container: {
        kind: "cmaf",
        init: typeof value === "string" ? "?" + value : value,
        timescale: value,
      },
      timeline: value,
    });
    assertEquals(track, { name: "v", role: "video", container: "cmaf" });
  }
  assertEquals(readVideo({ framerate: 29.97 })?.framerate, 29.97);
  // JSON has larger numbers than can be told apart from infinity.
  const catalog = new HangCatalog().push(
    new TextEncoder().encode('{"video":{"renditions":{"v":{"framerate":1e999,"bitrate":-1e999}}}}'),
  );
  assertEquals(catalog.tracks, [{ name: "v", role: "video", container: "legacy" }]);
});

Deno.test("HangCatalog passes over names that cannot be subscribed to", () => {
  for (const name of ["", "x".repeat(201), "a\0b", "a\nb", "a\u0085b", "\ud800"]) {
    const { tracks, problems } = read({ audio: { renditions: { [name]: {}, good: {} } } });
    assertEquals(tracks.map(({ name }) => name), ["good"]);
    assertEquals(problems.length, 1);
    assert(problems[0]!.length < 200);
  }
  for (const name of [null, 5, {}, ["a"]]) {
    const { tracks, problems } = read({
      video: [{ track: { name }, config: {} }, { track: name }],
    });
    assertEquals([tracks.length, problems.length], [0, 2]);
  }
});

Deno.test("HangCatalog lists names as they are, however odd", () => {
  const names = ["__proto__", "constructor", "../../etc", "a/b", " ", "x".repeat(200), "日本"];
  const document = `{"video":{"renditions":{${
    names.map((n) => `${JSON.stringify(n)}:{}`).join()
  }}}}`;
  const { tracks, problems } = new HangCatalog().push(new TextEncoder().encode(document));
  assertEquals(tracks.map(({ name }) => name), names);
  assertEquals(problems, []);
});

Deno.test("HangCatalog lists a track once", () => {
  const { tracks, problems } = read({
    video: { renditions: { a: { codec: "vp8", timeline: { track: "t" } } } },
    audio: { renditions: { a: { codec: "opus" }, b: { timeline: { track: "t" } } } },
  });
  assertEquals(tracks.map(({ name, role }) => `${name} ${role}`), ["a video", "b audio", "t data"]);
  assertEquals(problems, ['audio rendition "a": another has the same track']);
});

Deno.test("HangCatalog takes no timeline for data that is a rendition, too", () => {
  const { tracks } = read({
    video: { renditions: { a: { timeline: { track: "b" } } } },
    audio: { renditions: { b: { timeline: { track: "" } }, c: { timeline: { track: "a\n" } } } },
  });
  assertEquals(tracks.map(({ name, role }) => `${name} ${role}`), [
    "a video",
    "b audio",
    "c audio",
  ]);
});

Deno.test("HangCatalog passes over renditions that are in another broadcast", () => {
  const { tracks, problems } = read({
    video: {
      renditions: { a: { broadcast: "../source" }, b: { broadcast: "" }, c: { broadcast: 5 } },
    },
  });
  assertEquals(tracks.map(({ name }) => name), ["b"]);
  assertEquals(problems, [
    'video rendition "a": it is in another broadcast',
    'video rendition "c": it is in another broadcast',
  ]);
});

Deno.test("HangCatalog looks at 64 renditions and no more", () => {
  const many = (config: unknown) =>
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`t${i}`, config]));
  const good = read({ video: { renditions: many({}) }, audio: { renditions: many({}) } });
  assertEquals(good.tracks.length, 64);
  assertEquals(good.problems, [
    "video renditions: there are too many",
    "audio renditions: there are too many",
  ]);
  const bad = read({ video: { renditions: many("?") }, audio: { renditions: { sound: {} } } });
  assertEquals(bad.tracks.length, 0);
  assertEquals(bad.problems.length, 66);
});

Deno.test("HangCatalog lists no more tracks because they have timelines", () => {
  const renditions = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`t${i}`, { timeline: { track: `t${i}.timeline.z` } }]),
  );
  const { tracks } = read({ video: { renditions } });
  assertEquals(tracks.filter(({ role }) => role === "video").length, 40);
  assertEquals(tracks.length, 64);
});

Deno.test("HangCatalog finds no tracks in documents of another kind", () => {
  const documents = [
    {},
    { video: null, audio: 5 },
    { video: { renditions: [{}] }, audio: {} },
    { video: [null, 5, "a", []], audio: "opus" },
    { tracks: [{ name: "video" }] },
    { chat: { track: { name: "chat" } } },
  ];
  for (const document of documents) assertEquals(read(document), { tracks: [], problems: [] });
});

Deno.test("HangCatalog applies merge patches to the document of the group", () => {
  const catalog = new HangCatalog();
  const names = (frame: unknown) => catalog.push(encode(frame)).tracks.map(({ name }) => name);
  assertEquals(names({ video: { renditions: { a: { codec: "vp8", bitrate: 5 } } } }), ["a"]);
  assertEquals(names({ audio: { renditions: { b: {} } } }), ["a", "b"]);
  const { tracks } = catalog.push(
    encode({ video: { renditions: { a: { bitrate: 6, codec: null } } } }),
  );
  assertEquals(tracks[0], { name: "a", role: "video", container: "legacy", bitrate: 6 });
  assertEquals(names({ video: { renditions: { a: null } } }), ["b"]);
  assertEquals(names({ audio: null }), []);
});

Deno.test("HangCatalog begins anew with each group", () => {
  const catalog = new HangCatalog();
  catalog.push(encode({ video: { renditions: { a: {} } } }));
  catalog.reset();
  const { tracks } = catalog.push(encode({ audio: { renditions: { b: {} } } }));
  assertEquals(tracks.map(({ name }) => name), ["b"]);
});

Deno.test("HangCatalog applies no patches to what it could not read", () => {
  const catalog = new HangCatalog();
  const good = encode({ video: { renditions: { a: {} } } });
  for (const bad of ["", "{", "[]", "null", '"text"']) {
    for (const before of [[], [good]]) {
      catalog.reset();
      for (const frame of before) catalog.push(frame);
      assertThrows(() => catalog.push(new TextEncoder().encode(bad)), SyntaxError);
      assertThrows(() => catalog.push(good), SyntaxError, "it changes one that could not be read");
    }
  }
  catalog.reset();
  assertEquals(catalog.push(good).tracks.length, 1);
});

Deno.test("HangCatalog is not harmed by members called __proto__", () => {
  const catalog = new HangCatalog();
  const evil =
    '{"__proto__":{"video":{"renditions":{"a":{}}}},"audio":{"__proto__":{"renditions":{"b":{}}}}}';
  assertEquals(catalog.push(new TextEncoder().encode(evil)).tracks, []);
  assertEquals(catalog.push(new TextEncoder().encode(evil)).tracks, []);
  assertEquals("video" in {}, false);
});

Deno.test("HangCatalog reads text that is no UTF-8 as far as it is", () => {
  const bytes = encode({ video: { display: "?", renditions: { a: {} } } });
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  assertEquals(new HangCatalog().push(bytes).tracks.map(({ name }) => name), ["a"]);
});

Deno.test("HangCatalog refuses frames and documents that are too large", () => {
  const padded = (size: number) => encode({ x: "x".repeat(size - 8) });
  const catalog = new HangCatalog();
  assertEquals(padded(1024 * 1024).length, 1024 * 1024);
  assertEquals(catalog.push(padded(1024 * 1024)).tracks, []);
  assertThrows(() => catalog.push(encode({ y: 1 })), SyntaxError, "its changes make it too large");
  catalog.reset();
  assertThrows(() => catalog.push(padded(1024 * 1024 + 1)), SyntaxError, "it has 1048577 bytes");
});

Deno.test("HangCatalog refuses frames that are nested too deep", () => {
  const nest = (depth: number, [open, close]: string) =>
    new TextEncoder().encode(`{"x":${open!.repeat(depth)}1${close!.repeat(depth)}}`);
  const message = "it is nested too deep";
  new HangCatalog().push(nest(30, "[]"));
  assertThrows(() => new HangCatalog().push(nest(40, "[]")), SyntaxError, message);
  assertThrows(() => new HangCatalog().push(nest(500_000, "[]")), SyntaxError, message);
  const objects = new TextEncoder().encode(`${'{"x":'.repeat(170_000)}1${"}".repeat(170_000)}`);
  assertThrows(() => new HangCatalog().push(objects), SyntaxError, message);
});

Deno.test("HangCatalog takes the catalog itself and the shared initialisation for no renditions", () => {
  const renditions = { "catalog.json": {}, "init.mp4": {}, good: {} };
  const { tracks, problems } = read({ video: { renditions } });
  assertEquals(tracks.map(({ name }) => name), ["good"]);
  assertEquals(problems.length, 2);
});
