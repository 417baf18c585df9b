import { ProtocolError } from "../error.ts";
import type { StreamReader } from "../stream_reader.ts";
import {
  checkStatus,
  type ObjectHeader,
  type ObjectSource,
  readExtensions,
} from "./object_header.ts";
import type { IetfVersion } from "./version.ts";

/** Largest extension headers of an object, in bytes. */
const MAX_EXTENSIONS = 64 * 1024;
/** Draft 07's type of such streams. */
const LEGACY_TYPE = 0x04;

/** What a stream of objects begins with. */
export interface SubgroupHeader {
  /** The track. */
  alias: number;
  /** Sequence number of the group. */
  sequence: number;
  /** Whether objects have extension headers. */
  extensions: boolean;
  /** Whether the end of the stream is that of the group. */
  endsGroup: boolean;
}

/**
 * Reads the header of a stream, after the stream's type.
 *
 * @param isRequest Whether a number is a request id of ours. Cloudflare's draft 07 puts it first,
 * where others have the alias; we choose both, so that they are told apart.
 * @returns The header; undefined if the type is another.
 */
export async function readSubgroupHeader(
  version: IetfVersion,
  type: number,
  reader: StreamReader,
  isRequest: (id: number) => boolean,
): Promise<SubgroupHeader | undefined> {
  if (version === 7) {
    if (type !== LEGACY_TYPE) return undefined;
    let alias = await reader.varint();
    if (isRequest(alias)) alias = await reader.varint();
    const sequence = await reader.varint();
    await reader.varint();
    await reader.bytes(1);
    return { alias, sequence, extensions: false, endsGroup: false };
  }
  // 0b0FP1ESSX: first object, default priority, ends the group, subgroup id, extensions. The
  // first and the second have been added by drafts 18 and 16.
  const known = version >= 18 ? 0x7f : version >= 16 ? 0x3f : 0x1f;
  const subgroup = type >> 1 & 3;
  if (type > known || (type & 0x10) === 0 || subgroup === 3) return undefined;
  const alias = await reader.varint();
  const sequence = await reader.varint();
  if (subgroup === 2) await reader.varint();
  if ((type & 0x20) === 0) await reader.bytes(1);
  return { alias, sequence, extensions: (type & 1) !== 0, endsGroup: (type & 8) !== 0 };
}

/** The objects on a stream, after its header. */
export class Subgroup implements ObjectSource {
  readonly endsGroup: boolean;
  readonly #version: IetfVersion;
  readonly #reader: StreamReader;
  readonly #extensions: boolean;
  readonly #timescale: number | undefined;
  #last = -1;

  /** Reads no further than it is asked to. */
  constructor(
    version: IetfVersion,
    reader: StreamReader,
    { extensions, endsGroup }: SubgroupHeader,
    timescale: number | undefined,
  ) {
    this.endsGroup = endsGroup;
    this.#version = version;
    this.#reader = reader;
    this.#extensions = extensions;
    this.#timescale = timescale;
  }

  async next(): Promise<ObjectHeader | undefined> {
    const reader = this.#reader;
    if (await reader.done()) return undefined;
    // Relative to the one before, except in draft 07.
    const id = await reader.varint() + (this.#version === 7 ? 0 : this.#last + 1);
    if (id <= this.#last || !Number.isSafeInteger(id)) {
      throw new ProtocolError(`Cannot read group: object ${id} follows object ${this.#last}`);
    }
    this.#last = id;
    const length = this.#extensions ? await reader.varint() : 0;
    if (length > MAX_EXTENSIONS) {
      throw new ProtocolError(
        `Cannot read group: extensions of object ${id} are ${length} bytes, ` +
          `limit is ${MAX_EXTENSIONS}`,
      );
    }
    // A copy: the chunk it is in, which may be large, need not stay for it.
    const extensions = (await reader.bytes(length)).slice();
    const size = await reader.varint();
    const status = size === 0 ? checkStatus(await reader.varint()) : 0;
    return { id, size, status, ...readExtensions(this.#version, extensions, this.#timescale) };
  }

  read(limit: number): Promise<Uint8Array> {
    return this.#reader.some(limit);
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}
