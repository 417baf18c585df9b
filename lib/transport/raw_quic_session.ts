/** QUIC itself as a session: streams and datagrams are the connection's own. */

import { datagramsOf } from "./datagrams.ts";
import { SessionError } from "./error.ts";
import { fromHttp3 } from "./error_code.ts";
import { bidirectional, readableFrom, writableTo } from "./quic_stream.ts";
import type { BidirectionalStream, CloseInfo, Datagrams, Session } from "./session.ts";

/** Relays that serve both transports with one library map codes as HTTP/3 does, here too. */
const streamCode = (code: number): number => fromHttp3(code) ?? code;

/** A session whose protocol is the connection's ALPN. The peer is not told to wind it up, so it never drains. */
export class RawQuicSession implements Session {
  readonly protocol: string;
  readonly ready: Promise<void> = Promise.resolve();
  readonly closed: Promise<CloseInfo>;
  readonly draining: Promise<void> = new Promise(() => {});
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: Datagrams;

  readonly #quic: Deno.QuicConn;
  #farewell: CloseInfo | undefined;

  /** Takes an established connection over. */
  constructor(quic: Deno.QuicConn) {
    this.#quic = quic;
    this.protocol = quic.protocol ?? "";
    this.closed = quic.closed.then(
      (info) => this.#farewell ?? { closeCode: info.closeCode, reason: info.reason },
      (cause) => {
        throw new SessionError(`Connection was lost: ${cause.message}`, { cause });
      },
    );
    // Whoever does not ask how the session ended need not be told.
    this.closed.catch(() => {});
    this.incomingBidirectionalStreams = incoming(
      quic.incomingBidirectionalStreams,
      this.closed,
      (stream) => bidirectional(stream, streamCode),
    );
    this.incomingUnidirectionalStreams = incoming(
      quic.incomingUnidirectionalStreams,
      this.closed,
      (stream) => readableFrom(stream, streamCode),
    );
    this.datagrams = datagramsOf(quic, this.closed);
  }

  async createUnidirectionalStream(): Promise<WritableStream<Uint8Array>> {
    const stream = await this.#open((options) => this.#quic.createUnidirectionalStream(options));
    return writableTo(stream, streamCode);
  }

  async createBidirectionalStream(): Promise<BidirectionalStream> {
    const stream = await this.#open((options) => this.#quic.createBidirectionalStream(options));
    return bidirectional(stream, streamCode);
  }

  /** Closes the connection at once: what was written but not acknowledged yet may be lost. */
  close({ closeCode = 0, reason = "" }: CloseInfo = {}): void {
    if (this.#farewell) return;
    this.#quic.close({ closeCode, reason });
    this.#farewell = { closeCode, reason };
  }

  async #open<T>(create: (options: Deno.QuicSendStreamOptions) => Promise<T>): Promise<T> {
    try {
      return await create({ waitUntilAvailable: true });
    } catch (cause) {
      throw new SessionError("Cannot open stream: the session has ended", { cause });
    }
  }
}

/** Takes a stream from QUIC only when it is asked for; the others wait there, up to the stream limit. */
function incoming<From, To>(
  streams: ReadableStream<From>,
  ended: Promise<unknown>,
  wrap: (stream: From) => To,
): ReadableStream<To> {
  const reader = streams.getReader();
  return new ReadableStream({
    async pull(controller) {
      const result = await reader.read().catch(() => undefined);
      if (result && !result.done) return controller.enqueue(wrap(result.value));
      await ended;
      controller.close();
    },
  }, { highWaterMark: 0 });
}
