/** Renditions in catalogs of the hang format. */

import type { CatalogTrack } from "./catalog.ts";
import { base64, codec, count, defined, isName, rate } from "./catalog_fields.ts";
import { isReserved } from "./default_tracks.ts";
import { isObject, type Json } from "./merge_patch.ts";

/** What containers are and were called. One of any other name is kept as it comes. */
const CONTAINERS: ReadonlyMap<Json | undefined, CatalogTrack["container"]> = new Map([
  [undefined, "legacy"],
  ["legacy", "legacy"],
  ["native", "legacy"],
  ["cmaf", "cmaf"],
  ["fmp4", "cmaf"],
  ["loc", "loc"],
]);

/**
 * The track that a rendition describes. What makes no sense in it counts as absent.
 *
 * @throws {SyntaxError} if there is none that could be subscribed to.
 */
export function readRendition(
  name: Json | undefined,
  role: "video" | "audio",
  config: Json,
): CatalogTrack {
  if (!isName(name)) throw new SyntaxError("that is no name of a track");
  if (isReserved(name)) throw new SyntaxError("that is no rendition");
  if (!isObject(config)) throw new SyntaxError("it has no configuration");
  // Relative to this broadcast; the empty path is this one.
  if ((config["broadcast"] ?? "") !== "") throw new SyntaxError("it is in another broadcast");
  const members = {
    codec: codec(config["codec"]),
    width: count(config["codedWidth"]),
    height: count(config["codedHeight"]),
    framerate: rate(config["framerate"]),
    bitrate: count(config["bitrate"]),
    sampleRate: count(config["sampleRate"]),
    channels: count(config["numberOfChannels"]),
  };
  return { name, role, ...readContainer(config["container"]), ...defined(members) };
}

/** The track that says when the groups of a rendition begin, if it has one. */
export function readTimeline(config: Json): CatalogTrack[] {
  const timeline = isObject(config) ? config["timeline"] : undefined;
  const name = isObject(timeline) ? timeline["track"] : undefined;
  return isName(name) ? [{ name, role: "data", container: "raw" }] : [];
}

/** A container is an object, was a string once, and absent before that. */
function readContainer(
  value: Json | undefined,
): Pick<CatalogTrack, "container" | "init" | "timescale"> {
  const kind = isObject(value) ? value["kind"] : value;
  const container = CONTAINERS.get(kind) ?? "raw";
  if (!isObject(value)) return { container };
  return {
    container,
    ...defined({ init: base64(value["init"]), timescale: count(value["timescale"]) }),
  };
}
