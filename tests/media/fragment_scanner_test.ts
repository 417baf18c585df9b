import { assertEquals, assertStringIncludes } from "@std/assert";
import { findBox } from "../../lib/media/box.ts";
import { FragmentScanner, type FragmentSummary } from "../../lib/media/fragment_scanner.ts";
import { type InitSegment, parseInitSegment } from "../../lib/media/init_segment.ts";
import { splits } from "../support/bytes.ts";
import {
  ascii,
  audioEntry,
  box,
  fragment,
  initSegment,
  join,
  largeBox,
  type Run,
  traf,
  u32,
  u64,
} from "./boxes.ts";
import { readMedia } from "./fixtures.ts";

function scan(bytes: Uint8Array, init?: InitSegment): FragmentSummary {
  const scanner = new FragmentScanner(init);
  scanner.push(bytes);
  return scanner.finish();
}

function scanMedia(name: Parameters<typeof readMedia>[0], from = 0, to?: number): FragmentSummary {
  const { init, fragments } = readMedia(name);
  return scan(join(...fragments.slice(from, to)), parseInitSegment(init));
}

Deno.test("FragmentScanner reads durations from tfhd, over several fragments", () => {
  assertEquals(scanMedia("h264"), {
    fragments: 7,
    time: 60000 * 90000,
    duration: 2 * 90000,
    key: true,
    firstSample: { offset: 0, length: 1153 },
  });
});

Deno.test("FragmentScanner reads durations from trun", () => {
  const [first, second] = [scanMedia("uneven", 0, 1), scanMedia("uneven", 1, 2)];
  // Pictures 1, 2, 4, 5 and so on of ten a second: 14 of them, with the GOP cut after ten.
  assertEquals(first.time, 0);
  assertEquals(first.duration, second.time);
  assertEquals(scanMedia("uneven").duration, first.duration! + second.duration!);
  assertEquals(scanMedia("uneven").duration, 19 * 1024);
});

Deno.test("FragmentScanner counts decode times, not those of composition", () => {
  const { time, duration, key } = scanMedia("bframes");
  assertEquals({ time, duration, key }, { time: 0, duration: 20 * 1024, key: true });
});

Deno.test("FragmentScanner tells whether a fragment begins at a random access point", () => {
  assertEquals([0, 1, 2].map((i) => scanMedia("h264", i, i + 1).key), [true, false, false]);
});

Deno.test("FragmentScanner takes all audio for random access points", () => {
  for (const name of ["aac", "opus", "flac", "ac3", "eac3", "mp3"] as const) {
    for (const i of readMedia(name).fragments.keys()) {
      assertEquals(scanMedia(name, i, i + 1).key, true, name);
    }
  }
});

Deno.test("FragmentScanner reads a last packet that is shorter", () => {
  assertEquals(scanMedia("aac").duration, 25024);
});

Deno.test("FragmentScanner looks at the video where there is audio, too", () => {
  const { time, duration } = scanMedia("muxed");
  assertEquals({ time, duration }, { time: 0, duration: 10459 });
});

Deno.test("FragmentScanner does not know where samples lie that count from the file's beginning", () => {
  const { firstSample, ...rest } = scanMedia("absolute");
  assertEquals(firstSample, undefined);
  assertEquals(rest, { fragments: 2, time: 0, duration: 20 * 1024, key: true });
});

const INIT = parseInitSegment(initSegment({ defaults: [512, 90, 0x01010000] }));

Deno.test("FragmentScanner gives the same summary however the bytes are split", () => {
  const bytes = join(
    box("styp", ascii("msdh")),
    fragment({ time: 2 ** 33, runs: [[0x305, 2, 100, 0x02000000, 10, 7, 11, 8]] }, 15),
    largeBox("mdat", u32(1)),
    largeBox("moof", traf({ time: 2 ** 33 + 21, runs: [[0, 3]] })),
    box("mdat", u32(2)),
  );
  const expected = {
    fragments: 2,
    time: 2 ** 33,
    duration: 21 + 3 * 512,
    key: true,
    firstSample: { offset: 12, length: 107 },
  };
  for (const chunks of splits(bytes)) {
    const scanner = new FragmentScanner(INIT);
    for (const chunk of chunks) scanner.push(chunk);
    assertEquals(scanner.finish(), expected);
  }
});

Deno.test("FragmentScanner knows the time before the samples have come", () => {
  const scanner = new FragmentScanner();
  const bytes = fragment({ time: 77 }, 1000);
  const end = findBox(bytes, "moof")!.end;
  scanner.push(bytes.subarray(0, end - 1));
  assertEquals(scanner.time, undefined);
  scanner.push(bytes.subarray(end - 1, end));
  assertEquals(scanner.time, 77);
});

/** What `key` and `duration` come out as with the flags and fields of a tfhd and a trun. */
function defaults(
  tfhd: [number, ...number[]],
  run: Run,
  init?: InitSegment,
): Pick<FragmentSummary, "key" | "duration"> {
  const { key, duration } = scan(fragment({ tfhd, runs: [run] }), init);
  return { ...(key !== undefined && { key }), ...(duration !== undefined && { duration }) };
}

const KEY = 0x02000000;
const NOT_KEY = 0x01010000;

Deno.test("FragmentScanner prefers first sample flags to sample flags to tfhd to trex", () => {
  const all: Run = [0x705, 1, 96, KEY, 7, 5, NOT_KEY];
  assertEquals(defaults([0x38, 6, 5, NOT_KEY], all, INIT), { key: true, duration: 7 });
  const own: Run = [0x700, 1, 7, 5, KEY];
  assertEquals(defaults([0x38, 6, 5, NOT_KEY], own, INIT), { key: true, duration: 7 });
  assertEquals(defaults([0x38, 6, 5, KEY], [0, 1], INIT), { key: true, duration: 6 });
  assertEquals(defaults([0], [0, 1], INIT), { key: false, duration: 512 });
  // Base data offset and description index come before.
  assertEquals(defaults([0x3b, 0, 0, 1, 6, 5, KEY], [0, 2], INIT), { key: true, duration: 12 });
});

Deno.test("FragmentScanner takes no sample that depends on others for a random access point", () => {
  const key = (flags: number) => defaults([0x38, 6, 5, flags], [0, 1], INIT).key;
  assertEquals([0, 0x01000000, 0x02000000].map(key), [true, false, true]);
  assertEquals([NOT_KEY, 0x02010000].map(key), [false, false]);
});

Deno.test("FragmentScanner admits that it does not know what nothing says", () => {
  assertEquals(defaults([0], [0, 3]), {});
  const other = parseInitSegment(initSegment({ id: 2 }, { id: 1, handler: "soun" }));
  assertEquals(scan(fragment(), other), { fragments: 1 });
  assertEquals(scan(fragment({ time: null })), { fragments: 1 });
  assertEquals(scan(fragment({ runs: [] })), { fragments: 1, time: 0 });
  assertEquals(scan(box("moof")), { fragments: 0 }, "an empty box ends when the next begins");
  assertEquals(scan(join(box("moof"), box("mdat"))), { fragments: 1 });
});

Deno.test("FragmentScanner does not let an empty trun count", () => {
  const runs: Run[] = [[0x205, 0, 500, NOT_KEY], [0x305, 1, 116, KEY, 9, 3]];
  assertEquals(scan(fragment({ runs }, 20)), {
    fragments: 1,
    time: 0,
    duration: 9,
    key: true,
    firstSample: { offset: 0, length: 119 },
  });
});

Deno.test("FragmentScanner goes by the first of several truns", () => {
  const first: Run = [0x305, 1, 116, KEY, 9, 3];
  const second: Run = [0x305, 1, 119, NOT_KEY, 9, 3];
  const { key, firstSample } = scan(fragment({ runs: [first, second] }, 20));
  assertEquals({ key, firstSample }, { key: true, firstSample: { offset: 0, length: 119 } });
  assertEquals(scan(fragment({ runs: [second, first] }, 20)).key, false);
});

Deno.test("FragmentScanner does without counting samples one by one that are all alike", () => {
  const { duration } = scan(fragment({ tfhd: [0x28, 1, 0], runs: [[0, 0xffffffff]] }));
  assertEquals(duration, 0xffffffff);
});

Deno.test("FragmentScanner gives the range of the first sample only when all of it has come", () => {
  const bytes = fragment({ runs: [[0x301, 1, 88, 10, 5]] }, 9);
  const prefix = box("free", u32(0));
  assertEquals(bytes.length, 80 + 8 + 9);
  for (let length = 0; length <= bytes.length; ++length) {
    const { firstSample } = scan(join(prefix, bytes.subarray(0, length)));
    assertEquals(firstSample, length < 93 ? undefined : { offset: 12, length: 93 });
  }
  const lie = fragment({ runs: [[0x301, 1, 88, 10, 0xffffffff]] }, 9);
  assertEquals(scan(lie).firstSample, undefined);
  const backwards = fragment({ runs: [[0x301, 1, 0xffffffff, 10, 5]] }, 9);
  assertEquals(scan(backwards).firstSample, undefined);
});

/** A moof of an audio and a video traf, and an mdat. */
function interleaved(video: number, tfhd: [number]): Uint8Array {
  const audio = traf({ id: 2, time: 1, tfhd, runs: [[0x301, 1, 168, 11, 4]] });
  const picture = traf({ id: 1, time: video, tfhd, runs: [[0x705, 1, 172, KEY, 40, 6, NOT_KEY]] });
  return join(box("moof", audio, picture), box("mdat", new Uint8Array(10)));
}

const BOTH = parseInitSegment(
  initSegment(
    { id: 2, handler: "soun", entry: audioEntry("Opus"), timescale: 48000 },
    { id: 1, timescale: 90000 },
  ),
);

Deno.test("FragmentScanner finds the video behind another track", () => {
  assertEquals(scan(interleaved(1000, [0x020000]), BOTH), {
    fragments: 1,
    time: 1000,
    duration: 40,
    key: true,
    firstSample: { offset: 0, length: 178 },
  });
  // Here the offset would count from the end of the audio's data.
  assertEquals(scan(interleaved(1000, [0]), BOTH).firstSample, undefined);
});

Deno.test("FragmentScanner without an init follows the first track it meets", () => {
  const bytes = join(interleaved(1000, [0x020000]), interleaved(2000, [0x020000]));
  const { time, duration } = scan(bytes);
  assertEquals({ time, duration }, { time: 1, duration: 11 });
});

Deno.test("FragmentScanner waits for the first fragment of its track", () => {
  const audio = fragment({ id: 2, time: 5, runs: [[0x301, 1, 88, 10, 1]] }, 1);
  const video = fragment({ id: 1, time: 7, runs: [[0x301, 1, 88, 10, 1]] }, 1);
  assertEquals(scan(join(audio, video), BOTH), {
    fragments: 2,
    time: 7,
    duration: 10,
    key: true,
    firstSample: { offset: audio.length, length: 89 },
  });
});

Deno.test("FragmentScanner adds up several truns and several trafs of a track", () => {
  const runs: Run[] = [[0x100, 2, 3, 4], [0x100, 1, 5]];
  assertEquals(scan(fragment({ time: 50, runs })).duration, 12);
  const moof = box("moof", traf({ time: 50, runs }), traf({ time: null, runs }));
  assertEquals(scan(moof).duration, 24);
});

Deno.test("FragmentScanner continues where the last fragment ended when a time is missing", () => {
  const bytes = join(fragment({ time: 100 }), fragment({ time: null }), fragment({ time: null }));
  assertEquals(scan(bytes).duration, 30);
});

Deno.test("FragmentScanner counts a hole between fragments", () => {
  assertEquals(scan(join(fragment({ time: 100 }), fragment({ time: 200 }))).duration, 110);
});

Deno.test("FragmentScanner keeps time and duration when a later fragment starts over", () => {
  const fragments = [100, 110, 0, 10].map((time) => fragment({ time }));
  const { time, duration } = scan(join(...fragments));
  assertEquals({ time, duration }, { time: 100, duration: 20 });
});

Deno.test("FragmentScanner takes the pace of fragments whose samples have no duration", () => {
  const still = (time: number) => fragment({ time, tfhd: [0x08, 0], runs: [[0, 1]] });
  assertEquals(scan(still(1000)).duration, undefined);
  assertEquals(scan(join(still(1000), still(1033))).duration, 66);
  assertEquals(scan(join(still(1000), still(1033), still(1066))).duration, 99);
  assertEquals(scan(join(still(1000), still(1000))).duration, undefined);
  // The last one alone does without.
  assertEquals(scan(join(fragment({ time: 1000 }), still(1010))).duration, 20);
  assertEquals(scan(join(fragment({ time: 1000 }), still(500))).duration, 10);
});

Deno.test("FragmentScanner finds no fragments in foreign bytes", () => {
  const cases: Uint8Array[] = [
    new Uint8Array(),
    new Uint8Array(1000),
    new TextEncoder().encode('{"video":{"renditions":{}}}'),
    // A varint timestamp and an access unit.
    join(u64(0xc000000000000001n), u32(0, 1), new Uint8Array(500)),
    readMedia("h264").init,
    box("mdat", fragment()),
  ];
  for (const bytes of cases) {
    const { malformed: _, ...rest } = scan(bytes);
    assertEquals(rest, { fragments: 0 });
  }
});

Deno.test("FragmentScanner says what is malformed and keeps what came before", () => {
  const good = fragment({ time: 40 });
  const cases: [bytes: Uint8Array, problem: string][] = [
    [join(u32(7), ascii("free")), "free: its size is 7"],
    [join(u32(1), ascii("free"), u64(2n ** 60n)), "free: its size is"],
    [join(u32(0), ascii("moof"), u32(0)), "moof box has 0 bytes"],
    [join(u32(1024 * 1024 + 1), ascii("moof"), u32(0)), "moof box has 1048577 bytes"],
    [join(u32(1), ascii("moof"), u64(2 ** 40), u32(0)), "moof box has 1099511627776 bytes"],
    [box("moof", join(u32(99), ascii("traf"))), "traf: it exceeds its parent"],
    [box("moof", box("traf", box("tfhd", u32(0)))), "tfhd: it is too short"],
    [box("moof", box("traf", box("tfdt", u32(0x01000000, 0)))), "tfdt: it is too short"],
    [box("moof", box("traf", box("tfdt", u32(0x01000000, 0x200000, 0)))), "is too large"],
    [box("moof", traf({ runs: [[0x100, 2, 10]] })), "no room for 2 samples"],
    [box("moof", traf({ runs: [[0xf05, 0xffffffff, 10, 0]] })), "no room for 4294967295 samples"],
    [box("moof", traf({ time: 2 ** 53 - 10 })), "it ends at 9007199254740992"],
  ];
  for (const [bytes, problem] of cases) {
    for (const chunks of [[join(good, bytes, good)], [good, bytes, good]]) {
      const scanner = new FragmentScanner();
      for (const chunk of chunks) scanner.push(chunk);
      const { malformed = "", ...rest } = scanner.finish();
      assertStringIncludes(malformed, problem);
      assertEquals(rest.time, 40);
      assertEquals(rest.duration, 10);
    }
  }
});

Deno.test("FragmentScanner says of a moof that is cut short only what came before", () => {
  const bytes = join(fragment({ time: 40 }), fragment({ time: 50 }));
  const half = bytes.length / 2;
  for (let length = half; length < bytes.length - 8; ++length) {
    assertEquals(scan(bytes.subarray(0, length)).duration, 10);
  }
  assertEquals(scan(bytes).duration, 20);
});

Deno.test("FragmentScanner takes a moof as large as is believed", () => {
  const size = 1024 * 1024;
  const inner = traf({ time: 3 });
  const moof = box("moof", box("free", new Uint8Array(size - 16 - inner.length)), inner);
  assertEquals(moof.length, size);
  const scanner = new FragmentScanner();
  for (let i = 0; i < size; i += 5000) scanner.push(moof.subarray(i, i + 5000));
  assertEquals(scanner.finish(), { fragments: 1, time: 3, duration: 10 });
});
