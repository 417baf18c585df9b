/** The page and what belongs to it. */

import hls from "hls.js/dist/hls.min.js" with { type: "text" };
import app from "../web/app.js" with { type: "text" };
import hlsSource from "../web/hls_source.js" with { type: "text" };
import icon from "../web/icon.svg" with { type: "text" };
import page from "../web/index.html" with { type: "text" };
import nativeSource from "../web/native_source.js" with { type: "text" };
import player from "../web/player.js" with { type: "text" };
import style from "../web/style.css" with { type: "text" };
import type { Text } from "./text_cache.ts";

/** Only what we serve ourselves runs or is loaded; hls.js makes its worker and its media of blobs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

const ASSETS = new Map([
  asset("/", HTML, page),
  asset("/watch", HTML, page),
  asset("/app.js", SCRIPT, app),
  asset("/player.js", SCRIPT, player),
  asset("/hls_source.js", SCRIPT, hlsSource),
  asset("/native_source.js", SCRIPT, nativeSource),
  asset("/hls.min.js", SCRIPT, hls),
  asset("/style.css", "text/css; charset=utf-8", style),
  asset("/icon.svg", "image/svg+xml", icon),
]);

/** What of the page has the path. */
export function findAsset(path: string): Text | undefined {
  return ASSETS.get(path);
}

function asset(path: string, type: string, content: string): [string, Text] {
  return [path, {
    key: path,
    version: "",
    type,
    cacheControl: "no-cache",
    headers: { "content-security-policy": POLICY, "referrer-policy": "same-origin" },
    render: () => content,
  }];
}
