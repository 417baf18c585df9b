/** Unreliable messages (RFC 9221), with HTTP/3's prefix where there is one (RFC 9297 §2.1). */

import { concat } from "@std/bytes/concat";
import { SessionError } from "./error.ts";
import { decodeLooseVarint } from "./loose_varint.ts";
import type { Datagrams } from "./session.ts";
import { encodeVarint, varintLength } from "./varint.ts";

/**
 * The datagrams of the session whose end `ended` tells, over `quic`.
 *
 * Datagrams wait in QUIC's own buffer, which drops the oldest when nobody reads. Those too large for
 * the path are dropped when sent, as those lost on the way are.
 *
 * @param quarterId A quarter of the session's stream id, which goes before each datagram; undefined for none.
 */
export function datagramsOf(
  quic: Deno.QuicConn,
  ended: Promise<unknown>,
  quarterId?: number,
): Datagrams {
  const prefix = quarterId === undefined ? new Uint8Array() : encodeVarint(quarterId);
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const datagram = await quic.readDatagram().catch(() => undefined);
        if (datagram === undefined) {
          await ended;
          return controller.close();
        }
        const payload = quarterId === undefined ? datagram : payloadOf(datagram, quarterId);
        if (payload !== undefined) return controller.enqueue(payload);
      }
    },
  }, { highWaterMark: 0 });
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      if (prefix.length + chunk.length > quic.maxDatagramSize) return;
      try {
        await quic.sendDatagram(concat([prefix, chunk]));
      } catch (cause) {
        throw new SessionError("Cannot send datagram: the session has ended", { cause });
      }
    },
  });
  return { readable, writable };
}

function payloadOf(datagram: Uint8Array, quarterId: number): Uint8Array | undefined {
  const length = varintLength(datagram[0] ?? 0);
  if (datagram.length < length || decodeLooseVarint(datagram) !== quarterId) return undefined;
  return datagram.subarray(length);
}
