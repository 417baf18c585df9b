/** Which playlist of a broadcast has which name. */

import type { Rendition } from "../manifest/rendition.ts";

/** Names that playlists of tracks cannot have. */
const RESERVED = ["master", "video", "audio", "iframe"];

/**
 * The names of all media playlists without ".m3u8", decoded. The first rendition of each kind is
 * "video" or "audio", the others have the names of their tracks. They never change once given.
 */
export function playlistNames(renditions: readonly Rendition[]): Map<string, Rendition> {
  const names = new Map<string, Rendition>();
  for (const rendition of renditions) {
    let name: string = rendition.role;
    if (names.has(name)) {
      name = rendition.name;
      while (RESERVED.includes(name) || names.has(name)) name += "_";
    }
    names.set(name, rendition);
  }
  return names;
}

/** The address of the playlist of that name, relative to the master playlist. */
export function playlistUri(name: string): string {
  return `${encodeURIComponent(name)}.m3u8`;
}
