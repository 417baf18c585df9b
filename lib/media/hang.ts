/** Catalogs of the hang format: `catalog.json`. */

import type { Catalog, CatalogReader, CatalogTrack } from "./catalog.ts";
import { type JsonObject, MAX_CATALOG, MAX_TRACKS, parseDocument } from "./catalog_document.ts";
import { readRendition, readTimeline } from "./hang_rendition.ts";
import { isObject, type Json, mergePatch } from "./merge_patch.ts";

/**
 * Follows a catalog over the frames of its track. The first frame of a group is the whole document,
 * those after it are merge patches (RFC 7396).
 */
export class HangCatalog implements CatalogReader {
  /** Null after a frame that made no sense: what the patches after it apply to is not known. */
  #document: JsonObject | undefined | null;

  /** Begins a group. */
  reset(): void {
    this.#document = undefined;
  }

  /**
   * Takes the next frame of the group.
   *
   * @throws {SyntaxError} if it is no JSON object or beyond all bounds, or one before it was.
   */
  push(frame: Uint8Array): Catalog {
    const before = this.#document;
    this.#document = null;
    if (before === null) {
      throw new SyntaxError("Cannot read catalog: it changes one that could not be read");
    }
    const value = parseDocument(frame);
    const document = before === undefined ? value : mergePatch(before, value) as JsonObject;
    if (before !== undefined && JSON.stringify(document).length > MAX_CATALOG) {
      throw new SyntaxError("Cannot read catalog: its changes make it too large");
    }
    this.#document = document;
    return read(document);
  }
}

function read(document: JsonObject): Catalog {
  const tracks = new Map<string, CatalogTrack>();
  const timelines: CatalogTrack[] = [];
  const problems: string[] = [];
  for (const role of ["video", "audio"] as const) {
    for (const [name, config] of renditions(document[role])) {
      if (tracks.size + problems.length >= MAX_TRACKS) {
        problems.push(`${role} renditions: there are too many`);
        break;
      }
      try {
        const track = readRendition(name, role, config);
        if (tracks.has(track.name)) throw new SyntaxError("another has the same track");
        tracks.set(track.name, track);
        timelines.push(...readTimeline(config));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        problems.push(`${role} rendition ${JSON.stringify(name)?.slice(0, 80)}: ${error.message}`);
      }
    }
  }
  for (const timeline of timelines) {
    if (tracks.size >= MAX_TRACKS) break;
    if (!tracks.has(timeline.name)) tracks.set(timeline.name, timeline);
  }
  return { tracks: [...tracks.values()], problems };
}

/**
 * The renditions of a kind with their track names. Today's catalogs have them as an object. Earlier
 * ones had `{track: {name}, config}`: an array of them for video, a single one for audio.
 */
function renditions(section: Json | undefined): [name: Json | undefined, config: Json][] {
  if (isObject(section) && isObject(section["renditions"])) {
    return Object.entries(section["renditions"]);
  }
  const entries = Array.isArray(section) ? section : [section];
  return entries.filter(isObject).filter((entry) => "track" in entry).map((entry) => {
    const track = entry["track"];
    return [isObject(track) ? track["name"] : track, entry["config"] ?? {}];
  });
}
