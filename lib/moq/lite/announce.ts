import type { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import { normalizePath } from "../path.ts";
import { StreamType } from "./stream_type.ts";
import type { LiteVersion } from "./version.ts";

/** A broadcast that passed through more relays than this is taken to go in circles. */
const MAX_HOPS = 32;

/** Coming and going of a broadcast, as a message says it. */
export interface AnnounceMessage {
  /** Name of the broadcast below the prefix asked for. */
  suffix: string;
  /** What happened to it. */
  status: "active" | "ended" | "restart";
}

/** Writes the request that starts an announce stream, the stream's type included. */
export function encodeAnnounceRequest(version: LiteVersion, prefix: string): Uint8Array {
  return new ByteWriter().varint(StreamType.announce).message((body) => {
    body.string(prefix);
    // moq-lite-04 and -05 name a relay whose broadcasts are not wanted: none.
    if (version >= 4) body.varint(0);
  }).finish();
}

/** Reads the prefix out of a request, whose remaining fields only matter to relays. */
export function decodeAnnounceRequest(version: LiteVersion, body: ByteReader): string {
  const prefix = normalizePath(body.string());
  if (version >= 4) body.skipVarint();
  body.end();
  return prefix;
}

/**
 * Writes what answers a request at first: in moq-lite-01 and -02 all broadcasts in one message, in
 * -03 and -04 one message each, and the same in -05 behind one that counts them.
 *
 * @param hop Identity of the publisher, or 0 for none.
 */
export function encodeInitialAnnounces(
  version: LiteVersion,
  suffixes: readonly string[],
  hop: number,
): Uint8Array {
  const writer = new ByteWriter();
  if (version <= 2) {
    return writer.message((body) => {
      body.varint(suffixes.length);
      for (const suffix of suffixes) body.string(suffix);
    }).finish();
  }
  if (version >= 5) writer.message((body) => body.varint(hop).varint(suffixes.length));
  for (const suffix of suffixes) {
    writer.bytes(encodeAnnounce(version, { suffix, status: "active" }, hop));
  }
  return writer.finish();
}

/** Reads the first message of moq-lite-01 and -02: the suffixes of all broadcasts. */
export function decodeAnnounceInit(body: ByteReader): string[] {
  const suffixes = [];
  for (let count = body.varint(); count > 0; count--) suffixes.push(normalizePath(body.string()));
  body.end();
  return suffixes;
}

/** Reads the first message of moq-lite-05, none of which concerns an endpoint that is no relay. */
export function decodeAnnounceOk(body: ByteReader): void {
  body.skipVarint();
  body.varint();
  body.end();
}

/** Writes one announcement. */
export function encodeAnnounce(
  version: LiteVersion,
  { suffix, status }: AnnounceMessage,
  hop: number,
): Uint8Array {
  return new ByteWriter().message((body) => {
    body.u8(STATUSES.indexOf(status)).string(suffix);
    // The hops so far: a number of them, from moq-lite-04 on with their identities. moq-lite-05's
    // first message has ours already.
    if (version === 3) body.varint(1);
    if (version === 4) body.varint(1).varint(hop);
    if (version >= 5) body.varint(0);
  }).finish();
}

/** Reads one announcement. A broadcast that is more than 32 hops away counts as ended. */
export function decodeAnnounce(version: LiteVersion, body: ByteReader): AnnounceMessage {
  const code = body.u8();
  const status = STATUSES[code];
  if (status === undefined || (status === "restart" && version < 5)) {
    throw new ProtocolError(`Cannot read announcement: status is ${code}`);
  }
  const suffix = normalizePath(body.string());
  const hops = version >= 3 ? body.varint() : 0;
  if (hops > MAX_HOPS) return { suffix, status: "ended" };
  if (version >= 4) { for (let i = 0; i < hops; ++i) body.skipVarint(); }
  body.end();
  return { suffix, status };
}

const STATUSES: readonly AnnounceMessage["status"][] = ["ended", "active", "restart"];
