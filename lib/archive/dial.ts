/** Opens MoQ sessions to a relay. */

import { SUBPROTOCOLS } from "../moq/dialect.ts";
import { type MoqSession, openMoq } from "../moq/session.ts";
import { connect, type ConnectOptions } from "../transport/connect.ts";
import { ConnectError } from "../transport/error.ts";
import type { RelayUrl } from "../transport/relay_url.ts";

/** How to reach a relay; see {@linkcode ConnectOptions}. */
export type DialOptions = Pick<ConnectOptions, "caCerts" | "fingerprint" | "connectTo" | "timeout">;

/**
 * Makes a function that opens a session to the relay in whatever dialect it speaks. It rejects with
 * nothing but a `ConnectError`.
 */
export function dialer(
  relay: RelayUrl,
  options: DialOptions,
): (signal: AbortSignal) => Promise<MoqSession> {
  return async (signal) => {
    const session = await connect(relay, { ...options, protocols: SUBPROTOCOLS, signal });
    try {
      return await openMoq(session, relay.transport === "quic" ? { path: relay.path } : {});
    } catch (error) {
      session.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConnectError("protocol", `Cannot speak MoQ with ${relay.safe}: ${reason}`, {
        cause: error,
      });
    }
  };
}
