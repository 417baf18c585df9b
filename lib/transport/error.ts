/** Errors of the transport. Deno's and QUIC's own never get past this module's boundary. */

/** Why a session could not be established. */
export type ConnectFailure =
  /** Name resolution, routing, or nobody answering. */
  | "unreachable"
  /** The certificate was not the one expected or not trusted. */
  | "tls"
  /** The server answered the CONNECT request with 401. */
  | "unauthorized"
  /** The server answered the CONNECT request with 403. */
  | "forbidden"
  /** The server answered the CONNECT request with 404. */
  | "not-found"
  /** Any other answer, or one that breaks HTTP/3 or WebTransport. */
  | "protocol";

/** A session could not be established. The message says what failed and what to try, without secrets. */
export class ConnectError extends Error {
  /** The class's name. */
  override readonly name = "ConnectError";
  /** What kind of failure it was. */
  readonly failure: ConnectFailure;
  /** The HTTP status of a refused CONNECT request. */
  readonly status: number | undefined;
  /** Names the failure and explains it in one line. */
  constructor(
    failure: ConnectFailure,
    message: string,
    options?: ErrorOptions & { status?: number },
  ) {
    super(message, options);
    this.failure = failure;
    this.status = options?.status;
  }
}

/** An established session was lost or broken off with an error. */
export class SessionError extends Error {
  /** The class's name. */
  override readonly name = "SessionError";
  /** The code the peer gave, if it gave one. */
  readonly code: number | undefined;
  /** Explains in one line, with the code if the peer gave one. */
  constructor(message: string, options?: ErrorOptions & { code?: number }) {
    super(message, options);
    this.code = options?.code;
  }
}

/** The peer gave up a single stream: RESET_STREAM when we read, STOP_SENDING when we write. */
export class StreamResetError extends Error {
  /** The class's name. */
  override readonly name = "StreamResetError";
  /** The application's error code, mapped back from HTTP/3's space over WebTransport. */
  readonly code: number;
  /** Tells the code. */
  constructor(code: number, options?: ErrorOptions) {
    super(`Stream was reset by the peer with code ${code}`, options);
    this.code = code;
  }
}
