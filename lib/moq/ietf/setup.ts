import { ByteReader } from "../byte_reader.ts";
import { decodeSetupOptions, encodeSetupOptions, type KeyValues } from "./key_values.ts";
import { encodeMessage } from "./message.ts";
import { MessageType } from "./message_type.ts";
import type { IetfVersion } from "./version.ts";

/** Keys of setup options. */
const Option = { role: 0, path: 1, maxRequestId: 2, implementation: 7 } as const;

/** The requests we allow a peer, more than a session will ever see: an 8-byte integer is avoided. */
export const MAX_REQUEST_ID = 2 ** 30 - 1;
/** Draft 07's role of an endpoint that only receives. */
const SUBSCRIBER = 2;

/** What a peer's half of the handshake says. */
export interface PeerSetup {
  /** The number that our request ids have to stay below; up to draft 16. */
  maxRequestId: number;
  /** What it calls itself, "" if it does not. */
  implementation: string;
}

/**
 * Writes the client's half of the handshake of drafts up to 16.
 *
 * @param offers The versions in draft 07 and 14; in draft 16, the protocol has decided already.
 * @param path Path and query of the relay's URL: on raw QUIC only.
 */
export function encodeClientSetup(
  version: IetfVersion,
  offers: readonly number[],
  path?: string,
): Uint8Array {
  const type = version === 7 ? MessageType.legacyClientSetup : MessageType.clientSetup;
  return encodeMessage(version, type, (body) => {
    if (version < 16) {
      body.varint(offers.length);
      for (const offer of offers) body.varint(offer);
    }
    const options = new Map<number, number | Uint8Array>(pathOption(path));
    options.set(Option.maxRequestId, MAX_REQUEST_ID);
    if (version === 7) options.set(Option.role, SUBSCRIBER);
    encodeSetupOptions(version, body, options);
  });
}

/** Writes the beginning of our control stream of drafts 17 and later, the stream's type included. */
export function encodeSetup(version: IetfVersion, path?: string): Uint8Array {
  return encodeMessage(version, MessageType.setup, (body) => {
    encodeSetupOptions(version, body, pathOption(path));
  });
}

/** Reads the options in a peer's half of the handshake of drafts up to 16. */
export function decodePeerSetup(version: IetfVersion, body: ByteReader): PeerSetup {
  const options = decodeSetupOptions(version, body);
  const limit = options.get(Option.maxRequestId) ?? 0;
  const implementation = options.get(Option.implementation);
  return {
    // Draft 07 puts a length before its numbers.
    maxRequestId: typeof limit === "number" ? limit : new ByteReader(limit).varint(),
    implementation: implementation instanceof Uint8Array
      ? new TextDecoder().decode(implementation)
      : "",
  };
}

function pathOption(path: string | undefined): KeyValues {
  return new Map(path === undefined ? [] : [[Option.path, new TextEncoder().encode(path)]]);
}
