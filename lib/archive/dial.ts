/** Opens MoQ sessions to a relay. */

import { type Dialect, offerOf, SUBPROTOCOLS } from "../moq/dialect.ts";
import { type MoqSession, openMoq } from "../moq/session.ts";
import { connect, type ConnectOptions } from "../transport/connect.ts";
import { ConnectError, SessionError } from "../transport/error.ts";
import type { RelayUrl } from "../transport/relay_url.ts";
import { reasonOf } from "../reason.ts";

/** The code with which moq-lite relays close the sessions of those they do not let in. */
export const UNAUTHORIZED = 6;

/** How to reach a relay; see {@linkcode ConnectOptions}. */
export interface DialOptions
  extends Pick<ConnectOptions, "caCerts" | "fingerprint" | "connectTo" | "timeout"> {
  /** The only dialect to speak. Default: the one the relay prefers. */
  dialect?: Dialect;
}

/**
 * Makes a function that opens a session to the relay in whatever dialect it speaks. It rejects with
 * nothing but a `ConnectError`.
 */
export function dialer(
  relay: RelayUrl,
  { dialect, ...options }: DialOptions,
): (signal: AbortSignal) => Promise<MoqSession> {
  const protocols = dialect === undefined ? SUBPROTOCOLS : [offerOf(dialect)];
  return async (signal) => {
    const session = await connect(relay, { ...options, protocols, signal });
    const close = () => session.close();
    signal.addEventListener("abort", close);
    if (signal.aborted) close();
    try {
      return await openMoq(session, {
        ...(relay.transport === "quic" && { path: relay.path }),
        ...(dialect !== undefined && { dialect }),
      });
    } catch (error) {
      close();
      if (error instanceof SessionError && error.code === UNAUTHORIZED) {
        throw unauthorized(relay.safe, { cause: error });
      }
      const reason = reasonOf(error);
      throw new ConnectError("protocol", `Cannot speak MoQ with ${relay.safe}: ${reason}`, {
        cause: error,
      });
    } finally {
      signal.removeEventListener("abort", close);
    }
  };
}

/** Says that `relay`, its address without secrets, let us connect and then closed the session. */
export function unauthorized(relay: string, options?: ErrorOptions): ConnectError {
  return new ConnectError(
    "unauthorized",
    `Cannot record from ${relay}: the relay does not accept the token, or wants one`,
    options,
  );
}
