/** Proves that what a server offers can be played, as a player would find out. */

import { blake3 } from "hash-wasm";
import { FragmentScanner } from "../media/fragment_scanner.ts";
import { parseInitSegment } from "../media/init_segment.ts";

/** What was proved of one media playlist. */
export interface Proof {
  /** Address of the media playlist. */
  readonly playlist: string;
  /** Segments that were fetched, all of them playable. */
  readonly segments: number;
  /** Media time they cover, in seconds. */
  readonly seconds: number;
  /** Bytes of the segments. */
  readonly bytes: number;
}

/**
 * Fetches the master playlist, its media playlists and all their segments. Checks that every segment
 * hashes to its name, begins with a random access point and continues the one before.
 *
 * @throws {Error} that says what is wrong, if anything is.
 */
export async function provePlayable(master: string): Promise<Proof[]> {
  const uris = [...(await text(master)).matchAll(/^[^#\s].*$|URI="([^"]+)"/gm)]
    .map((match) => match[1] ?? match[0]);
  const playlists = [...new Set(uris)].filter((uri) => uri.endsWith(".m3u8"));
  if (playlists.length === 0) throw new Error(`Cannot play ${master}: it lists nothing`);
  return await Promise.all(playlists.map((uri) => provePlaylist(new URL(uri, master).href)));
}

async function provePlaylist(playlist: string): Promise<Proof> {
  const lines = (await text(playlist)).split("\n");
  let timescale = 0;
  let scanner = () => new FragmentScanner();
  let segments = 0;
  let seconds = 0;
  let size = 0;
  let next: number | undefined;
  for (const line of lines) {
    const map = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1];
    if (map !== undefined) {
      const init = parseInitSegment(await bytes(new URL(map, playlist).href));
      timescale = init.tracks[0]!.timescale;
      scanner = () => new FragmentScanner(init);
    }
    if (line === "#EXT-X-DISCONTINUITY") next = undefined;
    if (line === "" || line.startsWith("#")) continue;
    const segment = new URL(line, playlist).href;
    const body = await bytes(segment);
    const digest = await blake3(body);
    if (!segment.includes(digest)) {
      throw new Error(`Cannot trust ${segment}: its hash is ${digest}`);
    }
    const scan = scanner();
    scan.push(body);
    const { time, duration = 0, key } = scan.finish();
    if (time === undefined || !key) {
      throw new Error(`Cannot play ${segment}: it has no random access point`);
    }
    if (next !== undefined && time !== next) {
      throw new Error(`Cannot play ${segment}: it starts at ${time}, not at ${next}`);
    }
    next = time + duration;
    segments += 1;
    seconds += duration / timescale;
    size += body.length;
  }
  if (segments === 0) throw new Error(`Cannot play ${playlist}: it has no segments`);
  return { playlist, segments, seconds, bytes: size };
}

async function text(url: string): Promise<string> {
  return new TextDecoder().decode(await bytes(url));
}

async function bytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  const body = await response.bytes();
  if (!response.ok) throw new Error(`Cannot fetch ${url}: HTTP ${response.status}`);
  return body;
}
