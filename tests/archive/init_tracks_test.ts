import { assertEquals, assertStrictEquals } from "@std/assert";
import { InitTracks } from "../../lib/archive/init_tracks.ts";

Deno.test("InitTracks asks for each track once and waits for its segment", async () => {
  const asked: string[] = [];
  const inits = new InitTracks(async (track, seen) => {
    asked.push(track);
    await seen;
  });
  const [a, b] = [inits.find("a"), inits.find("b")];
  assertStrictEquals(inits.find("a"), a);
  inits.push("b", Uint8Array.of(1));
  await b;
  inits.push("a", Uint8Array.of(2));
  await a;
  assertEquals(asked, ["a", "b"]);
  assertEquals([inits.get("a"), inits.get("b")], [Uint8Array.of(2), Uint8Array.of(1)]);
});

Deno.test("InitTracks knows no segment of a track that has none", async () => {
  const inits = new InitTracks(() => Promise.resolve());
  await inits.find("a");
  assertEquals(inits.get("a"), undefined);
});

Deno.test("InitTracks tells a segment from the one before", () => {
  const inits = new InitTracks(() => Promise.resolve());
  const pushed = [[1, 2], [1, 2], [1, 3], [1, 3, 4], [1, 3, 4], [1, 2]]
    .map((bytes) => inits.push("a", Uint8Array.from(bytes)));
  assertEquals(pushed, [true, false, true, true, false, true]);
  assertEquals(inits.get("a"), Uint8Array.of(1, 2));
});

Deno.test("InitTracks keeps no segment that is too large to be one", () => {
  const inits = new InitTracks(() => Promise.resolve());
  assertEquals(inits.push("a", new Uint8Array(1024 * 1024)), true);
  assertEquals(inits.push("a", new Uint8Array(1024 * 1024 + 1)), false);
  assertEquals(inits.get("a")!.length, 1024 * 1024);
});
