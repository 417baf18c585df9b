import type { ByteReader } from "../byte_reader.ts";
import type { ByteWriter } from "../byte_writer.ts";
import type { IetfVersion } from "./version.ts";

/**
 * Pairs as moq-transport writes parameters, options and properties: numbers have even keys. A
 * number beyond 2^53 - 1 is `Infinity`.
 */
export type KeyValues = ReadonlyMap<number, number | Uint8Array>;

/** Writes the options of a handshake, in the order of their keys. */
export function encodeSetupOptions(
  version: IetfVersion,
  writer: ByteWriter,
  options: KeyValues,
): void {
  if (version < 17) writer.varint(options.size);
  let last = 0;
  for (const [key, value] of [...options].sort(([a], [b]) => a - b)) {
    writer.varint(version >= 16 ? key - last : key);
    if (typeof value !== "number") writer.varint(value.length).bytes(value);
    else if (version === 7) writer.message((body) => body.varint(value));
    else writer.varint(value);
    last = key;
  }
}

/** Reads the options of a handshake. */
export function decodeSetupOptions(version: IetfVersion, body: ByteReader): KeyValues {
  return decodeKeyValues(body, {
    count: version < 17 ? body.varint() : Infinity,
    deltas: version >= 16,
    numbers: version > 7,
  });
}

/** Reads properties, or the extension headers that precede them, to the end of `body`. */
export function decodeProperties(version: IetfVersion, body: ByteReader): KeyValues {
  return decodeKeyValues(body, { count: Infinity, deltas: version >= 16, numbers: true });
}

/**
 * Passes over the parameters of a message.
 *
 * @returns Whether all could be: from draft 17 on, the length of unknown ones is not known either.
 */
export function skipParameters(version: IetfVersion, body: ByteReader): boolean {
  const count = body.varint();
  if (version < 17) {
    decodeKeyValues(body, { count, deltas: version >= 16, numbers: version > 7 });
    return true;
  }
  for (let i = 0, key = 0; i < count; ++i) {
    key += body.varint();
    switch (PARAMETERS[key]) {
      case "number":
        body.skipVarint();
        break;
      case "byte":
        body.u8();
        break;
      case "location":
        body.skipVarint();
        body.skipVarint();
        break;
      case "bytes":
        body.bytes(body.varint());
        break;
      default:
        return false;
    }
  }
  return true;
}

/** The parameters of drafts 17 and later, by what they consist of. */
const PARAMETERS: Readonly<Record<number, "number" | "byte" | "location" | "bytes">> = {
  0x02: "number",
  0x03: "bytes",
  0x04: "number",
  0x08: "number",
  0x09: "location",
  0x0e: "byte",
  0x10: "byte",
  0x20: "byte",
  0x21: "bytes",
  0x22: "byte",
};

function decodeKeyValues(
  body: ByteReader,
  { count, deltas, numbers }: { count: number; deltas: boolean; numbers: boolean },
): KeyValues {
  const values = new Map<number, number | Uint8Array>();
  let key = 0;
  for (let i = 0; i < count && (count < Infinity || body.left > 0); ++i) {
    key = body.varint() + (deltas ? key : 0);
    if (numbers && key % 2 === 0) values.set(key, body.looseVarint() ?? Infinity);
    else values.set(key, body.bytes(body.varint()));
  }
  return values;
}
