/** Two linked sessions in memory, with the stream semantics of QUIC. */

import { SessionError, StreamResetError } from "../../lib/transport/error.ts";
import type {
  BidirectionalStream,
  CloseInfo,
  Datagrams,
  Session,
} from "../../lib/transport/session.ts";

/** Bytes a stream takes before its writer has to wait, in the way of QUIC's flow control. */
const WINDOW = 64 * 1024;

/** Opens a session; both ends of it live here. */
export function createMemorySessions(
  protocol = "",
): { client: MemorySession; server: MemorySession } {
  const client = new MemorySession(protocol);
  const server = new MemorySession(protocol);
  client.link(server);
  server.link(client);
  return { client, server };
}

/** One end of a session in memory. */
export class MemorySession implements Session {
  readonly protocol: string;
  readonly ready: Promise<void> = Promise.resolve();
  readonly closed: Promise<CloseInfo>;
  readonly draining: Promise<void>;
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: Datagrams;
  /** Asks the other end to wind up. */
  readonly drain: () => void;
  #peer!: MemorySession;
  #closed = Promise.withResolvers<CloseInfo>();
  #draining = Promise.withResolvers<void>();
  #over: SessionError | undefined;
  #pipes = new Set<Pipe>();
  #bidirectional!: ReadableStreamDefaultController<BidirectionalStream>;
  #unidirectional!: ReadableStreamDefaultController<ReadableStream<Uint8Array>>;
  #datagrams!: ReadableStreamDefaultController<Uint8Array>;

  constructor(protocol: string) {
    this.protocol = protocol;
    this.closed = this.#closed.promise;
    this.closed.catch(() => {});
    this.draining = this.#draining.promise;
    this.drain = () => this.#peer.#draining.resolve();
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => void (this.#bidirectional = controller),
    });
    this.incomingUnidirectionalStreams = new ReadableStream({
      start: (controller) => void (this.#unidirectional = controller),
    });
    this.datagrams = {
      readable: new ReadableStream({
        start: (controller) => void (this.#datagrams = controller),
      }),
      writable: new WritableStream({
        write: (datagram) => {
          if (this.#over) throw this.#over;
          this.#peer.#datagrams.enqueue(datagram.slice());
        },
      }),
    };
  }

  /** How many streams neither end is finished with. */
  get openStreams(): number {
    return this.#pipes.size;
  }

  link(peer: MemorySession): void {
    this.#peer = peer;
  }

  // deno-lint-ignore require-await
  async createBidirectionalStream(): Promise<BidirectionalStream> {
    const there = this.#pipe();
    const back = this.#pipe();
    this.#peer.#bidirectional.enqueue({ readable: there.readable, writable: back.writable });
    return { readable: back.readable, writable: there.writable };
  }

  // deno-lint-ignore require-await
  async createUnidirectionalStream(): Promise<WritableStream<Uint8Array>> {
    const pipe = this.#pipe();
    this.#peer.#unidirectional.enqueue(pipe.readable);
    return pipe.writable;
  }

  close(info: CloseInfo = {}): void {
    if (this.#over) return;
    const { closeCode = 0, reason = "" } = info;
    const error = new SessionError(`Session was closed: ${reason}`, { code: closeCode });
    for (const end of [this, this.#peer]) {
      end.#closed.resolve({ closeCode, reason });
      end.#end(error);
    }
  }

  /** Loses the connection, at both ends. */
  lose(): void {
    const error = new SessionError("Connection was lost");
    for (const end of [this, this.#peer]) {
      end.#closed.reject(error);
      end.#end(error);
    }
  }

  #pipe(): Pipe {
    if (this.#over) throw this.#over;
    const pipe = new Pipe(() => {
      this.#pipes.delete(pipe);
      this.#peer.#pipes.delete(pipe);
    });
    this.#pipes.add(pipe);
    this.#peer.#pipes.add(pipe);
    return pipe;
  }

  #end(error: SessionError): void {
    if (this.#over) return;
    this.#over = error;
    this.#bidirectional.error(error);
    this.#unidirectional.error(error);
    this.#datagrams.error(error);
    for (const pipe of [...this.#pipes]) pipe.fail(error);
  }
}

/** One direction of a stream: close is FIN, abort is RESET_STREAM, cancel is STOP_SENDING. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  #reading!: ReadableByteStreamController;
  #writing!: WritableStreamDefaultController;
  #release: () => void;
  #over = false;
  #wake = () => {};

  constructor(release: () => void) {
    this.#release = release;
    this.readable = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#reading = controller),
      pull: () => this.#wake(),
      cancel: (reason) => {
        this.#end();
        this.#writing.error(new StreamResetError(codeOf(reason)));
      },
    }, { highWaterMark: WINDOW });
    this.writable = new WritableStream({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener("abort", () => this.#wake());
      },
      write: async (chunk, { signal }) => {
        if (chunk.length > 0) this.#reading.enqueue(chunk.slice());
        while (!this.#over && !signal.aborted && this.#reading.desiredSize! <= 0) {
          await new Promise<void>((resolve) => this.#wake = resolve);
        }
      },
      close: () => {
        this.#end();
        this.#reading.close();
        // A pending BYOB read is not ended by closing alone.
        this.#reading.byobRequest?.respond(0);
      },
      abort: (reason) => {
        this.#end();
        this.#reading.error(new StreamResetError(codeOf(reason)));
      },
    });
  }

  fail(error: SessionError): void {
    this.#end();
    this.#reading.error(error);
    this.#writing.error(error);
  }

  #end(): void {
    this.#over = true;
    this.#release();
    this.#wake();
  }
}

/** The code in an abort reason, which W3C puts into `streamErrorCode`. */
function codeOf(reason: unknown): number {
  if (reason instanceof StreamResetError) return reason.code;
  return (reason as { streamErrorCode?: number } | undefined)?.streamErrorCode ?? 0;
}
