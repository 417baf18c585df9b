/** The W3C WebTransport shape of a session; whoever speaks MoQ needs to know no more than this. */

/** Both halves of a bidirectional stream. Closing `writable` sends FIN; cancelling `readable` sends STOP_SENDING. */
export interface BidirectionalStream {
  /** Bytes from the peer. Errors with a `StreamResetError` when the peer resets the stream. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes to the peer. Errors with a `StreamResetError` when the peer sends STOP_SENDING. */
  readonly writable: WritableStream<Uint8Array>;
}

/** How a session ended, as the closing end said it. */
export interface CloseInfo {
  /** Application error code, 0 when nothing was wrong. */
  closeCode?: number;
  /** Why, for people. */
  reason?: string;
}

/** Unreliable messages of a session. */
export interface Datagrams {
  /** Datagrams from the peer; the oldest are dropped when nobody reads. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Datagrams to the peer. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * A connection over which both ends open streams: WebTransport over HTTP/3, or raw QUIC.
 *
 * The member names are those of the W3C `WebTransport` interface, so that a session can stand in
 * wherever one is expected.
 */
export interface Session {
  /** The WebTransport subprotocol or the QUIC ALPN that was agreed on; "" when there is none. */
  readonly protocol: string;
  /** Fulfilled once streams may be opened. Sessions handed out by `connect` and `listen` are ready. */
  readonly ready: Promise<void>;
  /** Fulfilled when either end closes cleanly; rejected with a `SessionError` when the connection is lost. */
  readonly closed: Promise<CloseInfo>;
  /** Fulfilled when the peer asks us to wind the session up. */
  readonly draining: Promise<void>;
  /** Streams the peer opens to talk both ways. */
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  /** Streams the peer opens to send. Each is a readable byte stream (BYOB readers work). */
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  /** Unreliable messages. */
  readonly datagrams: Datagrams;
  /** Opens a stream to talk both ways; waits while the peer's stream limit is reached. */
  createBidirectionalStream(): Promise<BidirectionalStream>;
  /** Opens a stream to send; waits while the peer's stream limit is reached. */
  createUnidirectionalStream(): Promise<WritableStream<Uint8Array>>;
  /** Ends the session and everything in it. Calling it again does nothing. */
  close(info?: CloseInfo): void;
}
