/** Our listener against clients made by hand. */

import { assertEquals, assertRejects } from "@std/assert";
import { closeCapsule } from "../../lib/transport/capsule.ts";
import { concat } from "@std/bytes/concat";
import type { Listener } from "../../lib/transport/listen.ts";
import { decodeHeaders, encodeHeaders } from "../../lib/transport/qpack.ts";
import {
  connectTo,
  CONTROL,
  handmadeClient,
  hex,
  nextRequest,
  openUni,
  readAll,
  startListener,
  take,
} from "./support.ts";

/** A HEADERS frame that asks for a session at `path`. */
function connectFrame(path: string): Uint8Array {
  const block = encodeHeaders([
    [":method", "CONNECT"],
    [":protocol", "webtransport"],
    [":scheme", "https"],
    [":authority", "relay.example"],
    [":path", path],
  ]);
  return concat([hex("01"), Uint8Array.of(block.length), block]);
}

/** Sends a request and leaves its stream open. */
async function request(quic: Deno.QuicConn, bytes: Uint8Array) {
  const stream = await quic.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(bytes);
  return { writer, readable: stream.readable };
}

/** The headers of an answer that is nothing but headers. */
async function answer({ readable }: { readable: ReadableStream<Uint8Array> }) {
  const bytes = await readAll(readable);
  return decodeHeaders(bytes.subarray(2, 2 + bytes[1]!));
}

/** A connection of a handmade client, closed at the end. */
async function handmade(listener: Listener) {
  const quic = await handmadeClient(listener.addr.port);
  return {
    quic,
    async [Symbol.asyncDispose]() {
      quic.close();
      await quic.closed.catch(() => {});
    },
  };
}

Deno.test("Listener answers other requests with 404 and further sessions with 429", async () => {
  await using listener = startListener();
  await using client = await handmade(listener);
  const control = await openUni(client.quic, CONTROL);
  const get = await request(client.quic, hex("01 04 0000 d1 d7")); // GET, https.
  assertEquals(await answer(get), [[":status", "404"]]);
  await request(client.quic, connectFrame("/a"));
  const { path, authority, protocols } = await nextRequest(listener);
  assertEquals({ path, authority, protocols }, {
    path: "/a",
    authority: "relay.example",
    protocols: [],
  });
  const second = await request(client.quic, connectFrame("/b"));
  assertEquals(await answer(second), [[":status", "429"]]);
  await control.close();
});

Deno.test("Listener keeps streams that come before the request they belong to", async () => {
  await using listener = startListener();
  await using client = await handmade(listener);
  // Bidirectional stream 0 is the request's; the server sees nothing of it until it is written to.
  const stream = await client.quic.createBidirectionalStream();
  const early = await openUni(client.quic, hex("4054 00 aa"));
  const other = await request(client.quic, hex("4041 00 bb"));
  const control = await openUni(client.quic, CONTROL);
  const writer = stream.writable.getWriter();
  await writer.write(connectFrame("/"));
  const session = await (await nextRequest(listener)).accept();
  assertEquals(await take(await take(session.incomingUnidirectionalStreams)), hex("aa"));
  assertEquals(await take((await take(session.incomingBidirectionalStreams)).readable), hex("bb"));
  const close = closeCapsule({ closeCode: 3, reason: "x" });
  await writer.write(concat([hex("00"), Uint8Array.of(close.length), close]));
  assertEquals(await session.closed, { closeCode: 3, reason: "x" });
  await Promise.allSettled([early.close(), other.writer.close(), control.close()]);
});

Deno.test("Listener does not look at requests before the client's SETTINGS", async () => {
  await using listener = startListener();
  await using client = await handmade(listener);
  await request(client.quic, connectFrame("/late"));
  await using quick = await connectedPath(listener, "/quick");
  assertEquals(quick.path, "/quick");
  await openUni(client.quic, CONTROL);
  assertEquals((await nextRequest(listener)).path, "/late");
});

Deno.test("Listener ends connections that break the rules, and serves the others", async () => {
  await using listener = startListener();
  for (
    const [bytes, code] of [
      ["00 00", 0x105], // DATA before HEADERS.
      ["01 02 0200", 0x200], // A reference to the dynamic table.
      ["01 80100000", 0x107], // A header block of 1 MiB.
    ] as const
  ) {
    await using client = await handmade(listener);
    const control = await openUni(client.quic, CONTROL);
    await request(client.quic, hex(bytes));
    assertEquals((await client.quic.closed).closeCode, code);
    await control.close().catch(() => {});
  }
  await using pair = await connectedPath(listener, "/fine");
  assertEquals(pair.path, "/fine");
});

Deno.test("Listener outlives clients that leave at any point", async () => {
  await using listener = startListener();
  for (
    const leave of [
      () => {},
      (quic: Deno.QuicConn) => openUni(quic, CONTROL),
      (quic: Deno.QuicConn) => request(quic, connectFrame("/").subarray(0, 5)),
    ]
  ) {
    await using client = await handmade(listener);
    await leave(client.quic);
  }
  await using client = await handmade(listener);
  await openUni(client.quic, CONTROL);
  await request(client.quic, connectFrame("/gone"));
  const gone = await nextRequest(listener);
  client.quic.close({ closeCode: 0x100, reason: "" });
  await assertRejects(async () => {
    for (;;) await (await gone.accept()).createUnidirectionalStream();
  }, Error);
});

/** A session with a client of ours, accepted. */
async function connectedPath(listener: Listener, path: string) {
  const [client, request] = await Promise.all([
    connectTo(listener.addr.port, { path }),
    nextRequest(listener).then(async (request) => {
      await request.accept();
      return request;
    }),
  ]);
  return {
    path: request.path,
    async [Symbol.asyncDispose]() {
      client.close();
      await client.closed;
    },
  };
}
