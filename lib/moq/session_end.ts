import { SessionError, StreamResetError } from "../transport/error.ts";
import type { CloseInfo, Session } from "../transport/session.ts";
import { Deadline } from "./deadline.ts";

/** How long the reason for the end of a session may come after its streams have failed. */
const REASON_TIMEOUT = 1_000;

/** What everything in a session comes to that one end has closed. */
export function closedError({ closeCode: code = 0, reason }: CloseInfo): SessionError {
  return new SessionError(`Session was closed with code ${code}${reason ? `: ${reason}` : ""}`, {
    code,
  });
}

/**
 * Finds the reason behind a stream's failure. Streams fail when their session ends, but only the
 * session knows why, such as that a token was not accepted, and may know it a moment later.
 *
 * @returns The session's own error if it ended, otherwise `error`.
 */
export async function rootCause(
  session: Pick<Session, "closed">,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof SessionError || error instanceof StreamResetError)) return error;
  using deadline = new Deadline(REASON_TIMEOUT, () => error);
  try {
    return closedError(await deadline.race(session.closed));
  } catch (error) {
    return error;
  }
}
