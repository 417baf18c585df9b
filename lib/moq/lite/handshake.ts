import type { Session } from "../../transport/session.ts";
import { Deadline } from "../deadline.ts";
import type { Dialect } from "../dialect.ts";
import { ProtocolError, RemoteError } from "../error.ts";
import { Exchange } from "../exchange.ts";
import { ErrorCode } from "./error_code.ts";
import { encodeServerSetup, encodeSetup, readClientSetup } from "./setup.ts";
import { StreamType } from "./stream_type.ts";
import { type LiteVersion, versionOf } from "./version.ts";

/** Options of {@linkcode acceptHandshake}. */
export interface HandshakeOptions {
  /** How long the peer may take, in milliseconds. Default: 10,000. */
  timeout?: number;
}

/** What a handshake leads to. */
export interface Handshake {
  /** The draft agreed on. */
  version: LiteVersion;
  /** The stream of the in-band handshake, which has to stay open, where there was one. */
  control: Exchange | undefined;
}

/** Does the server's part. Without a dialect, the client's in-band offer decides. */
export async function acceptHandshake(
  session: Session,
  dialect: Dialect | undefined,
  options: HandshakeOptions = {},
): Promise<Handshake> {
  using deadline = startDeadline(options);
  if (dialect !== undefined) return deadline.race(sendSetup(session, dialect));
  const streams = session.incomingBidirectionalStreams.getReader();
  const { value: stream } = await deadline.race(streams.read());
  streams.releaseLock();
  if (stream === undefined) throw new ProtocolError("Cannot set up session: the client left");
  const control = new Exchange(stream);
  const type = await deadline.race(control.reader.varint());
  if (type !== StreamType.clientSetup) {
    throw new ProtocolError(`Cannot set up session: the client began with message ${type}`);
  }
  const version = await deadline.race(readClientSetup(control.reader));
  await control.write(encodeServerSetup(version));
  return { version, control };
}

function startDeadline({ timeout = 10_000 }: HandshakeOptions): Deadline {
  return new Deadline(timeout, () =>
    new RemoteError(
      `Cannot set up session: the peer did not answer within ${timeout / 1000} s`,
      { code: ErrorCode.timeout },
    ));
}

/** From moq-lite-05 on both ends say what they can do, and neither waits for the other. */
export async function sendSetup(
  session: Session,
  dialect: Dialect,
  path?: string,
): Promise<Handshake> {
  const version = versionOf(dialect);
  if (version >= 5) {
    const writer = (await session.createUnidirectionalStream()).getWriter();
    await writer.write(encodeSetup(path));
    await writer.close();
  }
  return { version, control: undefined };
}
