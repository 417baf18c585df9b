/** Opening QUIC connections. */

import { QUIC_OPTIONS } from "./quic_options.ts";
import { abortable, settleWithin } from "./settle.ts";

/** Head start of an address over the next one, in milliseconds (RFC 8305 §5). */
const HEAD_START = 250;

/** Whom to call and whom to believe. */
export interface DialOptions {
  /** Addresses of the same server, in order of preference; or a name for Deno to resolve. */
  addresses: readonly string[];
  /** UDP port to send to. */
  port: number;
  /** Name or address the certificate must be valid for. */
  serverName: string;
  /** ALPN protocols to offer, in order of preference. */
  alpnProtocols: readonly string[];
  /** Authorities to trust besides the system's, in PEM. */
  caCerts: readonly string[];
  /** The SHA-256 of the only certificate to accept, instead of any authority. */
  fingerprint?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Opens a QUIC connection. Several addresses are tried one after the other with a short head start each, and
 * the first to answer wins ("happy eyeballs").
 *
 * @throws {Error} Deno's, for the first address, if none answers; or the signal's reason.
 */
export async function dial(options: DialOptions, signal: AbortSignal): Promise<Deno.QuicConn> {
  signal.throwIfAborted();
  const decided = new AbortController();
  const stop = AbortSignal.any([signal, decided.signal]);
  const attempts: Promise<Deno.QuicConn>[] = [];
  let answered = false;
  for (const hostname of options.addresses) {
    if (attempts.length > 0) {
      // The head start ends early when the attempt fails or one before it succeeds after all.
      const news = Promise.race([Promise.any(attempts), attempts.at(-1)]);
      await settleWithin(news, HEAD_START);
    }
    if (answered || stop.aborted) break;
    const attempt = call(hostname, options, stop);
    attempt.then(() => answered = true, () => {});
    attempts.push(attempt);
  }
  try {
    const winner = await Promise.any(attempts);
    for (const attempt of attempts) {
      attempt.then((quic) => quic === winner || quic.close(), () => {});
    }
    return winner;
  } catch (error) {
    throw (error as AggregateError).errors[0];
  } finally {
    decided.abort();
  }
}

async function call(
  hostname: string,
  { port, serverName, alpnProtocols, caCerts, fingerprint }: DialOptions,
  signal: AbortSignal,
): Promise<Deno.QuicConn> {
  const endpoint = createEndpoint();
  // Only closing its endpoint ends an attempt.
  const giveUp = () => endpoint?.close();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const connecting = Deno.connectQuic<false>({
      ...QUIC_OPTIONS,
      hostname,
      port,
      serverName,
      ...endpoint && { endpoint },
      // Not in Deno's types, but its own WebTransport connects with it too.
      ...fingerprint && {
        serverCertificateHashes: [{ algorithm: "sha-256", value: fingerprint }],
      },
      alpnProtocols: [...alpnProtocols],
      caCerts: [...caCerts],
    });
    return await (endpoint ? connecting : abortable(connecting, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/**
 * An endpoint of the attempt's own. It takes the permission to listen; without it Deno makes one that we
 * cannot close, and an attempt we give up goes on until QUIC gives up too.
 */
function createEndpoint(): Deno.QuicEndpoint | undefined {
  try {
    return new Deno.QuicEndpoint({ hostname: "::", port: 0 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
