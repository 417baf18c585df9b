import { StreamResetError } from "../../transport/error.ts";
import { ProtocolError, RemoteError, TrackNotFoundError } from "../error.ts";
import type { IetfVersion } from "./version.ts";

/** The codes of moq-transport with which sessions are closed. */
export const CloseCode = {
  /** The peer broke the rules. */
  protocolViolation: 0x3,
  /** A request has an id of the wrong end. */
  invalidRequestId: 0x4,
  /** Two tracks go by the same alias. */
  duplicateTrackAlias: 0x5,
  /** More requests than allowed. */
  tooManyRequests: 0x7,
  /** No answer in time. */
  controlMessageTimeout: 0x11,
  /** No draft in common. */
  versionNegotiationFailed: 0x15,
} as const;

/** The code with which requests are refused that concern what we do not have. */
export function notFoundCode(version: IetfVersion): number {
  if (version >= 16) return 0x10;
  return version === 7 ? 0x3 : 0x4;
}

/** The code with which tracks are declined. */
export function uninterestedCode(version: IetfVersion): number {
  return version >= 16 ? 0x20 : 0x4;
}

/** What to close a session with after an error. Shared readers number as moq-lite does. */
export function closeCodeOf(error: unknown): number {
  const code = error instanceof ProtocolError ? error.code : CloseCode.protocolViolation;
  return code === new ProtocolError("").code ? CloseCode.protocolViolation : code;
}

/** Given up, for no fault of the peer. */
export function cancelled(): StreamResetError {
  return new StreamResetError(0);
}

/** What a refusal of `action` means. HTTP's 404 is what moq-dev's relays say. */
export function refusal(
  version: IetfVersion,
  action: string,
  code: number,
  reason: string,
): RemoteError {
  const message = `Cannot ${action}: the peer answered with error ${code}` +
    (reason ? ` (${reason})` : "");
  return code === 404 || code === notFoundCode(version)
    ? new TrackNotFoundError(message, { code })
    : new RemoteError(message, { code });
}

/** The peer asks for or answers more than it may. */
export function tooMany(what: string): ProtocolError {
  return new ProtocolError(`Cannot answer the peer: ${what}`, { code: CloseCode.tooManyRequests });
}
