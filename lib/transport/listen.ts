/** Accepting sessions. */

import { IncomingQueue } from "./incoming_queue.ts";
import { QUIC_OPTIONS } from "./quic_options.ts";
import { RawQuicRequest, type SessionRequest } from "./session_request.ts";
import { awaitWebTransport } from "./web_transport_server.ts";

/** How long a client may take from its first packet to asking for a session, in milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;
/** Clients that may be at that stage at once; more are turned away. */
const MAX_HANDSHAKES = 256;
/** Requests that may wait to be looked at before clients have to wait. */
const MAX_WAITING = 64;

/** Where and as whom to listen. */
export interface ListenOptions {
  /** Address to listen on. */
  hostname: string;
  /** UDP port to listen on, 0 for any that is free. */
  port: number;
  /** Certificate chain in PEM. */
  cert: string;
  /** Private key in PEM. */
  key: string;
  /**
   * ALPN protocols to accept: "h3" for WebTransport, anything else for raw QUIC.
   *
   * @default {["h3"]}
   */
  alpnProtocols?: readonly string[];
}

/** Listens for sessions over WebTransport and raw QUIC. @throws {Error} if it cannot. */
export function listen(options: ListenOptions): Listener {
  return new Listener(options);
}

/** Yields the sessions that clients ask for until it is closed. */
export class Listener implements AsyncIterable<SessionRequest>, AsyncDisposable {
  /** The address listened on. */
  readonly addr: Deno.NetAddr;
  readonly #endpoint: Deno.QuicEndpoint;
  readonly #requests: IncomingQueue<SessionRequest>;
  readonly #connections = new Set<Promise<void>>();
  readonly #done: Promise<void>;
  #handshakes = 0;

  /** See {@linkcode listen}. */
  constructor({ hostname, port, cert, key, alpnProtocols = ["h3"] }: ListenOptions) {
    this.#endpoint = new Deno.QuicEndpoint({ hostname, port });
    const listener = this.#endpoint.listen({
      ...QUIC_OPTIONS,
      cert,
      key,
      alpnProtocols: [...alpnProtocols],
    });
    this.addr = { ...this.#endpoint.addr, transport: "udp" };
    this.#requests = new IncomingQueue(MAX_WAITING, (request) => {
      request.reject(503).catch(() => {});
    });
    this.#done = this.#accept(listener);
  }

  /** The requests; each is seen by one loop only. */
  [Symbol.asyncIterator](): AsyncIterator<SessionRequest> {
    return this.#requests.readable.values({ preventCancel: true });
  }

  /** Ends all sessions and stops listening; done when every connection is gone. */
  async close(): Promise<void> {
    this.#endpoint.close();
    this.#requests.close();
    await this.#done;
    await Promise.all(this.#connections);
  }

  /** The same as {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #accept(listener: Deno.QuicListener): Promise<void> {
    for await (const incoming of listener) {
      if (this.#handshakes >= MAX_HANDSHAKES) {
        incoming.refuse();
        continue;
      }
      // A client that fails to set up a session is gone and concerns nobody else.
      const connection = this.#serve(incoming).catch(() => {});
      this.#connections.add(connection);
      connection.then(() => this.#connections.delete(connection));
      await this.#requests.room();
    }
  }

  async #serve(incoming: Deno.QuicIncoming): Promise<void> {
    let quic: Deno.QuicConn | undefined;
    ++this.#handshakes;
    const timer = setTimeout(() => quic?.close(), HANDSHAKE_TIMEOUT);
    try {
      quic = await incoming.accept<false>();
      this.#requests.push(
        quic.protocol === "h3" ? await awaitWebTransport(quic) : new RawQuicRequest(quic),
      );
    } finally {
      --this.#handshakes;
      clearTimeout(timer);
    }
    await quic.closed;
  }
}
