/** Errors of the MoQ layer. Those of the transport pass through it unchanged. */

/** The peer broke the rules of the protocol. A session in which this happens is closed with `code`. */
export class ProtocolError extends Error {
  /** Tells these errors from others. */
  override readonly name = "ProtocolError";
  /** The error code the session is closed with, as the dialect numbers it. */
  readonly code: number;
  /** The code is moq-lite's for a violation of the protocol, 15, if it is left out. */
  constructor(message: string, options?: ErrorOptions & { code?: number }) {
    super(message, options);
    this.code = options?.code ?? 15;
  }
}

/** The peer refused what was asked of it, or broke it off later. */
export class RemoteError extends Error {
  /** Tells these errors from others. */
  override readonly name: string = "RemoteError";
  /** The error code the peer gave, as the dialect numbers it. */
  readonly code: number;
  /** The code is the peer's. */
  constructor(message: string, options: ErrorOptions & { code: number }) {
    super(message, options);
    this.code = options.code;
  }
}

/** The peer does not have the track, or did not say in time that it does. */
export class TrackNotFoundError extends RemoteError {
  /** Tells these errors from others. */
  override readonly name = "TrackNotFoundError";
}
