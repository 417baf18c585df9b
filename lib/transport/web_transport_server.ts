/** The server's half of setting a WebTransport session up. */

import { Http3Error } from "./http3.ts";
import { Http3Connection } from "./http3_connection.ts";
import type { Headers, RequestStream } from "./request_stream.ts";
import { respond, WebTransportRequest } from "./session_request.ts";

/**
 * Waits for the first request for a session on a fresh connection. Requests for anything else are answered
 * with 404, those for further sessions with 429, for as long as the connection lasts.
 *
 * @throws {SessionError} if the connection ends before.
 */
export async function awaitWebTransport(quic: Deno.QuicConn): Promise<WebTransportRequest> {
  const http3 = new Http3Connection(quic, "server");
  const first = Promise.withResolvers<WebTransportRequest>();
  let taken = false;

  async function answer(request: RequestStream, firstFrame: number): Promise<void> {
    const headers = await request.readHeaders(firstFrame);
    if (!asksForWebTransport(headers)) return await respond(request, 404);
    if (taken) return await respond(request, 429);
    taken = true;
    http3.attach(request.id);
    // Until they are here nobody knows what the client supports (draft-ietf-webtrans-http3 §3.1).
    await http3.settings;
    first.resolve(new WebTransportRequest(quic, http3, request, headers));
  }

  async function answerAll(): Promise<void> {
    for await (const { stream, firstFrame } of http3.requests.readable) {
      answer(stream, firstFrame).catch((error) => {
        // A request that breaks off is gone; one that breaks the rules takes the connection with it.
        if (error instanceof Http3Error) http3.fail(error);
      });
    }
  }

  // It ends with the connection, of which `during` tells.
  answerAll().catch(() => {});
  return await http3.during(first.promise);
}

function asksForWebTransport(headers: Headers): boolean {
  return headers.get(":method") === "CONNECT" &&
    ["webtransport", "webtransport-h3"].includes(headers.get(":protocol") ?? "");
}
