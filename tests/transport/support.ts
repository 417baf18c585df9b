/** What the transport's tests share: connected pairs, and peers made by hand that break the rules. */

import { connect, type ConnectOptions } from "../../lib/transport/connect.ts";
import { listen, type Listener } from "../../lib/transport/listen.ts";
import { parseRelayUrl } from "../../lib/transport/relay_url.ts";
import { createSelfSigned } from "../../lib/transport/self_signed.ts";
import type { Session } from "../../lib/transport/session.ts";
import type { SessionRequest } from "../../lib/transport/session_request.ts";

/** The certificate of every server in these tests. */
export const identity = await createSelfSigned();

/** What carries a session. */
export const TRANSPORTS = ["webtransport", "quic"] as const;

/** A listener on a free port of the loopback. */
export function startListener(alpnProtocols: readonly string[] = ["h3", "raw"]): Listener {
  return listen({ hostname: "127.0.0.1", port: 0, ...identity, alpnProtocols });
}

/** The next session a client asks for. */
export async function nextRequest(listener: Listener): Promise<SessionRequest> {
  for await (const request of listener) return request;
  throw new Error("Listener was closed");
}

/** Connects to a port of the loopback. */
export function connectTo(
  port: number,
  options: Partial<ConnectOptions> & { scheme?: string; path?: string } = {},
): Promise<Session> {
  const { scheme = "https", path = "/", ...rest } = options;
  const url = parseRelayUrl(`${scheme}://localhost:${port}${path}`);
  return connect(url, { protocols: ["raw"], fingerprint: identity.fingerprint, ...rest });
}

/** Two ends of a session. */
export interface Pair extends AsyncDisposable {
  client: Session;
  server: Session;
  listener: Listener;
}

/** A client of ours connected to a server of ours. */
export async function connectPair(
  transport: typeof TRANSPORTS[number] = "webtransport",
): Promise<Pair> {
  const listener = startListener();
  const scheme = transport === "quic" ? "moqt" : "https";
  const [client, server] = await Promise.all([
    connectTo(listener.addr.port, { scheme }),
    nextRequest(listener).then((request) => request.accept({ protocol: "raw" })),
  ]);
  return {
    client,
    server,
    listener,
    async [Symbol.asyncDispose]() {
      client.close();
      await client.closed.catch(() => {});
      await listener.close();
    },
  };
}

/** A QUIC server that does what `behave` does with its first connection, and closes it at the end. */
export function handmadeServer(
  behave: (quic: Deno.QuicConn) => Promise<void> | void,
): { port: number } & AsyncDisposable {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ ...identity, alpnProtocols: ["h3"] });
  const behaved = (async () => {
    const quic = await listener.accept();
    await behave(quic);
    await quic.closed.catch(() => {});
  })();
  return {
    port: endpoint.addr.port,
    async [Symbol.asyncDispose]() {
      endpoint.close();
      await behaved;
    },
  };
}

/** A QUIC connection with HTTP/3's ALPN on which nothing has been said. */
export async function handmadeClient(port: number): Promise<Deno.QuicConn> {
  return await Deno.connectQuic<false>({
    hostname: "127.0.0.1",
    port,
    alpnProtocols: ["h3"],
    caCerts: [identity.cert],
  });
}

/** Opens a unidirectional stream with `bytes` on it; the writer keeps it open. */
export async function openUni(
  quic: Deno.QuicConn,
  bytes: Uint8Array,
): Promise<WritableStreamDefaultWriter<Uint8Array>> {
  const writer = (await quic.createUnidirectionalStream()).getWriter();
  writer.closed.catch(() => {});
  await writer.write(bytes);
  return writer;
}

/** Bytes written in hexadecimal; white space is for the reader. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(digits.replaceAll(/\s/g, ""));
}

/** A control stream's type and a SETTINGS frame that offers WebTransport and extended CONNECT. */
export const CONTROL: Uint8Array = hex("00 04 09  0801  3301  ab603742 01");

/** A byte stream of `bytes`, as one chunk. */
export function byteStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

/** Everything a stream holds until it ends. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The first item of a stream, which is left open. */
export async function take<T>(stream: ReadableStream<T>): Promise<T> {
  const reader = stream.getReader();
  const { value, done } = await reader.read();
  reader.releaseLock();
  if (done) throw new Error("Stream has ended");
  return value;
}

/** Writes `bytes` and leaves the stream open. */
export async function put(stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(bytes);
  } finally {
    writer.releaseLock();
  }
}

/** `size` bytes that differ from their neighbours. */
export function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));
}

/** Reads the request a client has sent by hand or not, and answers it with `frames`. */
export async function answerConnect(
  quic: Deno.QuicConn,
  frames: Uint8Array = hex("01 03 0000d9"), // :status 200.
): Promise<{
  request: Deno.QuicBidirectionalStream;
  writer: WritableStreamDefaultWriter<Uint8Array>;
}> {
  const request = await take(quic.incomingBidirectionalStreams);
  const writer = request.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(frames);
  return { request, writer };
}
