import type { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import type { DroppedGroups } from "../group.ts";
import { normalizePath } from "../path.ts";
import type { StreamReader } from "../stream_reader.ts";
import { StreamType } from "./stream_type.ts";
import type { LiteVersion } from "./version.ts";

/** Age in milliseconds up to which groups are wanted although newer ones exist. */
const MAX_LATENCY = 30_000;

/** A request for the groups of a track. */
export interface SubscribeMessage {
  /** Number by which group streams refer to the subscription, chosen by the subscriber. */
  id: number;
  /** Name of the broadcast. */
  broadcast: string;
  /** Name of the track. */
  track: string;
  /** 0 to 255, tracks with a higher one are sent first. */
  priority: number;
  /** First group wanted; undefined for the latest there is. Not carried by moq-lite-01 and -02. */
  start: number | undefined;
}

/** What the publisher says on a subscribe stream. */
export type SubscribeResponse =
  | { type: "ok" }
  /** The first group that will be sent. */
  | { type: "start"; sequence: number }
  /** The sequence no group will reach. */
  | { type: "end"; sequence: number }
  | { type: "drop"; dropped: DroppedGroups };

/** The responses that have a type, by its number. */
const TYPES: Readonly<Record<LiteVersion, readonly SubscribeResponse["type"][]>> = {
  1: [],
  2: [],
  3: ["ok", "drop"],
  4: ["ok", "drop"],
  5: ["start", "end", "drop"],
};

/** Writes the request, the stream's type included: in order, and generous towards late groups. */
export function encodeSubscribe(version: LiteVersion, message: SubscribeMessage): Uint8Array {
  const { id, broadcast, track, priority, start } = message;
  return new ByteWriter().varint(StreamType.subscribe).message((body) => {
    body.varint(id).string(broadcast).string(track).u8(priority);
    if (version >= 3) body.u8(1).varint(MAX_LATENCY).varint(optional(start)).varint(0);
  }).finish();
}

/** Reads a request, preferences about order, latency and end aside. */
export function decodeSubscribe(version: LiteVersion, body: ByteReader): SubscribeMessage {
  const id = body.varint();
  const broadcast = normalizePath(body.string());
  const track = body.string();
  const priority = body.u8();
  let start;
  if (version >= 3) {
    body.u8();
    body.varint();
    start = body.varint();
    body.varint();
  }
  body.end();
  return { id, broadcast, track, priority, start: start ? start - 1 : undefined };
}

/** Writes one response. */
export function encodeSubscribeResponse(
  version: LiteVersion,
  response: SubscribeResponse,
): Uint8Array {
  const writer = new ByteWriter();
  if (version >= 3) writer.varint(TYPES[version].indexOf(response.type));
  return writer.message((body) => {
    switch (response.type) {
      case "ok":
        if (version !== 2) body.u8(0);
        if (version >= 3) body.u8(1).varint(0).varint(0).varint(0);
        return;
      case "drop": {
        const { sequence, count, code } = response.dropped;
        return body.varint(sequence).varint(sequence + count - 1).varint(code);
      }
      default:
        return body.varint(response.sequence);
    }
  }).finish();
}

/**
 * Reads the next response; undefined at the end of the stream.
 *
 * @throws {ProtocolError} if it makes no sense.
 */
export async function readSubscribeResponse(
  version: LiteVersion,
  reader: StreamReader,
): Promise<SubscribeResponse | undefined> {
  if (await reader.done()) return undefined;
  const code = version >= 3 ? await reader.varint() : 0;
  const type = version >= 3 ? TYPES[version][code] : "ok";
  const body = await reader.message();
  switch (type) {
    case undefined:
      throw new ProtocolError(`Cannot read answer to subscription: type is ${code}`);
    case "ok":
      // It repeats the request, with the publisher's values, none of which we act upon.
      body.rest();
      return { type };
    case "drop":
      return { type, dropped: decodeDrop(body) };
    default: {
      const sequence = body.varint();
      body.end();
      return { type, sequence };
    }
  }
}

function decodeDrop(body: ByteReader): DroppedGroups {
  const sequence = body.varint();
  const last = body.varint();
  const code = body.varint();
  body.end();
  if (last < sequence) {
    throw new ProtocolError(`Cannot read drop notice: groups ${sequence} to ${last}`);
  }
  return { sequence, count: last - sequence + 1, code };
}

/** An optional group: 0 for none, otherwise one more than its sequence. */
function optional(sequence: number | undefined): number {
  return sequence === undefined ? 0 : sequence + 1;
}
