import { assertEquals, assertThrows } from "@std/assert";
import { formatStringList, parseStringList } from "../../lib/transport/structured_field.ts";

Deno.test("parseStringList() reverses formatStringList()", () => {
  for (const items of [[], ["moq-lite-05"], ["a", "b c", 'quote " and \\', ""]]) {
    assertEquals(parseStringList(formatStringList(items)), items);
  }
});

Deno.test("formatStringList() separates quoted items", () => {
  assertEquals(formatStringList(["moq-lite-05", "moql"]), '"moq-lite-05", "moql"');
});

Deno.test("formatStringList() throws on what a header cannot hold", () => {
  for (const item of ["é", "a\n", "\x7f"]) {
    assertThrows(() => formatStringList([item]), TypeError, "printable ASCII");
  }
});

Deno.test("parseStringList() tolerates white space and passes parameters over", () => {
  assertEquals(parseStringList('  "a"\t,"b";q=0.5; x="y,\\"z" , "c";flag  '), ["a", "b", "c"]);
});

Deno.test("parseStringList() knows nothing else", () => {
  for (const text of ["token", '"a', '"a",', '"a" "b"', '"a\\x"', ',"a"', '("a")', '"é"']) {
    assertEquals(parseStringList(text), undefined, text);
  }
});
