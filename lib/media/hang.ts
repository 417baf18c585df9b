/** Catalogs of the hang format: `catalog.json`. */

import type { Catalog, CatalogTrack } from "./catalog.ts";
import { isObject, type Json, mergePatch } from "./merge_patch.ts";

/** A document or patch larger than this, in bytes, is not read. */
const MAX_SIZE = 1024 * 1024;

/** Tracks beyond this number are passed over. */
const MAX_TRACKS = 64;

/** A name longer than this, in UTF-16 units, is not one. */
const MAX_NAME = 256;

/** How deep objects may be nested: far beyond any catalog, far short of exhausting the stack. */
const MAX_DEPTH = 32;

/**
 * Follows a catalog over the frames of its track. The first frame of a group is the whole document,
 * those after it are merge patches (RFC 7396).
 */
export class HangCatalog {
  #document: Json | undefined;

  /** Begins a group. */
  reset(): void {
    this.#document = undefined;
  }

  /**
   * Takes the next frame of the group.
   *
   * @throws {SyntaxError} if it is no JSON object, or beyond all bounds.
   */
  push(frame: Uint8Array): Catalog {
    if (frame.length > MAX_SIZE) {
      throw new SyntaxError(`Cannot read catalog: it has ${frame.length} bytes`);
    }
    const value: Json = JSON.parse(new TextDecoder("utf-8", { fatal: false }).decode(frame));
    if (!isObject(value)) throw new SyntaxError("Cannot read catalog: it is no JSON object");
    if (depth(value) > MAX_DEPTH) {
      throw new SyntaxError("Cannot read catalog: it is nested too deep");
    }
    this.#document = this.#document === undefined ? value : mergePatch(this.#document, value);
    return read(this.#document as { [key: string]: Json });
  }
}

function read(document: { [key: string]: Json }): Catalog {
  const tracks: CatalogTrack[] = [];
  const problems: string[] = [];
  for (const role of ["video", "audio"] as const) {
    for (const [name, config] of renditions(document[role])) {
      const track = readTrack(name, role, config);
      if (typeof track === "string") problems.push(`${role} rendition: ${track}`);
      else if (tracks.some((other) => other.name === track.name)) {
        problems.push(`${role} rendition: track ${JSON.stringify(name)} is named twice`);
      } else if (tracks.length >= MAX_TRACKS) {
        problems.push(`${role} rendition: more than ${MAX_TRACKS} tracks`);
        break;
      } else tracks.push(track);
    }
  }
  return { tracks, problems };
}

/**
 * The renditions of a kind with their track names. Today's catalogs have them as an object, earlier
 * ones were arrays of `{track: {name}, config}`.
 */
function renditions(section: Json | undefined): [name: Json | undefined, config: Json][] {
  if (Array.isArray(section)) {
    return section.filter(isObject).map((entry) => {
      const track = entry["track"];
      return [isObject(track) ? track["name"] : track, entry["config"] ?? {}];
    });
  }
  const inner = isObject(section) ? section["renditions"] : undefined;
  return isObject(inner) ? Object.entries(inner) : [];
}

/** The track that a rendition describes, or what is wrong with it. */
function readTrack(
  name: Json | undefined,
  role: "video" | "audio",
  config: Json,
): CatalogTrack | string {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME) {
    return `${JSON.stringify(name)?.slice(0, 80)} is no name for a track`;
  }
  if (!isObject(config)) return `track ${JSON.stringify(name)} has no configuration`;
  const container = readContainer(config["container"]);
  if (typeof container === "string") return `track ${JSON.stringify(name)} ${container}`;
  const { kind, ...own } = container;
  const members = {
    codec: text(config["codec"]),
    width: count(config["codedWidth"]),
    height: count(config["codedHeight"]),
    framerate: count(config["framerate"]),
    bitrate: count(config["bitrate"]),
    sampleRate: count(config["sampleRate"]),
    channels: count(config["numberOfChannels"]),
    ...own,
  };
  return { name, role, container: kind, ...defined(members) };
}

interface ContainerConfig {
  kind: "cmaf" | "legacy" | "loc";
  init?: Uint8Array | undefined;
  timescale?: number | undefined;
}

/** A container is an object, was a string once, and absent before that. */
function readContainer(value: Json | undefined): ContainerConfig | string {
  const kind = isObject(value) ? value["kind"] : value ?? "legacy";
  if (kind !== "cmaf" && kind !== "legacy" && kind !== "loc") {
    return `has an unknown container: ${JSON.stringify(kind)?.slice(0, 80)}`;
  }
  if (!isObject(value)) return { kind };
  const init = value["init"];
  try {
    return {
      kind,
      init: typeof init === "string" ? Uint8Array.fromBase64(init) : undefined,
      timescale: count(value["timescale"]),
    };
  } catch {
    return "has an initialisation segment that is no base64";
  }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" && value.length <= MAX_NAME ? value : undefined;
}

/** A number that can count something. */
function count(value: Json | undefined): number | undefined {
  return typeof value === "number" && value > 0 && value <= Number.MAX_SAFE_INTEGER
    ? value
    : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that have a value. */
function defined<T extends Record<string, unknown>>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

function depth(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  // A loop rather than recursion: the value has not been proved harmless yet.
  let level: Json[] = [value];
  let result = 0;
  while (level.length > 0) {
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : []
    );
    result += 1;
  }
  return result;
}
