/** WebTransport over HTTP/3 (draft-ietf-webtrans-http3), the same for either end. */

import { CapsuleStream, closeCapsule, encodeCapsule } from "./capsule.ts";
import { concat } from "@std/bytes/concat";
import { datagramsOf } from "./datagrams.ts";
import { SessionError, StreamResetError } from "./error.ts";
import { fromHttp3, toHttp3 } from "./error_code.ts";
import { FRAME_TYPE, Http3Error, STREAM_TYPE } from "./http3.ts";
import type { Http3Connection } from "./http3_connection.ts";
import { bidirectional, resetCode, writableTo } from "./quic_stream.ts";
import type { RequestStream } from "./request_stream.ts";
import type { BidirectionalStream, CloseInfo, Datagrams, Session } from "./session.ts";
import { settleWithin } from "./settle.ts";
import { encodeVarint } from "./varint.ts";

/** How long our farewell may take to reach the peer, in milliseconds. */
const CLOSE_TIMEOUT = 1000;

/** What an established session consists of. */
export interface WebTransportParts {
  /** The QUIC connection. */
  quic: Deno.QuicConn;
  /** HTTP/3 on it, attached to the session. */
  http3: Http3Connection;
  /** The CONNECT request, answered. */
  request: RequestStream;
  /** The agreed subprotocol, or "". */
  protocol: string;
}

/** A WebTransport session that has an HTTP/3 connection to itself. */
export class WebTransportSession implements Session {
  readonly protocol: string;
  readonly ready: Promise<void> = Promise.resolve();
  readonly closed: Promise<CloseInfo>;
  readonly draining: Promise<void>;
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: Datagrams;

  readonly #quic: Deno.QuicConn;
  readonly #http3: Http3Connection;
  readonly #request: RequestStream;
  readonly #draining = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<CloseInfo>();
  readonly #sessionId: Uint8Array;
  #farewell: Required<CloseInfo> | undefined;

  /** Takes over what both ends have agreed on. */
  constructor({ quic, http3, request, protocol }: WebTransportParts) {
    this.#quic = quic;
    this.#http3 = http3;
    this.#request = request;
    this.#sessionId = encodeVarint(request.id);
    this.protocol = protocol;
    this.draining = this.#draining.promise;
    this.incomingUnidirectionalStreams = http3.unidirectional.readable;
    this.incomingBidirectionalStreams = http3.bidirectional.readable;
    http3.goaway.then(this.#draining.resolve);
    this.closed = this.#run();
    // Whoever does not ask how the session ended need not be told.
    this.closed.catch(() => {});
    this.datagrams = datagramsOf(quic, this.closed, request.id / 4);
  }

  async createUnidirectionalStream(): Promise<WritableStream<Uint8Array>> {
    return await this.#open(async (options) => {
      const stream = await this.#quic.createUnidirectionalStream(options);
      const writable = writableTo(stream, fromHttp3);
      await this.#writePrefix(writable, STREAM_TYPE.webTransport);
      return writable;
    });
  }

  async createBidirectionalStream(): Promise<BidirectionalStream> {
    return await this.#open(async (options) => {
      const quicStream = await this.#quic.createBidirectionalStream(options);
      const stream = bidirectional(quicStream, fromHttp3);
      await this.#writePrefix(stream.writable, FRAME_TYPE.webTransport);
      return stream;
    });
  }

  /** Asks the peer to wind the session up. */
  async drain(): Promise<void> {
    await this.#request.writeData(encodeCapsule({ kind: "drain" }));
  }

  close({ closeCode = 0, reason = "" }: CloseInfo = {}): void {
    toHttp3(closeCode); // Throws on what the caller got wrong.
    this.#farewell ??= { closeCode, reason };
    this.#closing.resolve(this.#farewell);
  }

  async #run(): Promise<CloseInfo> {
    const theirs = this.#readCapsules();
    const ours = this.#closing.promise.then((info) => this.#sayFarewell(info, theirs));
    let info: CloseInfo = {};
    try {
      info = await Promise.race([theirs, ours, this.#http3.ended]);
    } catch (cause) {
      if (cause instanceof Http3Error) this.#http3.fail(cause);
      // Once we have said farewell, how the peer takes it makes no difference.
      if (this.#farewell === undefined) throw sessionError(cause);
    } finally {
      info = this.#farewell ?? info;
      const { closeCode = 0, reason = "" } = info;
      this.#quic.close({ closeCode: toHttp3(closeCode), reason });
      await this.#http3.ended.catch(() => {});
    }
    return info;
  }

  async #readCapsules(): Promise<CloseInfo> {
    try {
      const capsules = ReadableStream.from(this.#request.data()).pipeThrough(new CapsuleStream());
      for await (const capsule of capsules) {
        if (capsule.kind === "drain") this.#draining.resolve();
        else return { closeCode: capsule.closeCode, reason: capsule.reason };
      }
      return { closeCode: 0, reason: "" };
    } catch (error) {
      if (error instanceof Http3Error) throw error;
      const code = resetCode(error);
      // Any other failure is the connection's.
      if (code === undefined) return await this.#http3.ended;
      const given = fromHttp3(code);
      throw new SessionError("Session was reset by the peer", {
        cause: error,
        ...given !== undefined && { code: given },
      });
    }
  }

  /** Tells the peer, and gives it the time to hear and answer before the connection goes. */
  async #sayFarewell(info: CloseInfo, answered: Promise<unknown>): Promise<CloseInfo> {
    const told = (async () => {
      await this.#request.writeData(closeCapsule(info));
      await this.#request.close();
      await answered;
    })();
    await settleWithin(told, CLOSE_TIMEOUT);
    return info;
  }

  async #open<T>(
    create: (options: Deno.QuicSendStreamOptions) => Promise<T>,
  ): Promise<T> {
    try {
      if (this.#farewell === undefined) return await create({ waitUntilAvailable: true });
    } catch (cause) {
      if (cause instanceof StreamResetError) throw cause;
      throw new SessionError("Cannot open stream: the session has ended", { cause });
    }
    throw new SessionError("Cannot open stream: the session was closed");
  }

  async #writePrefix(stream: WritableStream<Uint8Array>, type: number): Promise<void> {
    const writer = stream.getWriter();
    await writer.write(concat([encodeVarint(type), this.#sessionId]));
    writer.releaseLock();
  }
}

function sessionError(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  return new SessionError(`Session was broken off: ${(cause as Error).message}`, { cause });
}
