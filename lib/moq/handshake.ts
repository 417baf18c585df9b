/** The client's part of the handshake, in every dialect. */

import type { Session } from "../transport/session.ts";
import { Deadline } from "./deadline.ts";
import type { Dialect } from "./dialect.ts";
import { ProtocolError, RemoteError } from "./error.ts";
import { Exchange } from "./exchange.ts";
import { CloseCode } from "./ietf/error_code.ts";
import { readBody } from "./ietf/message.ts";
import { MessageType } from "./ietf/message_type.ts";
import { decodePeerSetup, encodeClientSetup, encodeSetup, type PeerSetup } from "./ietf/setup.ts";
import { versionOf as ietfVersionOf } from "./ietf/version.ts";
import { sendSetup } from "./lite/handshake.ts";

/** The dialects agreed on in-band, the preferred one first, by their numbers there. */
const IN_BAND: ReadonlyMap<number, Dialect> = new Map([
  [0xff0dad02, "moq-lite-02"],
  [0xff0dad01, "moq-lite-01"],
  [0xff00000e, "moqt-14"],
]);
/** The number of draft 07, whose handshake is framed in its own way. */
const DRAFT_07 = 0xff000007;

/** Options of {@linkcode connectHandshake}. */
export interface HandshakeOptions {
  /** See `MoqOptions`. */
  path?: string;
  /** How long the peer may take, in milliseconds. Default: 10,000. */
  timeout?: number;
  /** Whether we publish, which we do in moq-lite only. Default: no. */
  publishing?: boolean;
}

/** What a handshake leads to. */
export interface Handshake {
  /** The dialect agreed on. */
  dialect: Dialect;
  /** The stream of the handshake, which has to stay open, where it was bidirectional. */
  control: Exchange | undefined;
  /** What the peer said, where it matters. */
  peer: PeerSetup;
}

/** Does the client's part. Without a dialect, moq-lite-02, -01 and moqt-14 are offered in-band. */
export async function connectHandshake(
  session: Session,
  dialect: Dialect | undefined,
  options: HandshakeOptions = {},
): Promise<Handshake> {
  const { timeout = 10_000 } = options;
  using deadline = new Deadline(timeout, () =>
    new RemoteError(
      `Cannot set up session: the peer did not answer within ${timeout / 1000} s`,
      { code: CloseCode.controlMessageTimeout },
    ));
  return await deadline.race(shakeHands(session, dialect, options));
}

async function shakeHands(
  session: Session,
  dialect: Dialect | undefined,
  { path, publishing = false }: HandshakeOptions,
): Promise<Handshake> {
  const offers = [...IN_BAND].filter(([, name]) =>
    dialect === undefined ? !(publishing && ietfVersionOf(name)) : name === dialect
  );
  const peer = { maxRequestId: 0, implementation: "" };
  if (offers.length === 0) {
    const version = ietfVersionOf(dialect!);
    if (version === undefined) {
      await sendSetup(session, dialect!, path);
      return { dialect: dialect!, control: undefined, peer };
    }
    if (version >= 17) {
      const writer = (await session.createUnidirectionalStream()).getWriter();
      await writer.write(encodeSetup(version, path));
      // The stream has to stay open, and is held on to, for as long as the session.
      const release = () => writer.releaseLock();
      session.closed.then(release, release);
      return { dialect: dialect!, control: undefined, peer };
    }
  }
  const version = dialect === "moqt-07" ? 7 : dialect === "moqt-16" ? 16 : 14;
  const numbers = version === 7 ? [DRAFT_07] : offers.map(([number]) => number);
  const control = await Exchange.open(session, encodeClientSetup(version, numbers, path));
  const type = await control.reader.varint();
  if (type !== (version === 7 ? MessageType.legacyServerSetup : MessageType.serverSetup)) {
    throw new ProtocolError(`Cannot set up session: the server answered with message ${type}`);
  }
  const body = await readBody(version, control.reader);
  if (version === 16) return { dialect: dialect!, control, peer: decodePeerSetup(16, body) };
  const number = body.varint();
  const chosen = version === 7 ? dialect! : IN_BAND.get(number);
  if (!numbers.includes(number) || chosen === undefined) {
    throw new ProtocolError(
      `Cannot set up session: the server chose version 0x${number.toString(16)}`,
      { code: CloseCode.versionNegotiationFailed },
    );
  }
  // moq-lite has no use for what follows, and some of its servers have had no parameters.
  if (ietfVersionOf(chosen) === undefined) return { dialect: chosen, control, peer };
  return { dialect: chosen, control, peer: decodePeerSetup(version, body) };
}
