import { assert, assertEquals, assertThrows } from "@std/assert";
import { deflateRawSync } from "node:zlib";
import type { Catalog, CatalogReader } from "../../lib/media/catalog.ts";
import { DeflatedCatalog } from "../../lib/media/deflated_catalog.ts";
import { HangCatalog } from "../../lib/media/hang.ts";
import { hex } from "../support/bytes.ts";
import { deflateFrames } from "../support/deflate.ts";
import { Random } from "../support/random.ts";
import { readFixture } from "./fixtures.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** What zlib makes of a document of one rendition and a patch that adds another. */
const DOCUMENT = hex(
  "aa562acb4c49cd57b2aa562a4acd4bc92cc9cccf2b06f10cf4724dc08ce4fc94d464252ba5b2020ba55a200000",
);
const PATCH = hex("aa564a2c4dc9c4a2c3105d477e416931580b00");

function hang(): DeflatedCatalog {
  return new DeflatedCatalog(new HangCatalog());
}

function names({ tracks }: Catalog): string[] {
  return tracks.map(({ name }) => name);
}

/** A catalog that is nothing but bytes. */
class Bytes implements CatalogReader {
  frames: Uint8Array[] = [];
  resets = 0;

  reset(): void {
    this.resets += 1;
  }

  push(frame: Uint8Array): Catalog {
    this.frames.push(frame);
    return { tracks: [], problems: [] };
  }
}

Deno.test("DeflatedCatalog reads what moq-cli publishes", () => {
  const { tracks, problems } = hang().push(readFixture("catalog.hang.z"));
  assertEquals(problems, []);
  assertEquals(tracks.map(({ name, codec, init }) => [name, codec, init?.length]), [
    ["0.m4s", "avc1.42c01e", 731],
    ["1.m4s", "mp4a.40.2", 655],
    ["0.m4s.timeline.z", undefined, undefined],
    ["1.m4s.timeline.z", undefined, undefined],
  ]);
});

Deno.test("DeflatedCatalog reads frames that zlib deflated into one stream", () => {
  const catalog = hang();
  assertEquals(names(catalog.push(DOCUMENT)), ["0.m4s"]);
  assertEquals(catalog.push(PATCH).tracks, [
    { name: "0.m4s", role: "video", container: "legacy", codec: "vp8" },
    { name: "1.m4s", role: "audio", container: "legacy", codec: "opus" },
  ]);
});

Deno.test("DeflatedCatalog begins a stream with each group", () => {
  const catalog = hang();
  for (let group = 0; group < 3; ++group) {
    catalog.reset();
    assertEquals(names(catalog.push(DOCUMENT)), ["0.m4s"]);
  }
  catalog.reset();
  assertThrows(() => catalog.push(PATCH), SyntaxError, "Cannot inflate frame");
});

Deno.test("DeflatedCatalog refuses what follows a frame it could not inflate", () => {
  const catalog = hang();
  catalog.push(DOCUMENT);
  assertThrows(() => catalog.push(Uint8Array.of(7)), SyntaxError, "invalid block type");
  assertThrows(() => catalog.push(PATCH), SyntaxError, "continues one that could not be read");
  catalog.reset();
  assertEquals(names(catalog.push(DOCUMENT)), ["0.m4s"]);
});

Deno.test("DeflatedCatalog refuses text that is not compressed", () => {
  assertThrows(() => hang().push(encode({ video: {} })), SyntaxError);
  assertThrows(() => hang().push(new Uint8Array()), SyntaxError);
});

Deno.test("DeflatedCatalog passes on every byte and reset", async () => {
  const random = new Random(1);
  const noise = Uint8Array.from({ length: 50_000 }, () => random.below(256));
  const frames = [
    noise.slice(0, 40_000),
    noise.slice(40_000 - 32_000, 40_000),
    noise.slice(0, 1),
    noise.slice(39_000, 40_000),
    noise,
    new Uint8Array(100_000),
  ];
  const bytes = new Bytes();
  const catalog = new DeflatedCatalog(bytes);
  const deflated = await deflateFrames(frames);
  assert(deflated[1]!.length < 1000, "which refers to the frame before");
  for (const frame of deflated) catalog.push(frame);
  assertEquals(bytes.frames, frames);
  catalog.reset();
  assertEquals(bytes.resets, 1);
});

Deno.test("DeflatedCatalog inflates what refers as far back as can be", async () => {
  const random = new Random(2);
  const noise = Uint8Array.from({ length: 32_768 }, () => random.below(256));
  const bytes = new Bytes();
  const catalog = new DeflatedCatalog(bytes);
  catalog.push((await deflateFrames([noise]))[0]!);
  // One block: the three bytes that are 32768 bytes back.
  catalog.push(hex("02deff0f00"));
  assertEquals(bytes.frames[1], noise.slice(0, 3));
});

Deno.test("DeflatedCatalog inflates no more than 1 MiB", async () => {
  const bytes = new Bytes();
  const catalog = new DeflatedCatalog(bytes);
  const fill = new Uint8Array(1024 * 1024);
  const deflated = await deflateFrames([fill, fill, new Uint8Array(1024 * 1024 + 1)]);
  catalog.push(deflated[0]!);
  catalog.push(deflated[1]!);
  assertEquals(bytes.frames.map(({ length }) => length), [1024 * 1024, 1024 * 1024]);
  assertThrows(() => catalog.push(deflated[2]!), SyntaxError, "it is too large");

  catalog.reset();
  const bomb = deflateRawSync(new Uint8Array(200_000_000));
  assertThrows(() => catalog.push(bomb), SyntaxError, "it is too large");
  catalog.reset();
  assertThrows(() => catalog.push(new Uint8Array(1024 * 1024 + 1)), SyntaxError, "1048577 bytes");
});
