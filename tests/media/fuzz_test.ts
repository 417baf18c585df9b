import { assert, assertEquals } from "@std/assert";
import { findBox } from "../../lib/media/box.ts";
import { FragmentScanner, type FragmentSummary } from "../../lib/media/fragment_scanner.ts";
import { HangCatalog } from "../../lib/media/hang.ts";
import { type InitSegment, parseInitSegment } from "../../lib/media/init_segment.ts";
import { shiftFragment } from "../../lib/media/retime.ts";
import { selectTrack } from "../../lib/media/select_track.ts";
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

Deno.test("HangCatalog throws nothing but SyntaxError and lists nothing absurd", () => {
  const random = new Random(5);
  const document = JSON.parse(
    new TextDecoder().decode(readFixture("catalog.hang")),
    (key, value) =>
      // Base64 would leave the rest little chance of being hit.
      key === "init" ? "AAEC" : value,
  );
  const patch = { video: { renditions: { "0.m4s": null, "2.m4s": { codec: "vp8" } } } };
  const old = { video: [{ track: { name: "a" }, config: { codec: "vp8", container: "cmaf" } }] };
  const encoder = new TextEncoder();
  const sources = [document, patch, old].map((value) => encoder.encode(JSON.stringify(value)));
  const texts = TEXTS.map((text) => encoder.encode(text));
  let listed = 0;
  for (let i = 0; i < ROUNDS; ++i) {
    const catalog = new HangCatalog();
    for (let frame = random.below(3); frame >= 0; --frame) {
      let bytes = random.below(2) ? random.pick(sources) : mutate(random, sources);
      if (random.below(2)) {
        const offset = random.below(bytes.length + 1);
        const rest = bytes.subarray(offset + random.below(10));
        bytes = join(bytes.subarray(0, offset), random.pick(texts), rest);
      }
      const tracks = attempt(() => catalog.push(bytes), SyntaxError)?.tracks ?? [];
      assertEquals(new Set(tracks.map(({ name }) => name)).size, tracks.length);
      for (const { name, codec = "x", bitrate = 1, timescale = 1 } of tracks) {
        listed += 1;
        assert(name.length > 0 && name.isWellFormed() && !/\p{Cc}/u.test(name));
        assert(/^[\w.+-]+$/.test(codec));
        assert(Number.isSafeInteger(bitrate) && bitrate > 0);
        assert(Number.isSafeInteger(timescale) && timescale > 0);
      }
    }
  }
  assert(listed > ROUNDS / 10);
});
