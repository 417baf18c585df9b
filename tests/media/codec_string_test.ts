import { assertEquals, assertThrows } from "@std/assert";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { hex } from "../support/bytes.ts";
import { audioEntry, box, initSegment, join, videoEntry } from "./boxes.ts";
import { type MEDIA, readMedia } from "./fixtures.ts";

const CODECS: Record<typeof MEDIA[number], string[]> = {
  h264: ["avc1.42c00a"],
  uneven: ["avc1.42c00a"],
  absolute: ["avc1.42c00a"],
  bframes: ["avc1.64000a"],
  muxed: ["avc1.42c00a", "mp4a.40.2"],
  hevc: ["hvc1.1.6.L30.90"],
  vp9: ["vp09.00.10.08"],
  av1: ["av01.0.00M.08"],
  aac: ["mp4a.40.2"],
  opus: ["opus"],
  flac: ["flac"],
  ac3: ["ac-3"],
  eac3: ["ec-3"],
  mp3: ["mp4a.6B"],
};

for (const [name, codecs] of Object.entries(CODECS)) {
  Deno.test(`codecString() of ${name} as ffmpeg makes it is ${codecs.join(" and ")}`, () => {
    const { tracks } = parseInitSegment(readMedia(name as keyof typeof CODECS).init);
    assertEquals(tracks.map(({ codec }) => codec), codecs);
  });
}

function videoCodec(entry: string, configuration?: [type: string, bytes: string]): string {
  const inner = configuration ? [box(configuration[0], hex(configuration[1]))] : [];
  return parseInitSegment(initSegment({ entry: videoEntry(entry, ...inner) })).tracks[0]!.codec;
}

Deno.test("codecString() of HEVC has profile space, tier and as many constraints as matter", () => {
  const cases = [
    // Main 10, High tier, level 5.1.
    ["01 22 20000000 B00000000000 99", "hev1.2.4.H153.B0"],
    // No constraints at all.
    ["01 01 60000000 000000000000 5D", "hev1.1.6.L93"],
    // A constraint after an empty one; range extensions.
    ["01 04 08000000 900008000000 78", "hev1.4.10.L120.90.0.8"],
    // Profile spaces are A, B and C.
    ["01 41 60000000 900000000000 5D", "hev1.A1.6.L93.90"],
    ["01 C1 60000000 900000000000 5D", "hev1.C1.6.L93.90"],
    // All compatibility flags.
    ["01 01 FFFFFFFF 000000000000 5D", "hev1.1.FFFFFFFF.L93"],
  ] as const;
  for (const [bytes, codec] of cases) assertEquals(videoCodec("hev1", ["hvcC", bytes]), codec);
});

Deno.test("codecString() of AV1 has profile, level, tier and depth", () => {
  assertEquals(videoCodec("av01", ["av1C", "81 0D 80 00"]), "av01.0.13H.08");
  assertEquals(videoCodec("av01", ["av1C", "81 08 4C 00"]), "av01.0.08M.10");
  assertEquals(videoCodec("av01", ["av1C", "81 5F 60 00"]), "av01.2.31M.12");
});

Deno.test("codecString() of VP8 and VP9 has profile, level and depth", () => {
  assertEquals(videoCodec("vp09", ["vpcC", "01000000 02 33 A2 01 01 01 0000"]), "vp09.02.51.10");
  assertEquals(videoCodec("vp08", ["vpcC", "01000000 00 0A 82 01 01 01 0000"]), "vp08.00.10.08");
});

Deno.test("codecString() is the type of the entry where there is no configuration", () => {
  assertEquals(videoCodec("avc1"), "avc1");
  assertEquals(videoCodec("avc1", ["hvcC", "00"]), "avc1");
  assertEquals(videoCodec("mp4v", ["esds", "00"]), "mp4v");
  assertEquals(videoCodec("raw "), "raw");
});

function audioCodec(esds: string): string {
  const entry = audioEntry("mp4a", [box("esds", hex(esds))]);
  return parseInitSegment(initSegment({ handler: "soun", entry })).tracks[0]!.codec;
}

Deno.test("codecString() of MPEG-4 audio has the object types", () => {
  const head = "00000000 03 19 0000 00 04 11";
  const decoder = "15 000000 00000000 00000000";
  assertEquals(audioCodec(`${head} 40 ${decoder} 05 02 1210`), "mp4a.40.2");
  assertEquals(audioCodec(`${head} 40 ${decoder} 05 02 2B92`), "mp4a.40.5");
  // 31 is an escape: xHE-AAC is 42.
  assertEquals(audioCodec(`${head} 40 ${decoder} 05 02 F95E`), "mp4a.40.42");
  assertEquals(audioCodec(`${head} 6B ${decoder}`), "mp4a.6B");
});

Deno.test("codecString() reads descriptors with long lengths and all options", () => {
  const decoder = "04 80808011 40 15 000000 00000000 00000000 05 808002 1210";
  // A stream that it depends on, an address of three characters, and a clock stream.
  assertEquals(
    audioCodec(`00000000 03 80808022 0000 E0 0001 03 414243 0002 ${decoder}`),
    "mp4a.40.2",
  );
});

Deno.test("codecString() throws at configurations that make no sense", () => {
  assertThrows(() => audioCodec("00000000 04"), SyntaxError, "descriptor 3 is not there");
  assertThrows(() => audioCodec("00000000 03 19 0000 00 05"), SyntaxError, "descriptor 4");
  assertThrows(() => audioCodec("00000000 03 19 0000"), SyntaxError, "esds: it is too short");
  assertThrows(
    () => videoCodec("avc1", ["avcC", "01 64 00"]),
    SyntaxError,
    "avcC: it is too short",
  );
  assertThrows(() => videoCodec("hvc1", ["hvcC", "01 01"]), SyntaxError, "hvcC: it is too short");
  // As ffmpeg writes when it has to before the first picture.
  assertThrows(() => videoCodec("av01", ["av1C", ""]), SyntaxError, "av1C: it is too short");
});

Deno.test("codecString() throws at names that could break out of a playlist", () => {
  for (const type of ['av"1', "av\n1", "a,b,", "\0\0\0\0", "é123", "    "]) {
    for (const handler of ["vide", "text"]) {
      const init = initSegment({ handler, entry: join(videoEntry(type)) });
      assertThrows(() => parseInitSegment(init), SyntaxError, "its entry has no name");
    }
  }
});
