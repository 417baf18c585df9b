import { assertEquals } from "@std/assert";
import { type Json, mergePatch } from "../../lib/media/merge_patch.ts";

/** RFC 7396, appendix A: original, patch, result. */
const EXAMPLES: [Json, Json, Json][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [["a", "b"], ["c", "d"], ["c", "d"]],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

Deno.test("mergePatch() does as RFC 7396 has it", () => {
  for (const [target, patch, result] of EXAMPLES) {
    const before = structuredClone([target, patch]);
    assertEquals(JSON.stringify(mergePatch(target, patch)), JSON.stringify(result));
    assertEquals([target, patch], before);
  }
});

Deno.test("mergePatch() takes __proto__ for a member like any other", () => {
  const patch = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"x": 1}}');
  const twice = mergePatch(mergePatch({}, patch), JSON.parse('{"__proto__": {"also": 2}}'));
  assertEquals(
    JSON.stringify(twice),
    '{"__proto__":{"polluted":1,"also":2},"constructor":{"x":1}}',
  );
  assertEquals(Object.getOwnPropertyNames(Object.prototype).includes("polluted"), false);
  assertEquals("polluted" in {}, false);
});
