import { assertEquals } from "@std/assert";
import { joinPath, normalizePath, stripPrefix } from "../../lib/moq/path.ts";

Deno.test("normalizePath() drops slashes that separate nothing", () => {
  assertEquals(normalizePath("//live///tv/"), "live/tv");
  assertEquals(normalizePath("/"), "");
});

Deno.test("joinPath() allows either side to be empty", () => {
  assertEquals(joinPath("live", "tv"), "live/tv");
  assertEquals(joinPath("", "tv"), "tv");
  assertEquals(joinPath("live", ""), "live");
});

Deno.test("stripPrefix() compares whole components", () => {
  assertEquals(stripPrefix("live", "live/tv"), "tv");
  assertEquals(stripPrefix("live/tv", "live/tv"), "");
  assertEquals(stripPrefix("", "live/tv"), "live/tv");
  assertEquals(stripPrefix("li", "live/tv"), undefined);
  assertEquals(stripPrefix("live/tv/1", "live/tv"), undefined);
});
