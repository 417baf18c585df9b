import type { CloseInfo, Session } from "../transport/session.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { Announcement, Subscription } from "./group.ts";
import { connectHandshake } from "./handshake.ts";
import { closeCodeOf } from "./ietf/error_code.ts";
import { IetfSession } from "./ietf/session.ts";
import { versionOf as ietfVersionOf } from "./ietf/version.ts";
import { LiteSession } from "./lite/session.ts";
import { versionOf as liteVersionOf } from "./lite/version.ts";
import { rootCause } from "./session_end.ts";

/** Options of {@linkcode openMoq}. */
export interface MoqOptions {
  /**
   * The dialect to speak, for relays that do not say which they do. Default: the one the session's
   * protocol stands for, else what is agreed on in-band. moqt-07 is spoken only if it is asked for.
   */
  dialect?: Dialect;
  /**
   * Path and query of the relay's URL, for raw QUIC, where nothing else carries them. Must be left
   * out over WebTransport. moq-lite-03 and -04 have no place for it.
   */
  path?: string;
  /** How long the peer may take to answer the handshake, in milliseconds. Default: 10,000. */
  timeout?: number;
  /**
   * How long streams are waited for that may still come, in milliseconds, where the dialect does
   * not tell: those of a track that has ended and, in moq-transport, those of a group. Default:
   * 1,000.
   */
  linger?: number;
}

/** Options of {@linkcode MoqSession.subscribe}. */
export interface SubscribeOptions {
  /** Name of the broadcast, relative to the session's URL path. */
  broadcast: string;
  /** Name of the track. */
  track: string;
  /** 0 to 255; the tracks with a higher one are sent first. Default: 0. */
  priority?: number;
  /**
   * First group wanted. Default: the latest the publisher has, from its first frame on, or earlier
   * ones too in moq-transport. Ignored by moq-lite-01 and -02 and from moq-transport-16 on; others
   * begin later if they do not have it any more.
   */
  start?: number;
  /** How long the peer may take to confirm, in milliseconds. Default: 10,000. */
  timeout?: number;
  /** Gives up waiting for the confirmation. */
  signal?: AbortSignal;
}

/** A MoQ session in which we receive. */
export interface MoqSession {
  /** The dialect that was agreed on. */
  readonly dialect: Dialect;
  /**
   * Fulfilled when either end closes cleanly; rejected with a `SessionError` when the connection is
   * lost and with a `ProtocolError` when we closed it because the peer broke the rules.
   */
  readonly closed: Promise<CloseInfo>;
  /**
   * Fulfilled when the peer asks us to move to another session: with the URI to connect to, "" for
   * the same. Rejected when the session ends without that.
   */
  readonly goaway: Promise<string>;
  /**
   * Groups, in moq-transport parts of groups, refused because they belonged to no subscription, or
   * to none any more.
   */
  readonly strayGroups: number;
  /**
   * Lists the broadcasts whose name is `prefix` or lies below it: those there are first, then what
   * changes. Closes, after everything was reported as ended, if the peer stops announcing, or at
   * once if it does not announce at all, which some relays of moq-transport do not: a broadcast may
   * be there all the same. Errors with the session.
   */
  announcements(prefix?: string): ReadableStream<Announcement>;
  /**
   * Asks for a track and waits for the peer to confirm. The groups' order, and how to tell which
   * are missing, are described at {@linkcode Subscription.groups}; beyond 1024 waiting to be read,
   * new ones are refused and a notice with code 26 takes their place.
   *
   * @throws {TrackNotFoundError} if the peer does not know the track or does not answer in time.
   * @throws {RemoteError} if the peer refuses for another reason.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Ends the session and everything in it. Calling it again does nothing. */
  close(info?: CloseInfo): void;
}

/**
 * Starts MoQ on a session we connected, in the dialect its protocol stands for. Without a protocol,
 * with "moql" or "moq-00", the peer is offered moq-lite-02, -01 and moqt-14 in-band.
 *
 * The session is closed if this fails.
 *
 * @throws {TypeError} if the session's protocol is not supported.
 * @throws {ProtocolError} if the peer's half of the handshake makes no sense.
 * @throws {SessionError} if the session ends before.
 */
export async function openMoq(session: Session, options: MoqOptions = {}): Promise<MoqSession> {
  try {
    const { linger = 1_000 } = options;
    const agreed = options.dialect ?? dialectOf(session.protocol);
    const handshake = await connectHandshake(session, agreed, options);
    const { dialect, control, peer } = handshake;
    const version = ietfVersionOf(dialect);
    return version === undefined
      ? new LiteSession({ session, version: liteVersionOf(dialect), control, linger })
      : new IetfSession({ session, version, control, peer, linger });
  } catch (error) {
    const cause = await rootCause(session, error);
    const closeCode = session.protocol.startsWith("moqt-") ? closeCodeOf(cause) : 15;
    session.close({ closeCode, reason: "Cannot agree on a dialect" });
    throw cause;
  }
}
