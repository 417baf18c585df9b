import { assert, assertEquals } from "@std/assert";
import { findBox } from "../../lib/media/box.ts";
import type { Catalog, CatalogReader } from "../../lib/media/catalog.ts";
import { FragmentScanner, type FragmentSummary } from "../../lib/media/fragment_scanner.ts";
import { HangCatalog } from "../../lib/media/hang.ts";
import { FrameInflater } from "../../lib/media/inflate.ts";
import { type InitSegment, parseInitSegment } from "../../lib/media/init_segment.ts";
import { MsfCatalog } from "../../lib/media/msf.ts";
import { shiftFragment } from "../../lib/media/retime.ts";
import { selectTrack } from "../../lib/media/select_track.ts";
import { deflateFrames } from "../support/deflate.ts";
import { Random } from "../support/random.ts";
import { box, join } from "./boxes.ts";
import { MEDIA, readFixture, readMedia } from "./fixtures.ts";

const ROUNDS = 20_000;

const NUMBERS = [0, 1, 2, 7, 8, 9, 15, 16, 255, 0x01000000, 0x7fffffff, 0x80000000, 0xffffffff];

const media = MEDIA.map(readMedia);
const inits = media.map(({ init }) => init);
const fragments = media.flatMap(({ fragments }) =>
  fragments.slice(0, 2).map((bytes) =>
    join(bytes.subarray(0, findBox(bytes, "moof")!.end), box("mdat", new Uint8Array(12)))
  )
);

/** Damages a copy of one of the `sources` in one to three ways. */
function mutate(
  random: Random,
  sources: readonly Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  let bytes = random.pick(sources).slice();
  for (let i = random.below(3); i >= 0 && bytes.length >= 8; --i) {
    const offset = random.below(bytes.length);
    const view = new DataView(bytes.buffer);
    switch (random.below(5)) {
      case 0:
        bytes[offset]! ^= 1 << random.below(8);
        break;
      case 1:
        bytes = bytes.slice(0, offset);
        break;
      case 2: {
        const other = random.pick(sources);
        const start = random.below(other.length);
        const inserted = other.subarray(start, start + random.below(100));
        bytes = join(
          bytes.subarray(0, offset),
          inserted,
          bytes.subarray(offset + random.below(100)),
        );
        break;
      }
      case 3:
        view.setUint32(Math.min(offset, bytes.length - 4), random.pick(NUMBERS));
        break;
      case 4:
        damageSize(random, view, offset);
    }
  }
  return bytes;
}

/** Changes the size of the box after `offset` whose type looks like one. */
function damageSize(random: Random, view: DataView, offset: number): void {
  const letter = (i: number) => view.getUint8(i) >= 0x61 && view.getUint8(i) <= 0x7a;
  for (let i = offset; i + 8 <= view.byteLength; ++i) {
    if (![4, 5, 6, 7].every((j) => letter(i + j))) continue;
    const size = random.below(2) ? random.pick(NUMBERS) : view.getUint32(i) + random.below(17) - 8;
    return view.setUint32(i, size);
  }
}

/** What `action` returns; undefined if it throws what it may throw. */
function attempt<T>(action: () => T, ...expected: (new () => Error)[]): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!expected.includes((error as Error).constructor as new () => Error)) throw error;
    return undefined;
  }
}

Deno.test("parseInitSegment() throws nothing but SyntaxError and returns nothing absurd", () => {
  const random = new Random(1);
  let whole = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const bytes = mutate(random, inits);
    const init = attempt(() => parseInitSegment(bytes), SyntaxError);
    for (const track of init?.tracks ?? []) {
      whole += 1;
      assert(track.timescale > 0);
      assert(/^[\w.+-]+$/.test(track.codec), track.codec);
      const { width = 1, height = 1, sampleRate = 1, channels = 1 } = track;
      assert(width > 0 && height > 0 && sampleRate > 0 && channels > 0);
    }
  }
  assert(whole > ROUNDS / 10);
});

Deno.test("selectTrack() throws nothing but SyntaxError and leaves one track id", () => {
  const random = new Random(2);
  let selected = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const bytes = mutate(random, inits);
    const init = attempt(() => parseInitSegment(bytes), SyntaxError);
    const id = init?.tracks[0]?.id ?? 1 + random.below(2);
    const own = attempt(() => selectTrack(bytes, id), SyntaxError);
    if (init === undefined || own === undefined) continue;
    selected += 1;
    assertEquals(parseInitSegment(own).tracks, init.tracks.filter((track) => track.id === id));
  }
  assert(selected > ROUNDS / 10);
});

function scan(init: InitSegment | undefined, ...chunks: Uint8Array[]): FragmentSummary {
  const scanner = new FragmentScanner(init);
  for (const chunk of chunks) scanner.push(chunk);
  return scanner.finish();
}

Deno.test("FragmentScanner never throws, and splits do not matter", () => {
  const random = new Random(3);
  const parsed = [undefined, ...inits.map(parseInitSegment)];
  let timed = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const init = random.pick(parsed);
    const bytes = join(mutate(random, fragments), random.pick(fragments));
    const summary = scan(init, bytes);
    const split = random.below(bytes.length);
    const again = scan(init, bytes.subarray(0, split), bytes.subarray(split));
    assertEquals(JSON.stringify(again), JSON.stringify(summary));
    const { time, duration = 1, firstSample = { offset: 0, length: 1 } } = summary;
    if (time === undefined) continue;
    timed += 1;
    assert(Number.isSafeInteger(time) && Number.isSafeInteger(duration) && duration > 0);
    assert(firstSample.length > 0 && firstSample.offset + firstSample.length <= bytes.length);
  }
  assert(timed > ROUNDS / 10);
});

Deno.test("shiftFragment() throws nothing but SyntaxError and RangeError, and can be undone", () => {
  const random = new Random(4);
  let shifted = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const bytes = mutate(random, fragments);
    const ticks = random.below(1e6);
    const shift = (from: Uint8Array, by: number) => shiftFragment(from, by, i);
    const moved = attempt(() => shift(bytes, ticks), SyntaxError, RangeError);
    if (moved === undefined) continue;
    shifted += 1;
    assertEquals(shift(moved, -ticks), shift(bytes, 0));
  }
  assert(shifted > ROUNDS / 10);
});

const TEXTS = [
  "null",
  "{}",
  "[]",
  "1e999",
  '"__proto__"',
  '"\\ud800"',
  '"\\u0000":',
  "[[[[[[[[",
  ",",
];

/** Damages a copy of one of the documents in several ways. */
function mutateText(random: Random, sources: readonly Uint8Array<ArrayBuffer>[]) {
  const bytes = random.below(2) ? random.pick(sources) : mutate(random, sources);
  if (random.below(2)) return bytes;
  const offset = random.below(bytes.length + 1);
  const rest = bytes.subarray(offset + random.below(10));
  return join(bytes.subarray(0, offset), new TextEncoder().encode(random.pick(TEXTS)), rest);
}

function assertSensible({ tracks, problems }: Catalog): void {
  assertEquals(new Set(tracks.map(({ name }) => name)).size, tracks.length);
  assert(problems.every((problem) => problem.length < 200));
  for (const { name, codec = "x", initTrack = "x", ...rest } of tracks) {
    for (const text of [name, initTrack]) {
      assert(text.length > 0 && text.isWellFormed() && !/\p{Cc}/u.test(text));
    }
    assert(/^[\w.+-]+$/.test(codec));
    const { bitrate = 1, timescale = 1, width = 1, sampleRate = 1, channels = 1 } = rest;
    for (const number of [bitrate, timescale, width, sampleRate, channels]) {
      assert(Number.isSafeInteger(number) && number > 0);
    }
  }
}

/** Feeds damaged documents to readers and counts the tracks that come of it. */
function fuzzCatalog(seed: number, reader: () => CatalogReader, documents: unknown[]): number {
  const random = new Random(seed);
  const sources = documents.map((value) => new TextEncoder().encode(JSON.stringify(value)));
  let listed = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const catalog = reader();
    for (let frame = random.below(3); frame >= 0; --frame) {
      const found = attempt(() => catalog.push(mutateText(random, sources)), SyntaxError);
      if (found === undefined) continue;
      assertSensible(found);
      listed += found.tracks.length;
    }
  }
  return listed;
}

Deno.test("HangCatalog throws nothing but SyntaxError and lists nothing absurd", () => {
  const document = JSON.parse(
    new TextDecoder().decode(readFixture("catalog.hang")),
    (key, value) =>
      // Base64 would leave the rest little chance of being hit.
      key === "init" ? "AAEC" : value,
  );
  const patch = { video: { renditions: { "0.m4s": null, "2.m4s": { codec: "vp8" } } } };
  const old = { video: [{ track: { name: "a" }, config: { codec: "vp8", container: "cmaf" } }] };
  const listed = fuzzCatalog(5, () => new HangCatalog(), [document, patch, old]);
  assert(listed > ROUNDS / 10);
});

Deno.test("MsfCatalog throws nothing but SyntaxError and lists nothing absurd", () => {
  const video = {
    name: "v",
    packaging: "cmaf",
    role: "video",
    codec: "vp8",
    width: 64,
    bitrate: 9,
  };
  const audio = { name: "a", packaging: "loc", samplerate: 48000, channelConfig: "2" };
  const selectionParams = { codec: "avc1.64001f", width: 64, height: 48 };
  const listed = fuzzCatalog(6, () => new MsfCatalog("news"), [
    {
      version: "draft-01",
      tracks: [{ ...video, initRef: "i" }, audio],
      initDataList: [{ id: "i" }],
    },
    {
      version: 1,
      commonTrackFields: { namespace: "news", packaging: "cmaf" },
      tracks: [{ name: "1.m4s", initTrack: "0.mp4", selectionParams }],
    },
    {
      deltaUpdate: [
        { op: "add", tracks: [audio] },
        { op: "clone", tracks: [{ parentName: "v", name: "w" }] },
        { op: "update", tracks: [{ name: "v", bitrate: 5 }] },
      ],
    },
    { deltaUpdate: true, removeTracks: [{ name: "a" }], cloneTracks: [{ parentName: "v" }] },
  ]);
  assert(listed > ROUNDS / 10);
});

Deno.test("FrameInflater throws nothing but SyntaxError", async () => {
  const random = new Random(7);
  const texts = ["a catalog", "another catalog", "a catalog".repeat(100), "{}"];
  const deflated = await deflateFrames(texts.map((text) => new TextEncoder().encode(text)));
  const sources = deflated.map((frame) => join(frame));
  let inflated = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const inflater = new FrameInflater();
    for (let frame = random.below(3); frame >= 0; --frame) {
      const bytes = random.below(2) ? random.pick(sources) : mutate(random, sources);
      const text = attempt(() => inflater.push(bytes), SyntaxError);
      if (text !== undefined && text.length > 0) inflated += 1;
    }
  }
  assert(inflated > ROUNDS / 10);
});
