import { assertEquals } from "@std/assert";
import { parseByteRange } from "../../lib/serve/byte_range.ts";

Deno.test("parseByteRange() reads one range", () => {
  const ranges: [string, number, number][] = [
    ["bytes=0-0", 0, 1],
    ["bytes=2-5", 2, 6],
    ["BYTES=2-", 2, 10],
    ["bytes=2-99999999999999999999999", 2, 10],
    ["bytes=-3", 7, 10],
    ["bytes=-30", 0, 10],
    ["bytes= 9-9 ", 9, 10],
  ];
  for (const [header, start, end] of ranges) {
    assertEquals(parseByteRange(header, 10), { start, end }, header);
  }
});

Deno.test("parseByteRange() tells what the object has nothing of", () => {
  for (const header of ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-"]) {
    assertEquals(parseByteRange(header, 10), "unsatisfiable", header);
  }
  for (const header of ["bytes=0-", "bytes=-1"]) {
    assertEquals(parseByteRange(header, 0), "unsatisfiable", header);
  }
});

Deno.test("parseByteRange() ignores what is no single range of bytes", () => {
  const headers = ["", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=1-2,4-5", "bytes=a-b"];
  for (const header of [...headers, "items=0-1", "bytes=0x1-2", "bytes=1.5-2", "bytes=--1", null]) {
    assertEquals(parseByteRange(header, 10), undefined, String(header));
  }
});
