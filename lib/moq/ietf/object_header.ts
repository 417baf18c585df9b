import { ByteReader } from "../byte_reader.ts";
import { ProtocolError } from "../error.ts";
import { decodeProperties } from "./key_values.ts";
import { codingOf, type IetfVersion } from "./version.ts";

/** Properties of objects, and of tracks, that say something to us. */
export const Property = {
  /** When to present an object, as the third draft of the extension numbered it. */
  oldTimestamp: 0x06,
  /** Units per second of timestamps. */
  timescale: 0x08,
  /** When to present an object. */
  timestamp: 0x10,
  /** How many objects just before this one do not exist. */
  objectGap: 0x3e,
} as const;

/** What an object is, besides one with a payload. */
export const ObjectStatus = {
  /** It has a payload, of no bytes. */
  normal: 0,
  /** It does not exist; up to draft 14. */
  missing: 1,
  /** The group ends before it. */
  endOfGroup: 3,
  /** The track ends before it. */
  endOfTrack: 4,
} as const;

/** What precedes the payload of an object. */
export interface ObjectHeader {
  /** Its number within the group. */
  id: number;
  /** Length of the payload in bytes. */
  size: number;
  /** See {@linkcode ObjectStatus}. */
  status: number;
  /** How many objects before it are known not to exist. */
  gap: number;
  /** When to present it, in the track's timescale. */
  timestamp?: number;
  /** Its extension headers as they were sent. */
  extensions?: Uint8Array;
}

/** Objects of one group, in the order of their ids, from one stream or datagram. */
export interface ObjectSource {
  /** Whether the group has no object after the source's last. */
  readonly endsGroup: boolean;
  /** The next object's header; undefined at the end. The payload before must have been read. */
  next(): Promise<ObjectHeader | undefined>;
  /** Some of the payload, at most `limit` bytes. */
  read(limit: number): Promise<Uint8Array>;
  /** Gives the rest up. Never rejects. */
  cancel(): Promise<void>;
}

/**
 * Makes sense of an object's extension headers.
 *
 * @param timescale Units per second of the track's timestamps, where it has any.
 */
export function readExtensions(
  version: IetfVersion,
  extensions: Uint8Array,
  timescale: number | undefined,
): Pick<ObjectHeader, "gap" | "timestamp" | "extensions"> {
  if (extensions.length === 0) return { gap: 0 };
  const properties = decodeProperties(version, new ByteReader(extensions, codingOf(version)));
  const number = (key: number) => {
    const value = properties.get(key);
    return typeof value === "number" && value < Infinity ? value : undefined;
  };
  const timestamp = number(Property.timestamp) ?? number(Property.oldTimestamp);
  const scale = number(Property.timescale) ?? timescale;
  return {
    gap: number(Property.objectGap) ?? 0,
    extensions,
    // An object may have a scale of its own, which frames of this model have not.
    ...(timestamp !== undefined && timescale !== undefined && scale === timescale
      ? { timestamp }
      : {}),
  };
}

/** Checks a status. */
export function checkStatus(status: number): number {
  if (status > 4 || status === 2) {
    throw new ProtocolError(`Cannot read group: status of an object is ${status}`);
  }
  return status;
}
