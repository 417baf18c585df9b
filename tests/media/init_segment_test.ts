import { assertEquals, assertThrows } from "@std/assert";
import { findBox } from "../../lib/media/box.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { audioEntry, box, initSegment, join, largeBox, u32, videoEntry } from "./boxes.ts";
import { readMedia } from "./fixtures.ts";

const NO_DEFAULTS = { defaultSampleDuration: 0, defaultSampleSize: 0, defaultSampleFlags: 0 };

Deno.test("parseInitSegment() describes video and audio of one segment", () => {
  assertEquals(parseInitSegment(readMedia("muxed").init), {
    tracks: [
      {
        id: 1,
        role: "video",
        codec: "avc1.42c00a",
        timescale: 10240,
        width: 64,
        height: 48,
        ...NO_DEFAULTS,
      },
      {
        id: 2,
        role: "audio",
        codec: "mp4a.40.2",
        timescale: 48000,
        sampleRate: 48000,
        channels: 2,
        ...NO_DEFAULTS,
      },
    ],
  });
});

Deno.test("parseInitSegment() does not care what comes after the moov", () => {
  const { init, fragments } = readMedia("h264");
  assertEquals(parseInitSegment(join(init, ...fragments)), parseInitSegment(init));
  assertEquals(parseInitSegment(join(init, u32(0xffffffff))), parseInitSegment(init));
});

Deno.test("parseInitSegment() reads headers whose times have 64 bits", () => {
  const { tracks } = parseInitSegment(initSegment({ id: 9, timescale: 90000, wide: true }));
  assertEquals(tracks, [
    {
      id: 9,
      role: "video",
      codec: "avc1",
      timescale: 90000,
      width: 64,
      height: 48,
      ...NO_DEFAULTS,
    },
  ]);
});

Deno.test("parseInitSegment() reads boxes whose sizes have 64 bits", () => {
  const { init } = readMedia("h264");
  const moov = findBox(init, "moov")!;
  const large = join(
    init.subarray(0, moov.start),
    largeBox("moov", init.subarray(moov.body, moov.end)),
  );
  assertEquals(parseInitSegment(large), parseInitSegment(init));
});

Deno.test("parseInitSegment() gives each track its own defaults", () => {
  const bytes = initSegment(
    { id: 1 },
    { id: 2, handler: "soun", entry: audioEntry("Opus"), defaults: [960, 12, 34] },
    { id: 3, defaults: [1, 2, 0xffffffff] },
  );
  const defaults = parseInitSegment(bytes).tracks.map((track) => [
    track.defaultSampleDuration,
    track.defaultSampleSize,
    track.defaultSampleFlags,
  ]);
  assertEquals(defaults, [[0, 0, 0], [960, 12, 34], [1, 2, 0xffffffff]]);
});

Deno.test("parseInitSegment() says nothing of numbers that are 0", () => {
  // A sample rate of 96 kHz does not fit, and is given as 0.
  const audio = audioEntry("fLaC", [], { channels: 0, sampleRate: 0 });
  const video = box("avc1", new Uint8Array(78));
  const { tracks } = parseInitSegment(
    initSegment({ entry: video }, { id: 2, handler: "soun", entry: audio }),
  );
  assertEquals(tracks, [
    { id: 1, role: "video", codec: "avc1", timescale: 1000, ...NO_DEFAULTS },
    { id: 2, role: "audio", codec: "flac", timescale: 1000, ...NO_DEFAULTS },
  ]);
});

Deno.test("parseInitSegment() takes whatever is neither video nor audio for data", () => {
  const entry = box("wvtt", new Uint8Array(8));
  const { tracks } = parseInitSegment(initSegment({ handler: "text", entry }));
  assertEquals(tracks, [{ id: 1, role: "data", codec: "wvtt", timescale: 1000, ...NO_DEFAULTS }]);
});

Deno.test("parseInitSegment() throws without moov, without trak and without a timescale", () => {
  for (const bytes of [new Uint8Array(), box("ftyp"), readMedia("h264").fragments[0]!]) {
    assertThrows(() => parseInitSegment(bytes), SyntaxError, "no moov box");
  }
  assertThrows(() => parseInitSegment(box("moov", box("mvhd"))), SyntaxError, "no trak box");
  assertThrows(
    () => parseInitSegment(initSegment({ timescale: 0 })),
    SyntaxError,
    "timescale is 0",
  );
});

Deno.test("parseInitSegment() throws when a box that matters is missing or empty", () => {
  const { init } = readMedia("muxed");
  const latin1 = new TextDecoder("latin1").decode(init);
  for (const type of ["tkhd", "mdia", "mdhd", "hdlr", "minf", "stbl", "stsd"]) {
    const offset = latin1.indexOf(type);
    const renamed = init.slice();
    renamed[offset] = 0x5f;
    assertThrows(() => parseInitSegment(renamed), SyntaxError, `no ${type} box`);
  }
  assertThrows(
    () => parseInitSegment(initSegment({ entry: new Uint8Array() })),
    SyntaxError,
    "it has no entry",
  );
  assertThrows(
    () => parseInitSegment(initSegment({ entry: videoEntry("avc1").subarray(0, 40) })),
    SyntaxError,
    "it exceeds its parent",
  );
});

Deno.test("parseInitSegment() throws wherever the segment is cut", () => {
  const { init } = readMedia("muxed");
  for (let length = 0; length < init.length; ++length) {
    assertThrows(() => parseInitSegment(init.subarray(0, length)), SyntaxError);
  }
});
