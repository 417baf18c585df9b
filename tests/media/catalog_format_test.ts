import { assert, assertEquals } from "@std/assert";
import { catalogReader, catalogTracks } from "../../lib/media/catalog_format.ts";
import { deflateFrames } from "../support/deflate.ts";

Deno.test("catalogTracks() begins with what the name of the broadcast suggests", () => {
  for (const broadcast of ["news", "live/news.hang", "msf", "news.msf/hd", ".msf.hang"]) {
    assertEquals(catalogTracks(broadcast), [
      "catalog.json",
      "catalog.json.z",
      "catalog",
      ".catalog",
    ]);
  }
  assertEquals(catalogTracks("live/news.msf"), [
    "catalog",
    "catalog.json",
    "catalog.json.z",
    ".catalog",
  ]);
});

Deno.test("catalogReader() knows the format of every catalog", async () => {
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const hang = encode({ video: { renditions: { v: {} } } });
  const msf = encode({ version: 1, tracks: [{ name: "v", namespace: "a/news", role: "video" }] });
  const [deflated] = await deflateFrames([hang]);
  const frames: Record<string, Uint8Array> = {
    "catalog.json": hang,
    "catalog.json.z": deflated!,
    "catalog": msf,
    ".catalog": msf,
  };
  for (const track of catalogTracks("news")) {
    const { tracks, problems } = catalogReader(track, "news")!.push(frames[track]!);
    assertEquals(tracks.map(({ name, role }) => `${name} ${role}`), ["v video"]);
    assertEquals(problems, []);
  }
});

Deno.test("catalogReader() has none for tracks that are no catalogs", () => {
  for (const track of ["", "catalog.JSON", "video0.m4s", "init.mp4", "constructor", "__proto__"]) {
    assert(catalogReader(track, "news") === undefined);
  }
});
