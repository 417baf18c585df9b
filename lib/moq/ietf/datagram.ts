import { ByteReader } from "../byte_reader.ts";
import {
  checkStatus,
  type ObjectHeader,
  type ObjectSource,
  readExtensions,
} from "./object_header.ts";
import { codingOf, type IetfVersion } from "./version.ts";

/** An object that came as a datagram, from draft 14 on. */
export interface DatagramObject {
  /** The track. */
  alias: number;
  /** Sequence number of the group. */
  sequence: number;
  /** Makes a source of it, given the timescale of its track. */
  source: (timescale: number | undefined) => ObjectSource;
}

/**
 * Reads a datagram.
 *
 * @returns The object; undefined if it is something else.
 * @throws {ProtocolError} if it makes no sense.
 */
export function readDatagram(version: IetfVersion, bytes: Uint8Array): DatagramObject | undefined {
  const body = new ByteReader(bytes, codingOf(version));
  // 0b00SXPOEX: status, default priority (from draft 16 on), no object id, ends the group,
  // extensions.
  const type = body.varint();
  const known = version >= 16 ? 0x2f : 0x27;
  if ((type & ~known) !== 0 || version === 7) return undefined;
  const alias = body.varint();
  const sequence = body.varint();
  const id = (type & 4) !== 0 ? 0 : body.varint();
  if ((type & 8) === 0) body.u8();
  const extensions = (type & 1) !== 0 ? body.bytes(body.varint()) : new Uint8Array();
  const status = (type & 0x20) !== 0 ? checkStatus(body.varint()) : 0;
  const payload = body.rest();
  return {
    alias,
    sequence,
    source: (timescale) =>
      new SingleObject(
        { id, size: payload.length, status, ...readExtensions(version, extensions, timescale) },
        payload,
        (type & 2) !== 0,
      ),
  };
}

/** A source of one object. */
class SingleObject implements ObjectSource {
  readonly endsGroup: boolean;
  #header: ObjectHeader | undefined;
  #payload: Uint8Array;

  constructor(header: ObjectHeader, payload: Uint8Array, endsGroup: boolean) {
    this.#header = header;
    this.#payload = payload;
    this.endsGroup = endsGroup;
  }

  next(): Promise<ObjectHeader | undefined> {
    const header = this.#header;
    this.#header = undefined;
    return Promise.resolve(header);
  }

  read(limit: number): Promise<Uint8Array> {
    const bytes = this.#payload.subarray(0, limit);
    this.#payload = this.#payload.subarray(limit);
    return Promise.resolve(bytes);
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }
}
