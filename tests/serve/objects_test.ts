import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { TestArchive } from "./test_archive.ts";

async function setup() {
  const archive = await TestArchive.create();
  const { init, hashes } = await archive.record({ until: 10 });
  const hash = hashes[0]!;
  return {
    archive,
    init,
    hash,
    path: `/archive/test/segment/${hash}.m4s`,
    bytes: archive.objects.get(hash)!,
  };
}

Deno.test("createHandler() serves objects for ever", async () => {
  const { archive, init, hash, path, bytes } = await setup();
  await using _ = archive;
  const response = await archive.fetch(path);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("etag"), `"${hash}"`);
  assertEquals(response.headers.get("content-type"), "video/mp4");
  assertEquals(response.headers.get("content-length"), String(bytes.length));
  assertEquals(response.headers.get("accept-ranges"), "bytes");
  assertEquals(response.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assertEquals(response.headers.get("content-encoding"), null);
  assertEquals(await response.bytes(), bytes);

  const first = await archive.fetch(`/archive/test/init/${init}.mp4`);
  assertEquals(await first.text(), "init of video0");
});

Deno.test("createHandler() serves the newest initialisation segment under a fixed name", async () => {
  const { archive, init } = await setup();
  await using _ = archive;
  await archive.record({ track: "audio0", role: "audio", until: 10 });
  const response = await archive.fetch("/archive/test/init.mp4");
  assertEquals(await response.text(), "init of video0");
  assertEquals(response.headers.get("cache-control"), "no-cache");
  assertEquals(response.headers.get("etag"), `"${init}"`);
  assertEquals(response.headers.get("content-location"), `init/${init}.mp4`);
});

Deno.test("createHandler() serves audio as audio", async () => {
  await using archive = await TestArchive.create();
  const { hashes } = await archive.record({ track: "audio0", role: "audio", until: 10 });
  const response = await archive.fetch(`/archive/test/segment/${hashes[0]}.m4s`, {
    method: "HEAD",
  });
  assertEquals(response.headers.get("content-type"), "audio/mp4");
});

Deno.test("createHandler() serves parts of objects", async () => {
  const { archive, path, bytes } = await setup();
  await using _ = archive;
  const size = bytes.length;
  for (
    const [range, start, end] of [
      ["bytes=0-0", 0, 1],
      ["bytes=100-199", 100, 200],
      ["bytes=100-", 100, size],
      ["bytes=-7", size - 7, size],
      [`bytes=5-${size * 2}`, 5, size],
    ] as const
  ) {
    const response = await archive.fetch(path, { headers: { range } });
    assertEquals(response.status, 206);
    assertEquals(response.headers.get("content-range"), `bytes ${start}-${end - 1}/${size}`);
    assertEquals(response.headers.get("content-length"), String(end - start));
    assertEquals(await response.bytes(), bytes.slice(start, end));
  }
});

Deno.test("createHandler() answers 416 to a range that an object does not have", async () => {
  const { archive, path, bytes } = await setup();
  await using _ = archive;
  const response = await archive.fetch(path, { headers: { range: `bytes=${bytes.length}-` } });
  assertEquals(response.status, 416);
  assertEquals(response.headers.get("content-range"), `bytes */${bytes.length}`);
  assertEquals((await response.json()).error, "range_not_satisfiable");
});

Deno.test("createHandler() gives all of an object when it does not understand the range", async () => {
  const { archive, path, bytes } = await setup();
  await using _ = archive;
  for (const range of ["bytes=5-2", "bytes=0-1,3-4", "chapters=1-2"]) {
    const response = await archive.fetch(path, { headers: { range } });
    assertEquals([response.status, (await response.bytes()).length], [200, bytes.length]);
  }
});

Deno.test("createHandler() gives a part only if If-Range names the object", async () => {
  const { archive, hash, path } = await setup();
  await using _ = archive;
  const cases: [string, number][] = [
    [`"${hash}"`, 206],
    [`W/"${hash}"`, 200],
    ['"other"', 200],
    ["Sun, 22 Nov 2026 05:00:00 GMT", 200],
  ];
  for (const [condition, status] of cases) {
    const headers = { range: "bytes=0-9", "if-range": condition };
    const response = await archive.fetch(path, { headers });
    await response.body?.cancel();
    assertEquals(response.status, status, condition);
  }
});

Deno.test("createHandler() answers 304 for an object that the client has", async () => {
  const { archive, hash, path } = await setup();
  await using _ = archive;
  for (const tag of [`"${hash}"`, `W/"${hash}"`, `"a", "${hash}"`, "*"]) {
    const headers = { "if-none-match": tag, range: "bytes=0-9" };
    const response = await archive.fetch(path, { headers });
    assertEquals([response.status, response.body], [304, null], tag);
    assertEquals(response.headers.get("etag"), `"${hash}"`);
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
  }
});

Deno.test("createHandler() answers HEAD with the head of GET", async () => {
  const { archive, path, bytes } = await setup();
  await using _ = archive;
  const response = await archive.fetch(path, { method: "HEAD", headers: { range: "bytes=0-9" } });
  assertEquals([response.status, response.body], [200, null]);
  assertEquals(response.headers.get("content-length"), String(bytes.length));
});

Deno.test("createHandler() serves only what the broadcast refers to", async () => {
  const { archive, init, hash, path } = await setup();
  await using _ = archive;
  await archive.record({ broadcast: "other", until: 2, from: 0 });
  const secret = await archive.put("not for everyone");
  for (
    const other of [
      path.replace(hash, secret),
      path.replace(hash, "f".repeat(64)),
      `/archive/test/segment/${init}.m4s`,
      `/archive/test/init/${hash}.mp4`,
      path.replace("test", "nothing"),
    ]
  ) {
    const response = await archive.fetch(other);
    assertEquals(response.status, 404, other);
    assertEquals((await response.json()).error, "not_found");
  }
});

Deno.test("createHandler() answers 410 for an object that is not in the store any more", async () => {
  const { archive, hash, path } = await setup();
  await using _ = archive;
  assert(await archive.store.delete(hash));
  const response = await archive.fetch(path);
  assertEquals(response.status, 410);
  const { error, reason } = await response.json();
  assertEquals(error, "gone");
  assert(reason.includes(hash));
});

Deno.test("createHandler() lets go of an object when the client goes away", async () => {
  const { archive, path } = await setup();
  await using _ = archive;
  // The sanitizer finds the file if it stays open.
  const response = await archive.fetch(path);
  assertNotEquals(response.body, null);
  await response.body!.cancel();
});
