/** What HTTP/3 puts between a QUIC connection and the WebTransport session on it. */

import { ByteReader } from "./byte_reader.ts";
import { encodeControlPreface, readControl } from "./control_stream.ts";
import { SessionError } from "./error.ts";
import { fromHttp3 } from "./error_code.ts";
import type { Settings } from "./http3_settings.ts";
import { FRAME_TYPE, H3_ERROR, Http3Error, STREAM_TYPE } from "./http3.ts";
import { IncomingQueue } from "./incoming_queue.ts";
import { bidirectional, readableFrom } from "./quic_stream.ts";
import { RequestStream } from "./request_stream.ts";
import type { BidirectionalStream, CloseInfo } from "./session.ts";

/** Streams accepted ahead of their taker; more wait in QUIC. */
const MAX_QUEUED_STREAMS = 64;
const MAX_QUEUED_REQUESTS = 4;

/**
 * An HTTP/3 connection that carries one WebTransport session.
 *
 * It exchanges SETTINGS and sorts the peer's streams: those of the session are queued, those of HTTP/3
 * itself are consumed, everything else is refused. Each stream is sorted on its own, so one whose header
 * does not come holds nothing up.
 */
export class Http3Connection {
  /** What the peer said about itself. Pending for ever if it says nothing. */
  readonly settings: Promise<Settings>;
  /** Fulfilled when the peer announces with GOAWAY that it will serve no more. */
  readonly goaway: Promise<void>;
  /** Fulfilled when the connection was closed by either end, rejected with a `SessionError` when it failed. */
  readonly ended: Promise<CloseInfo>;
  /** Unidirectional streams of the session. */
  readonly unidirectional: IncomingQueue<ReadableStream<Uint8Array>>;
  /** Bidirectional streams of the session. */
  readonly bidirectional: IncomingQueue<BidirectionalStream>;
  /** Requests by the peer: each stream with its first frame's type, which has been read. */
  readonly requests: IncomingQueue<{ stream: RequestStream; firstFrame: number }>;

  readonly #quic: Deno.QuicConn;
  readonly #role: "client" | "server";
  readonly #settings = Promise.withResolvers<Settings>();
  readonly #goaway = Promise.withResolvers<void>();
  readonly #sessionId = Promise.withResolvers<number>();
  #control: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #peerControlSeen = false;
  #failure: Http3Error | undefined;

  /** Takes `quic` over in the role given. */
  constructor(quic: Deno.QuicConn, role: "client" | "server") {
    this.#quic = quic;
    this.#role = role;
    this.settings = this.#settings.promise;
    this.goaway = this.#goaway.promise;
    // A stream that fails while it is refused needs no refusal.
    this.unidirectional = new IncomingQueue(MAX_QUEUED_STREAMS, (stream) => {
      stream.cancel().catch(() => {});
    });
    this.bidirectional = new IncomingQueue(MAX_QUEUED_STREAMS, ({ readable, writable }) => {
      Promise.all([readable.cancel(), writable.close()]).catch(() => {});
    });
    this.requests = new IncomingQueue(MAX_QUEUED_REQUESTS, () => {});
    this.ended = this.#watch();
    this.#sendSettings();
    this.#acceptUnidirectional();
    this.#acceptBidirectional();
  }

  /** Names the session that the peer's streams belong to. Until then they wait. */
  attach(sessionId: number): void {
    this.#sessionId.resolve(sessionId);
  }

  /** Opens a request stream. */
  async openRequest(): Promise<RequestStream> {
    const options = { waitUntilAvailable: true };
    return new RequestStream(await this.#quic.createBidirectionalStream(options));
  }

  /** Closes the connection because the peer broke a rule. */
  fail(error: Http3Error): void {
    this.#failure ??= error;
    this.#quic.close({ closeCode: error.code, reason: error.message });
  }

  /** Waits for `step`, or fails with why the connection ended before. */
  async during<T>(step: Promise<T>): Promise<T> {
    const ended = this.ended.then(({ reason }) => {
      throw new SessionError(`Connection was closed by the peer${reason ? `: ${reason}` : ""}`);
    });
    return await Promise.race([step, ended]);
  }

  #watch(): Promise<CloseInfo> {
    const ended = this.#quic.closed.then(
      ({ closeCode, reason }) => {
        const cause = this.#failure;
        if (cause) throw new SessionError(`Session was broken off: ${cause.message}`, { cause });
        if (closeCode === 0 || closeCode === H3_ERROR.noError) return { closeCode: 0, reason };
        const code = fromHttp3(closeCode);
        if (code !== undefined) return { closeCode: code, reason };
        const error = `0x${closeCode.toString(16)}${reason && `: ${reason}`}`;
        throw new SessionError(`Connection was closed by the peer with HTTP/3 error ${error}`);
      },
      (cause) => {
        throw new SessionError(`Connection was lost: ${cause.message}`, { cause });
      },
    );
    const queues = [this.unidirectional, this.bidirectional, this.requests];
    ended.then(
      () => queues.forEach((queue) => queue.close()),
      (error) => queues.forEach((queue) => queue.error(error)),
    );
    return ended;
  }

  async #sendSettings(): Promise<void> {
    try {
      const stream = await this.#quic.createUnidirectionalStream({ waitUntilAvailable: true });
      // Held for good: Deno would end the stream, and with it the connection, once it is collected.
      this.#control = stream.getWriter();
      this.#control.closed.catch(() => {});
      await this.#control.write(encodeControlPreface());
    } catch {
      // The connection is over, as `ended` tells.
    }
  }

  async #acceptUnidirectional(): Promise<void> {
    try {
      for await (const stream of this.#quic.incomingUnidirectionalStreams) {
        // A stream that breaks off is no reason to give up the others.
        this.#sortUnidirectional(stream).catch(() => {});
        await this.unidirectional.room();
      }
    } catch {
      // The connection is over, as `ended` tells.
    }
  }

  async #sortUnidirectional(stream: Deno.QuicReceiveStream): Promise<void> {
    const reader = new ByteReader(stream);
    switch (await reader.readVarint()) {
      case STREAM_TYPE.control:
        return await this.#readControl(reader);
      // With no dynamic table there is nothing to be learnt from these, but they must be kept open.
      case STREAM_TYPE.qpackEncoder:
      case STREAM_TYPE.qpackDecoder:
        return await reader.drain();
      case STREAM_TYPE.webTransport:
        if (await reader.readVarint() !== await this.#sessionId.promise) break;
        reader.releaseLock();
        return this.unidirectional.push(readableFrom(stream, fromHttp3));
    }
    await reader.cancel();
  }

  async #acceptBidirectional(): Promise<void> {
    try {
      for await (const stream of this.#quic.incomingBidirectionalStreams) {
        this.#sortBidirectional(stream).catch(() => {});
        await Promise.all([this.bidirectional.room(), this.requests.room()]);
      }
    } catch {
      // The connection is over, as `ended` tells.
    }
  }

  async #sortBidirectional(stream: Deno.QuicBidirectionalStream): Promise<void> {
    const reader = new ByteReader(stream.readable);
    const firstFrame = await reader.readVarint();
    if (firstFrame === FRAME_TYPE.webTransport) {
      if (await reader.readVarint() === await this.#sessionId.promise) {
        reader.releaseLock();
        return this.bidirectional.push(bidirectional(stream, fromHttp3));
      }
    } else if (firstFrame !== undefined && this.#role === "server") {
      return this.requests.push({ stream: new RequestStream(stream, reader), firstFrame });
    }
    await Promise.all([reader.cancel(), stream.writable.close()]);
  }

  async #readControl(reader: ByteReader): Promise<void> {
    try {
      if (this.#peerControlSeen) {
        throw new Http3Error(H3_ERROR.streamCreation, "Peer opened a second control stream");
      }
      this.#peerControlSeen = true;
      await readControl(reader, {
        settings: (settings) => this.#settings.resolve(settings),
        goaway: () => this.#goaway.resolve(),
      });
    } catch (error) {
      if (error instanceof Http3Error) this.fail(error);
      // Otherwise the stream was reset with the connection, which tells better why.
    }
  }
}
