/** Tracks in catalogs of the MSF format. */

import type { CatalogTrack } from "./catalog.ts";
import { base64, codec, count, defined, isName, rate } from "./catalog_fields.ts";
import { isReserved } from "./default_tracks.ts";
import { isObject, type Json } from "./merge_patch.ts";

/** The members of an entry that matter. */
export const MSF_MEMBERS = [
  "namespace",
  "name",
  "packaging",
  "role",
  "mimeType",
  "mimetype",
  "codec",
  "width",
  "height",
  "framerate",
  "bitrate",
  "timescale",
  "samplerate",
  "channelConfig",
  "initData",
  "initRef",
  "initTrack",
] as const;

/** An entry: the members that matter and may make sense, as they come. */
export type MsfEntry = { readonly [member in typeof MSF_MEMBERS[number]]?: string | number };

/** How media is wrapped, by the name of the packaging. That of any other name is kept as it comes. */
const CONTAINERS: ReadonlyMap<Json | undefined, CatalogTrack["container"]> = new Map([
  ["cmaf", "cmaf"],
  ["loc", "loc"],
  ["legacy", "legacy"],
]);

/** What a track carries, by the names of roles (draft-ietf-moq-msf-01 §5.2.6). */
const ROLES: ReadonlyMap<Json | undefined, CatalogTrack["role"]> = new Map([
  ["video", "video"],
  ["signlanguage", "video"],
  ["audio", "audio"],
  ["audiodescription", "audio"],
]);

const VIDEO_CODEC = /^(av01|avc|dav1|dv[ah]|hev|hvc|mp4v|vp0?[89]|vv[ci])/i;
const AUDIO_CODEC = /^(ac-[34]|alac|ec-3|flac|mp3|mp4a|opus|pcm|ulaw|alaw|vorbis)/i;

/**
 * Reads an entry. What describes media was in its `selectionParams` once
 * (draft-ietf-moq-catalogformat-01 §3.2.16).
 */
export function readEntry(value: Json): MsfEntry {
  const entry = isObject(value) ? value : {};
  const params = isObject(entry["selectionParams"]) ? entry["selectionParams"] : {};
  return Object.fromEntries(
    MSF_MEMBERS.map((member) => [member, entry[member] ?? params[member]])
      .filter(([, value]) => typeof value === "string" || typeof value === "number"),
  );
}

/**
 * The track that an entry describes. What makes no sense in it counts as absent. `inits` are the
 * initialisation segments by the names that entries refer to them by.
 *
 * @throws {SyntaxError} if there is none that could be subscribed to.
 */
export function readTrack(
  entry: MsfEntry,
  inits: ReadonlyMap<Json | undefined, Uint8Array>,
): CatalogTrack {
  const { name, packaging, channelConfig } = entry;
  if (!isName(name)) throw new SyntaxError("that is no name of a track");
  if (isReserved(name)) throw new SyntaxError("that is no track of its own");
  const container = packaging === undefined ? "cmaf" : CONTAINERS.get(packaging) ?? "raw";
  const members = {
    codec: codec(entry.codec),
    timescale: count(entry.timescale),
    width: count(entry.width),
    height: count(entry.height),
    framerate: rate(entry.framerate),
    bitrate: count(entry.bitrate),
    sampleRate: count(entry.samplerate),
    // A string, so that it may say more one day.
    channels: channelConfig === undefined ? undefined : count(Number(channelConfig)),
  };
  return {
    name,
    role: roleOf(entry),
    container,
    // Of other containers it is what their decoders need.
    ...(container === "cmaf" && readInit(entry, inits)),
    ...defined(members),
  };
}

function readInit(
  { name, initData, initRef, initTrack }: MsfEntry,
  inits: ReadonlyMap<Json | undefined, Uint8Array>,
): Pick<CatalogTrack, "init" | "initTrack"> {
  const init = base64(initData) ?? inits.get(initRef);
  if (init !== undefined) return { init };
  if (!isName(initTrack) || isReserved(initTrack) || initTrack === name) return {};
  return { initTrack };
}

/** What a track carries. Not all catalogs say so. */
function roleOf(entry: MsfEntry): CatalogTrack["role"] {
  if (entry.role !== undefined) return ROLES.get(entry.role) ?? "data";
  const [type] = `${entry.mimeType ?? entry.mimetype}`.split("/", 1);
  if (type === "video" || type === "audio") return type;
  const parameter = codec(entry.codec) ?? "";
  if (VIDEO_CODEC.test(parameter)) return "video";
  if (AUDIO_CODEC.test(parameter)) return "audio";
  return "data";
}
