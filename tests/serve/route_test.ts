import { assertEquals, assertThrows } from "@std/assert";
import { HttpError } from "../../lib/serve/http_error.ts";
import { broadcastPath, parseRoute } from "../../lib/serve/route.ts";

const HASH = "0123456789abcdef".repeat(4);

Deno.test("parseRoute() finds the resource by the end of the path", () => {
  const routes = {
    "/": { kind: "asset", path: "/" },
    "/healthz": { kind: "health" },
    "/archive": { kind: "list" },
    "/archive/": { kind: "list" },
    "/archive/nbc/master.m3u8": { kind: "playlist", broadcast: "nbc", name: "master" },
    "/archive/us/nbc/0.m4s.m3u8": { kind: "playlist", broadcast: "us/nbc", name: "0.m4s" },
    "/archive/us%2Fnbc/a%2Fb.m3u8": { kind: "playlist", broadcast: "us/nbc", name: "a/b" },
    "/archive/segment/init/video.m3u8": {
      kind: "playlist",
      broadcast: "segment/init",
      name: "video",
    },
    "/archive/nbc/timeline.json": { kind: "timeline", broadcast: "nbc" },
    "/archive/nbc/init.mp4": { kind: "init", broadcast: "nbc" },
    [`/archive/n%20c/init/${HASH}.mp4`]: { kind: "init", broadcast: "n c", digest: HASH },
    [`/archive/a/b/segment/${HASH}.m4s`]: { kind: "segment", broadcast: "a/b", digest: HASH },
  };
  for (const [path, route] of Object.entries(routes)) {
    assertEquals(parseRoute(path) as unknown, route, path);
  }
});

Deno.test("parseRoute() refuses paths that name nothing or are not well-formed", () => {
  const refused: [string, number][] = [
    ["/archive/nbc", 404],
    ["/archive/master.m3u8", 404],
    ["/archive//timeline.json", 404],
    [`/archive/nbc/segment/${HASH}.mp4`, 404],
    [`/archive/nbc/segment/${HASH.toUpperCase()}.m4s`, 404],
    [`/archive/nbc/segment/${HASH.slice(1)}.m4s`, 404],
    [`/archive/nbc/segment/../${HASH}.m4s`, 404],
    [`/archive/nbc/segment/..%2F${HASH}.m4s`, 404],
    [`/archive/segment/${HASH}.m4s`, 404],
    ["/archive/%/master.m3u8", 400],
    ["/archive/%ff/master.m3u8", 400],
    ["/archive/a%00b/master.m3u8", 400],
    ["/archive/a%0ab/master.m3u8", 400],
    ["/%zz", 400],
  ];
  for (const [path, status] of refused) {
    const error = assertThrows(() => parseRoute(path), HttpError);
    assertEquals(error.status, status, path);
  }
});

Deno.test("broadcastPath() makes paths that parseRoute() reads", () => {
  for (
    const broadcast of [
      "nbc",
      "us/nbc",
      "a b",
      "é?#%",
      "a//b",
      "a/../b",
      "/a",
      "x/.",
      "master.m3u8",
    ]
  ) {
    const { pathname } = new URL(`${broadcastPath(broadcast)}/master.m3u8`, "http://archive.test");
    assertEquals(parseRoute(pathname), { kind: "playlist", broadcast, name: "master" });
  }
});
