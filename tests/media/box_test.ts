import { assertEquals, assertThrows } from "@std/assert";
import { findBox, readBoxes, readBoxHeader } from "../../lib/media/box.ts";
import { ascii, box, join, largeBox, u32, u64 } from "./boxes.ts";

Deno.test("readBoxes() lists boxes with sizes of 32 and 64 bits and to the end", () => {
  const bytes = join(box("free", u32(7)), largeBox("mdat", u32(8)), u32(0), ascii("skip"), u32(9));
  assertEquals([...readBoxes(bytes)], [
    { type: "free", start: 0, body: 8, end: 12 },
    { type: "mdat", start: 12, body: 28, end: 32 },
    { type: "skip", start: 32, body: 40, end: 44 },
  ]);
});

Deno.test("readBoxes() throws at what is not wholly within its parent", () => {
  const inner = box("free", u32(1));
  const cases = [
    [inner.subarray(0, 7), "bytes end within its header"],
    [inner.subarray(0, 11), "it exceeds its parent"],
    [join(u32(1), ascii("mdat"), u32(0)), "bytes end within its header"],
  ] as const;
  for (const [bytes, message] of cases) {
    assertThrows(() => [...readBoxes(bytes)], SyntaxError, message);
  }
  // The bytes go on, the parent does not.
  assertThrows(() => [...readBoxes(inner, 0, 11)], SyntaxError, "it exceeds its parent");
  assertThrows(() => [...readBoxes(inner, 0, 7)], SyntaxError, "bytes end within its header");
});

Deno.test("readBoxes() reads a box before it throws at the next", () => {
  const boxes = readBoxes(join(box("free"), u32(99)));
  assertEquals(boxes.next().value, { type: "free", start: 0, body: 8, end: 8 });
  assertThrows(() => boxes.next(), SyntaxError);
});

Deno.test("readBoxHeader() throws at sizes that cannot be", () => {
  for (const size of [2, 7]) {
    const bytes = join(u32(size), ascii("free"));
    assertThrows(() => readBoxHeader(bytes, 0), SyntaxError, `free: its size is ${size}`);
  }
  for (const size of [0n, 15n, 2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = join(u32(1), ascii("free"), u64(size));
    assertThrows(() => readBoxHeader(bytes, 0), SyntaxError, "free: its size is");
  }
});

Deno.test("findBox() looks into its parent and no deeper", () => {
  const bytes = join(box("moov", box("trak", box("tkhd"))), box("tkhd", u32(1)));
  assertEquals(findBox(bytes, "tkhd")?.start, 24);
  const moov = findBox(bytes, "moov")!;
  assertEquals(findBox(bytes, "tkhd", moov), undefined);
  assertEquals(findBox(bytes, "tkhd", findBox(bytes, "trak", moov))?.start, 16);
});
