import type { ByteReader } from "../byte_reader.ts";
import type { ByteWriter } from "../byte_writer.ts";
import { decodeProperties, skipParameters } from "./key_values.ts";
import { encodeNamespace } from "./namespace.ts";
import { Property } from "./object_header.ts";
import type { IetfVersion } from "./version.ts";

/** Groups are wanted in the order of their sequence. */
const ASCENDING = 1;
/** Where a subscription begins, in drafts 07 and 14. */
const Filter = { latestGroup: 1, largestObject: 2, absoluteStart: 3 } as const;
/** Keys of the parameters that take the place of fields from draft 16 on. */
const Parameter = { forward: 0x10, priority: 0x20, order: 0x22 } as const;

/** A subscription asked for. */
export interface SubscribeMessage {
  /** What the track's streams are to be called: chosen by the subscriber in draft 07 only. */
  alias: number;
  /** Name of the broadcast. */
  broadcast: string;
  /** Name of the track. */
  track: string;
  /** 0 to 255, tracks with a higher one are sent first. On the wire it is the other way round. */
  priority: number;
  /** First group wanted; undefined for what serves any track best. */
  start: number | undefined;
  /** Whether the peer takes no start, and begins with its latest group whatever it is told. */
  relative: boolean;
}

/**
 * Writes a subscription, after its id.
 *
 * The filter must neither pass over the only object of a static track nor begin within a group:
 * - draft 07's "latest group" does that;
 * - draft 14 has nothing like it: from the next group on would miss static tracks, from the largest
 *   object on would begin anywhere. So all there is from the very first group on is asked for,
 *   which comes down to what a relay still has;
 * - from draft 16 on that is what the absence of a filter means. `start` is left out as well:
 *   relays that take no locations close the session over one.
 */
export function writeSubscribe(
  version: IetfVersion,
  body: ByteWriter,
  { alias, broadcast, track, priority, start, relative }: SubscribeMessage,
): void {
  if (version === 7) body.varint(alias);
  encodeNamespace(body, broadcast);
  body.string(track);
  if (version >= 16) {
    body.varint(3).varint(Parameter.forward);
    writeSmall(version, body, 1);
    body.varint(Parameter.priority - Parameter.forward);
    writeSmall(version, body, 255 - priority);
    body.varint(Parameter.order - Parameter.priority);
    return writeSmall(version, body, ASCENDING);
  }
  body.u8(255 - priority).u8(ASCENDING);
  if (version === 14) body.u8(1);
  if (relative) body.varint(Filter.largestObject);
  else if (version === 7 && start === undefined) body.varint(Filter.latestGroup);
  else body.varint(Filter.absoluteStart).varint(start ?? 0).varint(0);
  body.varint(0);
}

/** Draft 16 writes small parameters as varints, later ones as single bytes. */
function writeSmall(version: IetfVersion, body: ByteWriter, value: number): void {
  if (version === 16) body.varint(value);
  else body.u8(value);
}

/** What the confirmation of a subscription says. */
export interface SubscribeOk {
  /** What the track's streams are called; undefined in draft 07, where we say it. */
  alias: number | undefined;
  /** Units per second of the objects' timestamps, where the track has them. */
  timescale: number | undefined;
}

/** Reads the confirmation of a subscription, after its id. */
export function readSubscribeOk(version: IetfVersion, body: ByteReader): SubscribeOk {
  if (version === 7) return { alias: undefined, timescale: undefined };
  const alias = body.varint();
  if (version === 14 || !skipParameters(version, body)) return { alias, timescale: undefined };
  const timescale = decodeProperties(version, body).get(Property.timescale);
  const usable = typeof timescale === "number" && timescale > 0 && timescale < Infinity;
  return { alias, timescale: usable ? timescale : undefined };
}

/** A refusal. */
export interface RequestError {
  /** Why, as a number. */
  code: number;
  /** Why, for people. */
  reason: string;
}

/** Reads a refusal, after its id. */
export function readRequestError(version: IetfVersion, body: ByteReader): RequestError {
  const code = body.varint();
  // From draft 16 on, when to try again.
  if (version >= 16) body.skipVarint();
  return { code, reason: body.string() };
}

/** The end of a subscription. */
export interface PublishDone extends RequestError {
  /** Whether the track or the subscription ended in good order. */
  clean: boolean;
  /** How many streams there have been; undefined if it is not known. */
  streams: number | undefined;
}

/** Reads the end of a subscription, after its id. */
export function readPublishDone(version: IetfVersion, body: ByteReader): PublishDone {
  const code = body.varint();
  if (version === 7) {
    return { code, clean: [0, 3, 4].includes(code), streams: undefined, reason: body.string() };
  }
  // Those who do not count, moq-dev's among them, say 0 or the largest number there is.
  const streams = body.looseVarint();
  // 200 is what moq-dev's say at the end of a track.
  const clean = code === 2 || code === 3 || code === 200;
  return { code, clean, streams: streams || undefined, reason: body.string() };
}
