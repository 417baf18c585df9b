import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { decodeName, encodeName } from "../../lib/manifest/names.ts";

const ENCODED: [name: string, encoded: string][] = [
  ["la-nbc", "la-nbc"],
  ["video0.m4s", "video0.m4s"],
  ["a/b", "a%2Fb"],
  ["/", "%2F"],
  [".", "%2E"],
  ["..", "%2E."],
  ["../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"],
  [".lock", "%2Elock"],
  ["a..b.", "a..b."],
  ["100%", "100%25"],
  ["%2E", "%252E"],
  ["a b\\c:d*e?f", "a%20b%5Cc%3Ad%2Ae%3Ff"],
  ["~!'()", "%7E%21%27%28%29"],
  ["Ελλάδα", "%CE%95%CE%BB%CE%BB%CE%AC%CE%B4%CE%B1"],
  ["📺", "%F0%9F%93%BA"],
  ["_", "_"],
  ["x".repeat(200), "x".repeat(200)],
];

Deno.test("encodeName() makes a directory's name of any name", () => {
  for (const [name, encoded] of ENCODED) {
    assertEquals(encodeName(name), encoded);
    assertMatch(encodeName(name), /^[A-Za-z0-9_%-][A-Za-z0-9._%-]*$/);
  }
});

Deno.test("decodeName() undoes encodeName()", () => {
  for (const [name, encoded] of ENCODED) assertEquals(decodeName(encoded), name);
});

Deno.test("encodeName() keeps names apart", () => {
  const names = ENCODED.map(([name]) => name);
  assertEquals(new Set(names.map(encodeName)).size, new Set(names).size);
});

Deno.test("encodeName() refuses what cannot be a name", () => {
  for (
    const [name, reason] of [
      ["", "empty"],
      ["x".repeat(201), "201 bytes"],
      ["é".repeat(34), "204 bytes"],
      ["a\0b", "control characters"],
      ["line\n", "control characters"],
      ["\x7f", "control characters"],
      ["\u0085", "control characters"],
      ["\ud83d", "Unicode"],
    ] as const
  ) {
    assertThrows(() => encodeName(name), TypeError, reason);
  }
});

Deno.test("decodeName() refuses what encodeName() does not make", () => {
  for (
    const text of [
      "",
      ".",
      "..",
      ".lock",
      "a b",
      "a/b",
      "%2f",
      "%41",
      "%",
      "%FF",
      "%00",
      "~",
      "lost+found",
      "x".repeat(201),
    ]
  ) {
    assertThrows(() => decodeName(text), TypeError);
  }
});
