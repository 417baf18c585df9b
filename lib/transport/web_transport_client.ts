/** The client's half of setting a WebTransport session up. */

import { H3_ERROR, Http3Error } from "./http3.ts";
import { Http3Connection } from "./http3_connection.ts";
import { offersWebTransport } from "./http3_settings.ts";
import type { Headers, RequestStream } from "./request_stream.ts";
import { formatStringList, parseStringList } from "./structured_field.ts";
import { WebTransportSession } from "./web_transport_session.ts";

/** What to ask the server for. */
export interface WebTransportRequestOptions {
  /** Host and port as the server knows itself. */
  authority: string;
  /** Path and query. */
  path: string;
  /** Subprotocols in order of preference. */
  protocols: readonly string[];
}

/** The server refused the session with an HTTP status. */
export class RefusedError extends Error {
  /** The class's name. */
  override readonly name = "RefusedError";
  /** The status, which is not in 200..299. */
  readonly status: number;
  /** Tells the status. */
  constructor(status: number) {
    super(`Session was refused with HTTP status ${status}`);
    this.status = status;
  }
}

/**
 * Asks for a session on a fresh connection, which is closed if none comes of it.
 *
 * @throws {RefusedError} if the server refuses.
 * @throws {Http3Error} if the server breaks the rules or does not speak WebTransport.
 * @throws {SessionError} if the connection ends meanwhile.
 */
export async function requestWebTransport(
  quic: Deno.QuicConn,
  options: WebTransportRequestOptions,
): Promise<WebTransportSession> {
  const http3 = new Http3Connection(quic, "client");
  try {
    return await http3.during((async () => {
      if (!offersWebTransport(await http3.settings)) {
        throw new Http3Error(H3_ERROR.settings, "Server does not offer WebTransport");
      }
      const request = await http3.openRequest();
      http3.attach(request.id);
      const protocol = await exchange(request, options);
      return new WebTransportSession({ quic, http3, request, protocol });
    })());
  } catch (error) {
    if (error instanceof Http3Error) http3.fail(error);
    quic.close({ closeCode: H3_ERROR.noError, reason: "" });
    throw error;
  }
}

/** Sends the extended CONNECT (RFC 9220) and returns the subprotocol the server chose. */
async function exchange(
  request: RequestStream,
  { authority, path, protocols }: WebTransportRequestOptions,
): Promise<string> {
  await request.writeHeaders([
    [":method", "CONNECT"],
    [":protocol", "webtransport"],
    [":scheme", "https"],
    [":authority", authority],
    [":path", path],
    ["sec-webtransport-http3-draft02", "1"],
    ...protocols.length > 0
      ? [["wt-available-protocols", formatStringList(protocols)] as const]
      : [],
  ]);
  let headers: Headers;
  let status: number;
  do {
    headers = await request.readHeaders();
    status = statusOf(headers);
  } while (status < 200);
  if (status >= 300) throw new RefusedError(status);

  const chosen = parseStringList(headers.get("wt-protocol") ?? "");
  // A malformed field counts as absent (RFC 8941 §4.2).
  const protocol = chosen?.length === 1 ? chosen[0]! : "";
  if (protocol !== "" && !protocols.includes(protocol)) {
    throw new Http3Error(
      H3_ERROR.webTransportProtocol,
      `Server chose the subprotocol "${protocol}", which was not offered`,
    );
  }
  return protocol;
}

function statusOf(headers: Headers): number {
  const status = headers.get(":status") ?? "";
  if (!/^[1-5]\d\d$/.test(status)) {
    throw new Http3Error(H3_ERROR.message, "Server answered without a valid status");
  }
  return Number(status);
}
