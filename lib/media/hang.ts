/** Catalogs of the hang format: `catalog.json`. */

import type { Catalog, CatalogTrack } from "./catalog.ts";
import { readRendition, readTimeline } from "./hang_rendition.ts";
import { isObject, type Json, mergePatch } from "./merge_patch.ts";

/** A frame, or a document that comes of frames, larger than this is not read. */
const MAX_SIZE = 1024 * 1024;

/** Tracks beyond this number are passed over. */
const MAX_TRACKS = 64;

/** How deep values may be nested: far beyond any catalog, far short of exhausting the stack. */
const MAX_DEPTH = 32;

type Document = { [key: string]: Json };

/**
 * Follows a catalog over the frames of its track. The first frame of a group is the whole document,
 * those after it are merge patches (RFC 7396).
 */
export class HangCatalog {
  /** Null after a frame that made no sense: what the patches after it apply to is not known. */
  #document: Document | undefined | null;

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
    const value = parse(frame);
    const document = before === undefined ? value : mergePatch(before, value) as Document;
    if (before !== undefined && JSON.stringify(document).length > MAX_SIZE) {
      throw new SyntaxError("Cannot read catalog: its changes make it too large");
    }
    this.#document = document;
    return read(document);
  }
}

function parse(frame: Uint8Array): Document {
  if (frame.length > MAX_SIZE) {
    throw new SyntaxError(`Cannot read catalog: it has ${frame.length} bytes`);
  }
  // Bytes that are no UTF-8 spoil the text they are in, not the catalog.
  const value: Json = JSON.parse(new TextDecoder().decode(frame));
  if (!isObject(value)) throw new SyntaxError("Cannot read catalog: it is no JSON object");
  if (isDeep(value)) throw new SyntaxError("Cannot read catalog: it is nested too deep");
  return value;
}

/** Whether values are nested beyond the bound. A loop: recursion is what the bound makes safe. */
function isDeep(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; ++depth) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : []
    );
  }
  return false;
}

function read(document: Document): Catalog {
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
