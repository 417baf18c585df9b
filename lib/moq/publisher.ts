import type { Session } from "../transport/session.ts";
import type { Broadcast } from "./broadcast.ts";
import { dialectOf, PUBLISH_SUBPROTOCOLS } from "./dialect.ts";
import { publishLite } from "./lite/publish.ts";

/** Options of {@linkcode publish}. */
export interface PublishOptions {
  /** Whether we connected the session, to a relay, rather than accepted it. Default: no. */
  connected?: boolean;
  /** Path and query of the relay's URL, for raw QUIC connections of ours; see `MoqOptions`. */
  path?: string;
}

/**
 * Publishes broadcasts in one session, in the dialect that its protocol stands for, until either
 * end closes it. Subscribers that come late get the latest group from its first frame on. One that
 * falls so far behind that its next frame has been forgotten loses the session, with code 26: there
 * is no other way to cut a group off that every transport has.
 *
 * @throws {TypeError} if the session's protocol is not supported.
 * @throws {ProtocolError} if the peer breaks the rules.
 * @throws {SessionError} if the connection is lost.
 */
export async function publish(
  session: Session,
  broadcasts: Iterable<Broadcast>,
  options: PublishOptions = {},
): Promise<void> {
  try {
    const { protocol } = session;
    if (protocol !== "" && !PUBLISH_SUBPROTOCOLS.includes(protocol)) {
      throw new TypeError(`Cannot publish: protocol "${protocol}" is not supported`);
    }
    const dialect = dialectOf(protocol);
    await publishLite(session, dialect, broadcasts, options);
  } catch (error) {
    session.close({ closeCode: 15, reason: "Cannot go on" });
    throw error;
  }
}
