import { StreamResetError } from "../../transport/error.ts";
import { RemoteError, TrackNotFoundError } from "../error.ts";

/** The application error codes of moq-lite that we send or tell apart. */
export const ErrorCode = {
  /** Nobody is interested any more. */
  cancel: 0,
  /** No answer in time. */
  timeout: 3,
  /** There is no such broadcast or track. */
  notFound: 13,
  /** The peer broke the rules. */
  protocolViolation: 15,
  /** Not something this endpoint does. */
  unsupported: 17,
  /** Given up by the publisher. */
  dropped: 24,
  /** Given up because the reader fell behind. */
  lagged: 26,
  /** There is no way to such a broadcast, as relays have it. */
  unroutable: 30,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  0: "cancelled",
  1: "required extension",
  2: "too old",
  3: "timeout",
  4: "transport",
  5: "decoding failed",
  6: "unauthorized",
  9: "version",
  10: "unexpected stream",
  11: "out of bounds",
  12: "duplicate",
  13: "not found",
  14: "wrong size",
  15: "protocol violation",
  16: "unexpected message",
  17: "unsupported",
  18: "encoding failed",
  24: "dropped",
  25: "closed",
  26: "lagged",
  27: "frame too large",
  29: "timestamp mismatch",
  30: "unroutable",
  31: "evicted",
};

/** The reason handed to a stream that is given up, for the transport to take the code from. */
export function streamReason(code: number): StreamResetError {
  return new StreamResetError(code);
}

/**
 * What it means that a stream on which something was asked failed: a reset becomes a
 * {@linkcode RemoteError} saying `action`, anything else stays as it is.
 */
export function remoteError(action: string, cause: unknown): unknown {
  if (!(cause instanceof StreamResetError)) return cause;
  const { code } = cause;
  const message = `Cannot ${action}: the peer answered with error ${code}` +
    (code in NAMES ? ` (${NAMES[code]})` : "");
  return code === ErrorCode.notFound || code === ErrorCode.unroutable
    ? new TrackNotFoundError(message, { code, cause })
    : new RemoteError(message, { code, cause });
}
