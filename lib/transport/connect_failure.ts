/** Translation of everything that can go wrong while connecting into one line that helps. */

import { ConnectError, type ConnectFailure, SessionError } from "./error.ts";
import { Http3Error } from "./http3.ts";
import type { RelayUrl } from "./relay_url.ts";
import { NameError } from "./resolve.ts";
import { RefusedError } from "./web_transport_client.ts";

/** What was attempted when it went wrong. */
export interface ConnectContext {
  /** The relay. */
  url: RelayUrl;
  /** Address and port that were called. */
  target: string;
  /** Whether a fingerprint was to be matched. */
  pinned: boolean;
  /** The protocols that were offered. */
  protocols: readonly string[];
}

/** The {@linkcode ConnectError} for `error`; what is the caller's own fault is returned as it is. */
export function connectError(error: unknown, context: ConnectContext): unknown {
  if (error instanceof ConnectError || error instanceof Deno.errors.NotCapable) return error;
  const [failure, explanation] = explain(error as Error, context);
  return new ConnectError(failure, `Cannot connect to ${context.url.safe}: ${explanation}`, {
    cause: error,
    ...error instanceof RefusedError && { status: error.status },
  });
}

/** The error for a relay that did not answer within `timeout` milliseconds. */
export function timeoutError(
  { url, target }: ConnectContext,
  timeout: number,
  connected: boolean,
): ConnectError {
  const within = `within ${timeout / 1000} s`;
  return connected
    ? new ConnectError(
      "protocol",
      `Cannot connect to ${url.safe}: ${target} speaks QUIC but did not open a session ${within}; ` +
        "check that it is a MoQ relay",
    )
    : new ConnectError(
      "unreachable",
      `Cannot connect to ${url.safe}: ${target} did not answer ${within}; ` +
        "check that the relay is running, its port, and that UDP gets through",
    );
}

function explain(error: Error, context: ConnectContext): [ConnectFailure, string] {
  const { target, protocols } = context;
  if (error instanceof RefusedError) return explainRefusal(error.status);
  if (error instanceof NameError) return ["unreachable", `${error.message}; check its spelling`];
  if (error instanceof Http3Error || error instanceof SessionError) {
    const what = error.message.replace(/^./, (letter) => letter.toLowerCase());
    return ["protocol", `${what}; check that ${target} is a MoQ relay`];
  }
  // TLS alert no_application_protocol (RFC 7301 §3.2).
  if (/handshake failed: error 120\b/.test(error.message)) {
    const offered = protocols.join(", ");
    return ["protocol", `${target} speaks none of ${offered}; check the scheme and the port`];
  }
  if (/certificate|handshake failed|server name/.test(error.message)) {
    return ["tls", explainCertificate(error.message, context)];
  }
  return ["unreachable", `${target} cannot be reached (${error.message}); check host and port`];
}

function explainRefusal(status: number): [ConnectFailure, string] {
  switch (status) {
    case 401:
      return [
        "unauthorized",
        "the relay wants a token (401); put one that has not expired into it",
      ];
    case 403:
      return ["forbidden", "the relay does not allow this path (403); check the path and token"];
    case 404:
      return ["not-found", "the relay does not know this path (404); check the path"];
    default:
      return ["protocol", `the relay refused with HTTP status ${status}; check the path`];
  }
}

function explainCertificate(message: string, { url, pinned }: ConnectContext): string {
  if (/Expired|NotValidYet|not valid (yet|before)|expired/.test(message)) {
    return "its certificate is not valid at this time; check the relay's certificate and this clock";
  }
  if (pinned && /UnknownIssuer/.test(message)) {
    return "its certificate does not have the expected fingerprint; check the fingerprint";
  }
  // The signature is bad when an authority of the issuer's name is trusted, but is another.
  if (/UnknownIssuer|BadSignature/.test(message)) {
    return "its certificate is not signed by a trusted authority; give its CA or its fingerprint";
  }
  if (/CaUsedAsEndEntity/.test(message)) {
    return "its certificate is an authority's own; give its fingerprint instead of a CA";
  }
  if (/not valid for/.test(message)) {
    return `its certificate is not for "${url.hostname}"; check the host name or give its fingerprint`;
  }
  return `TLS failed (${message}); check the certificate and the CA or fingerprint given`;
}
