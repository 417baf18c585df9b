/** @moq/net, an implementation of MoQ that is not ours, at the other end of a session. */

import * as Moq from "@moq/net";
import type { Session } from "../../lib/transport/session.ts";

export { Moq };

/** Where sessions in memory pretend to lead. */
const URL_OF_NOTHING = new URL("https://relay.test/");

// It tells what it does, and what it makes of sessions that end, at length.
for (const level of ["debug", "info", "warn", "error"] as const) {
  const log = console[level];
  console[level] = (...args: unknown[]) => {
    if (!new Error().stack?.includes("@moq/net")) log(...args);
  };
}

/** Has it act as a server at that end of a session. */
export function acceptMoqNet(session: Session): Promise<Moq.Connection.Established> {
  return Moq.Connection.accept(session as unknown as WebTransport, URL_OF_NOTHING);
}

/** Has it act as a client at that end of a session. */
export function connectMoqNet(session: Session): Promise<Moq.Connection.Established> {
  return Moq.Connection.connect(URL_OF_NOTHING, { transport: session as unknown as WebTransport });
}

/** A frame of text, at a time in milliseconds. */
export function textFrame(text: string, millis: number): Moq.Group.Frame {
  return {
    payload: new TextEncoder().encode(text),
    timestamp: Moq.Time.Timestamp.fromMillis(millis),
  };
}
