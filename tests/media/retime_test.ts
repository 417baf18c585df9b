import { assert, assertEquals, assertThrows } from "@std/assert";
import { FragmentScanner } from "../../lib/media/fragment_scanner.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { shiftFragment } from "../../lib/media/retime.ts";
import { ascii, box, fragment, join, u32 } from "./boxes.ts";
import { readMedia } from "./fixtures.ts";

function timeOf(bytes: Uint8Array): number | undefined {
  const scanner = new FragmentScanner();
  scanner.push(bytes);
  return scanner.time;
}

Deno.test("shiftFragment() changes decode time and sequence number and nothing else", () => {
  const { init, fragments } = readMedia("h264");
  const [original] = fragments;
  const before = original!.slice();
  const shifted = shiftFragment(original!, 720000, 77);
  assertEquals(original, before);
  const scanner = new FragmentScanner(parseInitSegment(init));
  scanner.push(shifted);
  assertEquals(scanner.time, 5400000000 + 720000);
  assertEquals(new DataView(shifted.buffer).getUint32(20), 77);
  assertEquals(shiftFragment(shifted, -720000, 1), original);
});

Deno.test("shiftFragment() moves all tracks", () => {
  const [original] = readMedia("muxed").fragments;
  const shifted = shiftFragment(original!, 5, 1);
  const changed = [...shifted].flatMap((byte, i) => byte === original![i] ? [] : [byte]);
  assertEquals(changed, [5, 5]);
});

Deno.test("shiftFragment() numbers modulo 2^32", () => {
  const [original] = readMedia("h264").fragments;
  const shifted = shiftFragment(original!, 0, 2 ** 32 + 5);
  assertEquals(new DataView(shifted.buffer).getUint32(20), 5);
});

/** A fragment with a tfdt box of version 0. */
function narrow(time: number): Uint8Array {
  return box("moof", box("traf", box("tfhd", u32(0, 1)), box("tfdt", u32(0, time))));
}

Deno.test("shiftFragment() shifts times of 32 bits as far as they go", () => {
  assertEquals(timeOf(shiftFragment(narrow(0xfffffff0), 15, 1)), 0xffffffff);
  assertThrows(
    () => shiftFragment(narrow(0xfffffff0), 16, 1),
    RangeError,
    "its decode time would be 4294967296",
  );
  assertThrows(() => shiftFragment(narrow(4), -5, 1), RangeError, "its decode time would be -1");
});

Deno.test("shiftFragment() shifts times of 64 bits exactly", () => {
  const time = 2n ** 63n + 1n;
  const original = fragment();
  const offset = new TextDecoder("latin1").decode(original).indexOf("tfdt") + 8;
  new DataView(original.buffer).setBigUint64(offset, time);
  const shifted = shiftFragment(original, 1, 1);
  assertEquals(new DataView(shifted.buffer).getBigUint64(offset), time + 1n);
  new DataView(original.buffer).setBigUint64(offset, 2n ** 64n - 1n);
  assertThrows(() => shiftFragment(original, 1, 1), RangeError);
  assertThrows(() => shiftFragment(original, 0.5, 1), RangeError);
});

Deno.test("shiftFragment() throws at what is no fragment", () => {
  const cases = [
    [new Uint8Array(), "it has no moof box"],
    [readMedia("h264").init, "it has no moof box"],
    [box("moof", box("mfhd", u32(0))), "its mfhd box is too short"],
    [box("moof", box("traf", box("tfdt"))), "its tfdt box is too short"],
    [box("moof", box("traf", box("tfdt", u32(0x01000000, 0)))), "its tfdt box is too short"],
    [fragment().subarray(0, 20), "it exceeds its parent"],
    [join(ascii("not media"), u32(0)), "it exceeds its parent"],
  ] as const;
  for (const [bytes, message] of cases) {
    assertThrows(() => shiftFragment(bytes, 0, 1), SyntaxError, message);
  }
});

Deno.test("shiftFragment() is not led astray by boxes within boxes", () => {
  let nested = box("traf", box("tfdt", u32(0, 1)));
  for (let depth = 0; depth < 200; ++depth) nested = box(depth % 2 ? "traf" : "moof", nested);
  const bytes = box("moof", nested);
  assertEquals(shiftFragment(bytes, 5, 1), bytes);
  assert(bytes.length > 1600);
});
