/** Connecting to a relay. */

import { connectError, timeoutError } from "./connect_failure.ts";
import { dial } from "./dial.ts";
import { fetchFingerprint, parseFingerprint } from "./fingerprint.ts";
import { RawQuicSession } from "./raw_quic_session.ts";
import { parseHostPort, type RelayUrl } from "./relay_url.ts";
import { resolve } from "./resolve.ts";
import type { Session } from "./session.ts";
import { abortable } from "./settle.ts";
import { requestWebTransport } from "./web_transport_client.ts";

/** How to connect. */
export interface ConnectOptions {
  /** WebTransport subprotocols, or ALPN protocols for raw QUIC, in order of preference. */
  protocols: readonly string[];
  /** Authorities to trust besides the system's, in PEM. */
  caCerts?: readonly string[];
  /** SHA-256 of the only certificate to accept, in hexadecimal; colons are allowed. */
  fingerprint?: string;
  /** `HOST[:PORT]` to send to instead of the URL's; name checks and authority stay the URL's. */
  connectTo?: string;
  /**
   * Milliseconds until the session must be established.
   *
   * @default {10000}
   */
  timeout?: number;
  /** Gives the attempt up. */
  signal?: AbortSignal;
}

/**
 * Opens a session with the relay at `url`.
 *
 * @throws {ConnectError} if there is none to be had; `failure` tells why.
 * @throws {TypeError} if an option is malformed.
 * @throws The signal's reason, if it is aborted.
 *
 * @example
 * ```ts
 * import { connect } from "./connect.ts";
 * import { parseRelayUrl } from "./relay_url.ts";
 *
 * async function protocolOf(url: string): Promise<string> {
 *   const session = await connect(parseRelayUrl(url), { protocols: ["moq-lite-05", "moq-lite-04"] });
 *   session.close();
 *   return session.protocol;
 * }
 * ```
 */
export async function connect(url: RelayUrl, options: ConnectOptions): Promise<Session> {
  const { protocols, caCerts = [], connectTo, timeout = 10_000, signal } = options;
  const { hostname, port } = connectTo === undefined ? url : parseHostPort(connectTo, url.port);
  const alpnProtocols = url.transport === "quic" ? protocols : ["h3"];
  if (alpnProtocols.length === 0) {
    throw new TypeError("Cannot connect with raw QUIC: at least one protocol is required");
  }
  if (!caCerts.every((pem) => pem.includes("-----BEGIN CERTIFICATE-----"))) {
    throw new TypeError("Cannot trust CA certificate: it is not in PEM format");
  }
  let fingerprint = options.fingerprint === undefined
    ? undefined
    : parseFingerprint(options.fingerprint);
  const context = {
    url,
    target: `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    pinned: fingerprint !== undefined || url.insecure,
    protocols: alpnProtocols,
  };

  signal?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeout);
  const stop = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  let quic: Deno.QuicConn | undefined;
  try {
    if (url.insecure) fingerprint ??= await fetchFingerprint(url, { hostname, port }, stop);
    const addresses = await abortable(resolve(hostname), stop);
    const serverName = url.hostname;
    quic = await dial({ addresses, port, serverName, alpnProtocols, caCerts, fingerprint }, stop);
    return url.transport === "quic"
      ? new RawQuicSession(quic)
      : await abortable(requestWebTransport(quic, { ...url, protocols }), stop);
  } catch (error) {
    quic?.close();
    signal?.throwIfAborted();
    throw late.signal.aborted
      ? timeoutError(context, timeout, quic !== undefined)
      : connectError(error, context);
  } finally {
    clearTimeout(timer);
  }
}
