/** Sessions that clients ask a listener for. */

import { H3_ERROR } from "./http3.ts";
import type { Http3Connection } from "./http3_connection.ts";
import { RawQuicSession } from "./raw_quic_session.ts";
import type { Headers, RequestStream } from "./request_stream.ts";
import type { Session } from "./session.ts";
import { settleWithin } from "./settle.ts";
import { formatStringList, parseStringList } from "./structured_field.ts";
import { WebTransportSession } from "./web_transport_session.ts";

/** How long a refused client may take to leave, in milliseconds. */
const LEAVE_TIMEOUT = 1000;

/** How to accept a session. */
export interface AcceptOptions {
  /** The subprotocol to speak, one of those offered; none if left out. Raw QUIC has agreed on it already. */
  protocol?: string;
}

/** A client's request for a session. It waits until it is accepted or rejected. */
export interface SessionRequest {
  /** Path with query; "" over raw QUIC, where only the application's own messages can tell. */
  readonly path: string;
  /** The subprotocols offered, in the client's order of preference; over raw QUIC the agreed ALPN. */
  readonly protocols: string[];
  /** Host and port the client means to talk to. */
  readonly authority: string;
  /**
   * Establishes the session.
   *
   * @throws {RangeError} if the protocol was not offered.
   */
  accept(options?: AcceptOptions): Promise<Session>;
  /** Refuses the session with an HTTP status; over raw QUIC with the status as the close code. */
  reject(status: number): Promise<void>;
}

/** A request for WebTransport: an extended CONNECT that has not been answered. */
export class WebTransportRequest implements SessionRequest {
  readonly path: string;
  readonly protocols: string[];
  readonly authority: string;
  readonly #quic: Deno.QuicConn;
  readonly #http3: Http3Connection;
  readonly #request: RequestStream;

  /** Takes over a request whose headers have been read. */
  constructor(
    quic: Deno.QuicConn,
    http3: Http3Connection,
    request: RequestStream,
    headers: Headers,
  ) {
    this.#quic = quic;
    this.#http3 = http3;
    this.#request = request;
    this.path = headers.get(":path") ?? "/";
    this.authority = headers.get(":authority") ?? "";
    this.protocols = parseStringList(headers.get("wt-available-protocols") ?? "") ?? [];
  }

  async accept({ protocol = "" }: AcceptOptions = {}): Promise<Session> {
    checkOffered(protocol, this.protocols);
    await this.#http3.during(this.#request.writeHeaders([
      [":status", "200"],
      ["sec-webtransport-http3-draft", "draft02"],
      ...protocol === "" ? [] : [["wt-protocol", formatStringList([protocol])] as const],
    ]));
    return new WebTransportSession({
      quic: this.#quic,
      http3: this.#http3,
      request: this.#request,
      protocol,
    });
  }

  async reject(status: number): Promise<void> {
    await respond(this.#request, status);
    await settleWithin(this.#http3.ended, LEAVE_TIMEOUT);
    this.#quic.close({ closeCode: H3_ERROR.noError, reason: "" });
  }
}

/** A connection with raw QUIC, which is a session once it is accepted. */
export class RawQuicRequest implements SessionRequest {
  readonly path = "";
  readonly protocols: string[];
  readonly authority: string;
  readonly #quic: Deno.QuicConn;

  /** Takes over a connection that nothing has been done with. */
  constructor(quic: Deno.QuicConn) {
    this.#quic = quic;
    this.protocols = quic.protocol === undefined ? [] : [quic.protocol];
    this.authority = quic.serverName ?? "";
  }

  // deno-lint-ignore require-await -- misuse is to reject, like every other failure
  async accept({ protocol = "" }: AcceptOptions = {}): Promise<Session> {
    checkOffered(protocol, this.protocols);
    return new RawQuicSession(this.#quic);
  }

  async reject(status: number): Promise<void> {
    this.#quic.close({ closeCode: status, reason: "" });
    await this.#quic.closed;
  }
}

/** Answers a request with a status and nothing else. */
export async function respond(request: RequestStream, status: number): Promise<void> {
  await request.writeHeaders([[":status", `${status}`]]);
  await request.close();
}

function checkOffered(protocol: string, offered: readonly string[]): void {
  if (protocol !== "" && !offered.includes(protocol)) {
    throw new RangeError(`Cannot accept session: "${protocol}" was not offered`);
  }
}
