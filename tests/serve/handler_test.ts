import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { RequestLog } from "../../lib/serve/handler.ts";
import { TestArchive } from "./test_archive.ts";

Deno.test("createHandler() lets pages of other origins play", async () => {
  await using archive = await TestArchive.create();
  const { hashes } = await archive.record({ until: 10 });
  const paths = [
    "/",
    "/archive",
    "/archive/test/video.m3u8",
    `/archive/test/segment/${hashes[0]}.m4s`,
  ];
  for (const path of [...paths, "/archive/none/video.m3u8", "/%zz"]) {
    const response = await archive.fetch(path, { headers: { origin: "https://player.example" } });
    await response.body?.cancel();
    assertEquals(response.headers.get("access-control-allow-origin"), "*", path);
    assertStringIncludes(response.headers.get("access-control-expose-headers")!, "content-range");
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    assertEquals(response.headers.get("cross-origin-resource-policy"), "cross-origin");
    assertEquals(response.headers.get("timing-allow-origin"), "*");
  }
});

Deno.test("createHandler() answers preflight requests", async () => {
  await using archive = await TestArchive.create();
  const response = await archive.fetch("/archive/test/video.m3u8", {
    method: "OPTIONS",
    headers: {
      origin: "https://player.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "range",
    },
  });
  assertEquals([response.status, response.body], [204, null]);
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
  assertStringIncludes(response.headers.get("access-control-allow-methods")!, "GET");
  assertStringIncludes(response.headers.get("access-control-allow-headers")!, "range");
  assertEquals(response.headers.get("access-control-max-age"), "86400");
});

Deno.test("createHandler() refuses methods that would change something", async () => {
  await using archive = await TestArchive.create();
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    const response = await archive.fetch("/archive", { method });
    assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
    assertEquals((await response.json()).error, "method_not_allowed");
  }
});

Deno.test("createHandler() says why it has nothing", async () => {
  await using archive = await TestArchive.create();
  await archive.record({ until: 10 });
  const answers: [string, number, RegExp][] = [
    ["/nothing", 404, /address/],
    ["/archive/none/master.m3u8", 404, /Nothing was recorded of a broadcast "none"/],
    ["/archive/test/none.m3u8", 404, /nothing to play as "none"/],
    ["/archive/test/audio.m3u8", 404, /nothing to play as "audio"/],
  ];
  for (const [path, status, pattern] of answers) {
    const response = await archive.fetch(path);
    assertEquals([response.status, response.headers.get("content-type")], [
      status,
      "application/json",
    ]);
    const { reason } = await response.json();
    assertMatch(reason, pattern);
  }
  const head = await archive.fetch("/archive/none/master.m3u8", { method: "HEAD" });
  assertEquals([head.status, head.body], [404, null]);
});

Deno.test("createHandler() never leaves the archive", async () => {
  await using archive = await TestArchive.create();
  await archive.record({ until: 10 });
  await Deno.mkdir(`${archive.manifestDir}/../secret/video0`, { recursive: true });
  await Deno.copyFile(
    `${archive.manifestDir}/test/video0/2026-11-22.jsonl`,
    `${archive.manifestDir}/../secret/video0/2026-11-22.jsonl`,
  );
  const paths = [
    "/archive/../secret/video.m3u8",
    "/archive/%2e%2e/secret/video.m3u8",
    "/archive/..%2fsecret/video.m3u8",
    "/archive/..%2Fsecret%2Fvideo.m3u8",
    "/archive/test/..%2f..%2fsecret/video.m3u8",
    "/archive/test/%2e%2e/%2e%2e/secret/video.m3u8",
    "/archive/%2Fetc%2Fpasswd/video.m3u8",
    "/archive/..%5csecret/video.m3u8",
    "/archive/test%00/video.m3u8",
    "/archive/%c0%ae%c0%ae/secret/video.m3u8",
    "/archive/test/segment/..%2f..%2f..%2fsecret.m4s",
    `/archive/${"a".repeat(5000)}/video.m3u8`,
    "/archive/%ED%A0%80/video.m3u8",
    "/..%2f..%2fetc%2fpasswd",
    "//etc/passwd",
  ];
  for (const path of paths) {
    const response = await archive.fetch(path);
    assert([400, 404].includes(response.status), `${path} gives ${response.status}`);
    await response.json();
  }
});

Deno.test("createHandler() tells of requests, without their query", async () => {
  const entries: RequestLog[] = [];
  await using archive = await TestArchive.create({ log: (entry) => entries.push(entry) });
  await (await archive.fetch("/healthz?token=secret")).body?.cancel();
  await (await archive.fetch("/none", { method: "HEAD" })).body?.cancel();
  assertEquals(entries.map(({ ms: _, ...rest }) => rest), [
    { method: "GET", path: "/healthz", status: 200, bytes: 16 },
    { method: "HEAD", path: "/none", status: 404, bytes: 0 },
  ]);
  assert(entries.every(({ ms }) => ms >= 0));
});

Deno.test("createHandler() tells the log why it failed, and not the client", async () => {
  const entries: RequestLog[] = [];
  await using archive = await TestArchive.create({ log: (entry) => entries.push(entry) });
  await Deno.mkdir(archive.manifestDir);
  await Deno.mkdir(`${archive.manifestDir}/test/video0/2026-11-22.jsonl`, { recursive: true });
  await Deno.remove(archive.manifestDir, { recursive: true });
  await Deno.writeTextFile(archive.manifestDir, "in the way");
  const response = await archive.fetch("/archive");
  assertEquals(response.status, 500);
  const { error, reason } = await response.json();
  assertEquals([error, reason.includes(archive.manifestDir)], ["internal", false]);
  assertStringIncludes(String(entries[0]?.error), archive.manifestDir);
});

Deno.test("createHandler() serves the page with all it needs and nothing from elsewhere", async () => {
  await using archive = await TestArchive.create();
  for (const path of ["/", "/watch?name=test", "/?broadcast=test"]) {
    const response = await archive.fetch(path);
    assertEquals(response.headers.get("content-type"), "text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy")!;
    assertStringIncludes(policy, "default-src 'none'");
    assertStringIncludes(policy, "script-src 'self';");
    const page = await response.text();
    const links = Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, link]) => link!);
    assert(links.includes("/hls.min.js"));
    for (const link of links) {
      assertMatch(link, /^\//);
      const asset = await archive.fetch(link);
      assertEquals(asset.status, 200, link);
      const text = await asset.text();
      for (const [, module] of text.matchAll(/^import .* from "([^"]*)";$/gm)) {
        assertEquals((await archive.fetch(module!)).status, 200, module);
      }
    }
    assert(!/<script>|<style>|\son\w+=|style="/.test(page), "The policy forbids what is inline");
  }
});

Deno.test("createHandler() serves over a socket", async () => {
  await using archive = await TestArchive.create();
  const { hashes } = await archive.record({ until: 10 });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    archive.handler,
  );
  const base = `http://127.0.0.1:${server.addr.port}/archive/test`;
  const playlist = await fetch(`${base}/video.m3u8`);
  assertMatch(await playlist.text(), /^#EXTM3U\n/);
  const head = await fetch(`${base}/segment/${hashes[0]}.m4s`, { method: "HEAD" });
  assertEquals(
    head.headers.get("content-length"),
    String(archive.objects.get(hashes[0]!)!.length),
  );
  await head.body?.cancel();
  const part = await fetch(`${base}/segment/${hashes[0]}.m4s`, { headers: { range: "bytes=3-8" } });
  assertEquals(await part.bytes(), archive.objects.get(hashes[0]!)!.slice(3, 9));
});
