/** Our client against servers made by hand: odd but legal ones, and such as break the rules. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { closeCapsule, encodeCapsule } from "../../lib/transport/capsule.ts";
import { concat } from "@std/bytes/concat";
import { ConnectError, SessionError } from "../../lib/transport/error.ts";
import { toHttp3 } from "../../lib/transport/error_code.ts";
import {
  answerConnect,
  connectTo,
  CONTROL,
  handmadeServer,
  hex,
  identity,
  openUni,
  pattern,
  readAll,
  take,
} from "./support.ts";

/** A server that sends SETTINGS, answers the request with `frames`, and then does `then`. */
function answering(
  frames?: Uint8Array,
  then: (
    quic: Deno.QuicConn,
    writer: WritableStreamDefaultWriter<Uint8Array>,
  ) => Promise<unknown> | void = () => {},
) {
  return handmadeServer(async (quic) => {
    const held: unknown[] = [await openUni(quic, CONTROL)];
    const answered = await answerConnect(quic, frames);
    held.push(answered, await then(quic, answered.writer));
    answerFarewell(answered);
    // Streams that are collected are ended: hold them until the client is done.
    await quic.closed.catch(() => held.length);
  });
}

/** Ends the server's half of the CONNECT stream once the client has ended its own. */
async function answerFarewell(
  { request, writer }: Awaited<ReturnType<typeof answerConnect>>,
): Promise<void> {
  await readAll(request.readable).catch(() => {});
  await writer.close().catch(() => {});
}

/** Connects to `server` and checks that it fails as a breach of protocol, for the reason given. */
async function assertRefuses(
  server: { port: number } & AsyncDisposable,
  reason: string,
): Promise<void> {
  await using _ = server;
  const error = await assertRejects(() => connectTo(server.port), ConnectError, reason);
  assertEquals(error.failure, "protocol");
}

/** A HEADERS frame around a header block. */
function headers(block: string): Uint8Array {
  const bytes = hex(block);
  return concat([hex("01"), Uint8Array.of(bytes.length), bytes]);
}

Deno.test("connect() tolerates streams of any type before, between and after the control stream", async () => {
  await using server = handmadeServer(async (quic) => {
    const held = [
      await openUni(quic, hex("02 3fe11f")), // QPACK encoder stream.
      await openUni(quic, hex("40")), // Half a type, and no more for now.
      await openUni(quic, hex("e1234567 89abcdef ffff")), // A reserved type.
      await openUni(quic, hex("01 00")), // A push nobody has asked for.
    ];
    await (await quic.createUnidirectionalStream()).close(); // Ends before its type.
    await (await openUni(quic, hex("40"))).close(); // Ends within it.
    await (await openUni(quic, hex("4054"))).close(); // Ends before the session's id.
    held.push(await openUni(quic, CONTROL));
    held.push(await openUni(quic, hex("03"))); // QPACK decoder stream.
    const answered = await answerConnect(quic);
    held.push(await openUni(quic, hex("4054 00 01")));
    await held[1]!.write(hex("54 00 02")); // Now the rest of the second.
    await held[0]!.write(new Uint8Array(10_000));
    answerFarewell(answered);
    await quic.closed.catch(() => held);
  });
  const session = await connectTo(server.port);
  const first = await take(session.incomingUnidirectionalStreams);
  const second = await take(session.incomingUnidirectionalStreams);
  assertEquals((await take(first))[0]! + (await take(second))[0]!, 3);
  session.close();
  await session.closed;
});

Deno.test("connect() keeps streams that come before the answer, and refuses those of other sessions", async () => {
  await using server = handmadeServer(async (quic) => {
    const held = [
      await openUni(quic, hex("4054 04 aa")), // Session 4.
      await openUni(quic, hex("4054 00 bb")),
      await openUni(quic, CONTROL),
    ];
    for (const bytes of ["4041 04 cc", "04 00", "4041 00 dd"]) {
      const writer = (await quic.createBidirectionalStream()).writable.getWriter();
      writer.closed.catch(() => {});
      await writer.write(hex(bytes));
      held.push(writer);
    }
    const answered = await answerConnect(quic);
    answerFarewell(answered);
    await quic.closed.catch(() => held);
  });
  const session = await connectTo(server.port);
  assertEquals(await take(await take(session.incomingUnidirectionalStreams)), hex("bb"));
  assertEquals(await take((await take(session.incomingBidirectionalStreams)).readable), hex("dd"));
  session.close();
  await session.closed;
});

Deno.test("connect() decodes Huffman-coded headers", async () => {
  // :status by name reference, wt-protocol as a literal, all strings Huffman-coded.
  const block = "0000 5f09 82 1001 2f01 f095abb0e9390f47 85 fe6c1f8fe7";
  await using server = answering(headers(block));
  const session = await connectTo(server.port);
  assertEquals(session.protocol, "raw");
  session.close();
  await session.closed;
});

Deno.test("connect() passes over unknown frames and interim answers", async () => {
  await using server = answering(hex(`
    21 03 aabbcc  ffffffffffffffff 00
    01 03 0000d8
    01 03 0000d9
  `));
  const session = await connectTo(server.port);
  assertEquals(session.protocol, "");
  session.close();
  await session.closed;
});

Deno.test("connect() takes a malformed wt-protocol for none", async () => {
  // "wt-protocol: raw", a token rather than a string.
  await using server = answering(headers("0000 d9 27 04 77742d70726f746f636f6c 03 726177"));
  const session = await connectTo(server.port);
  assertEquals(session.protocol, "");
  session.close();
  await session.closed;
});

Deno.test("connect() tells refusals apart", async () => {
  for (
    const [digits, failure, hint] of [
      ["343031", "unauthorized", "token"],
      ["343033", "forbidden", "not allow this path"],
      ["343034", "not-found", "not know this path"],
      ["353033", "protocol", "503"],
      ["333032", "protocol", "302"],
    ] as const
  ) {
    await using server = answering(headers(`0000 5f09 03 ${digits}`));
    const error = await assertRejects(
      () => connectTo(server.port, { path: "/live?jwt=secret" }),
      ConnectError,
    );
    assertEquals(error.failure, failure);
    assertEquals(error.status, Number(new TextDecoder().decode(hex(digits))));
    assertStringIncludes(error.message, `https://localhost:${server.port}/live: `);
    assertStringIncludes(error.message, hint);
    assertEquals(Deno.inspect(error).includes("secret"), false);
  }
});

Deno.test("connect() rejects answers that break the rules", async () => {
  await assertRefuses(answering(headers("0000")), "without a valid status");
  await assertRefuses(answering(headers("0000 5f09 03 616263")), "without a valid status");
  await assertRefuses(answering(headers("0000 80")), "dynamic table");
  await assertRefuses(answering(headers("0000 3f")), "header block");
  await assertRefuses(answering(hex("00 00")), "does not start with its headers");
  await assertRefuses(answering(hex("01 80100000")), "16 KiB");
  await assertRefuses(
    answering(headers("0000 d9 27 04 77742d70726f746f636f6c 05 22787878 22")),
    'chose the subprotocol "xxx"',
  );
  await assertRefuses(answering(hex("01"), (_, writer) => writer.close()), "middle of a frame");
  await assertRefuses(answering(hex(""), (_, writer) => writer.close()), "before its headers");
});

Deno.test("connect() rejects control streams that break the rules", async () => {
  const sending = (...streams: string[]) =>
    handmadeServer(async (quic) => {
      const held = await Promise.all(streams.map((bytes) => openUni(quic, hex(bytes))));
      await quic.closed.catch(() => held);
    });
  await assertRefuses(sending("00 deadbeefdeadbeef"), "does not start with SETTINGS");
  await assertRefuses(sending("00 04 02 0801"), "does not offer WebTransport");
  await assertRefuses(sending("00 04 01 40"), "cut short");
  await assertRefuses(sending("00 04 80100000"), "4 KiB");
  await assertRefuses(sending("00", "00"), "second control stream");
});

Deno.test("connect() tells when the server closes or falls silent", async () => {
  await assertRefuses(
    handmadeServer((quic) => quic.close({ closeCode: 0x100, reason: "no room" })),
    "closed by the peer: no room",
  );
  await assertRefuses(
    handmadeServer((quic) => quic.close({ closeCode: 0x107, reason: "" })),
    "HTTP/3 error 0x107",
  );
  await using server = handmadeServer(() => {});
  const error = await assertRejects(() => connectTo(server.port, { timeout: 300 }), ConnectError);
  assertEquals(error.failure, "protocol");
  assertStringIncludes(error.message, "speaks QUIC but did not open a session within 0.3 s");
});

Deno.test("Session is closed with code 0 by the end of the CONNECT stream", async () => {
  await using server = answering(undefined, (_, writer) => writer.close());
  const session = await connectTo(server.port);
  assertEquals(await session.closed, { closeCode: 0, reason: "" });
});

Deno.test("Session finds capsules split over frames and among others", async () => {
  const close = closeCapsule({ closeCode: 5, reason: "over" });
  await using server = answering(undefined, async (_, writer) => {
    await writer.write(hex("21 01 ff  00 03 170161  00 00"));
    await writer.write(concat([hex("00 04"), encodeCapsule({ kind: "drain" }).slice(0, 4)]));
    await writer.write(concat([hex("00 01"), encodeCapsule({ kind: "drain" }).slice(4)]));
    for (const byte of close) await writer.write(Uint8Array.of(0, 1, byte));
  });
  const session = await connectTo(server.port);
  await session.draining;
  assertEquals(await session.closed, { closeCode: 5, reason: "over" });
});

Deno.test("Session is drained by GOAWAY and outlives the control stream", async () => {
  await using server = handmadeServer(async (quic) => {
    const control = await openUni(quic, CONTROL);
    const answered = await answerConnect(quic);
    await control.write(hex("07 01 00"));
    await control.close();
    const stream = await openUni(quic, hex("4054 00 01"));
    await stream.close();
    await answerFarewell(answered);
  });
  const session = await connectTo(server.port);
  await session.draining;
  assertEquals(await readAll(await take(session.incomingUnidirectionalStreams)), hex("01"));
  session.close();
  await session.closed;
});

Deno.test("Session understands a connection closed with the session's code", async () => {
  await using server = answering(undefined, async (quic) => {
    await take(quic.incomingUnidirectionalStreams); // The client's control stream.
    await take(quic.incomingUnidirectionalStreams);
    quic.close({ closeCode: toHttp3(6), reason: "unauthorized" });
  });
  const session = await connectTo(server.port);
  await session.createUnidirectionalStream();
  assertEquals(await session.closed, { closeCode: 6, reason: "unauthorized" });
});

Deno.test("Session fails when the peer breaks the rules or the connection", async () => {
  for (
    const [misbehave, reason] of [
      [(_, writer) => writer.write(hex("00 06 6843 03 000000")), "broken off: Cannot read capsule"],
      [
        (_, writer) => writer.write(hex("00 05 00")).then(() => writer.close()),
        "middle of a frame",
      ],
      [(quic) => openUni(quic, hex("00 04 00")), "second control stream"],
      [async (quic) => {
        await take(quic.incomingUnidirectionalStreams); // The client's control stream.
        await take(quic.incomingUnidirectionalStreams);
        quic.close({ closeCode: 0x102, reason: "bug" });
      }, "HTTP/3 error 0x102: bug"],
    ] as [NonNullable<Parameters<typeof answering>[1]>, string][]
  ) {
    await using server = answering(undefined, misbehave);
    const session = await connectTo(server.port);
    session.createUnidirectionalStream().catch(() => {});
    await assertRejects(() => session.closed, SessionError, reason);
    await assertRejects(
      () => take(session.incomingUnidirectionalStreams),
      SessionError,
      reason,
    );
  }
});

Deno.test("Session fails when the peer vanishes", async () => {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ ...identity, alpnProtocols: ["h3"], maxIdleTimeout: 200 });
  const connecting = connectTo(endpoint.addr.port);
  const quic = await listener.accept();
  const held = [await openUni(quic, CONTROL), await answerConnect(quic)];
  const session = await connecting;
  const stream = await session.createUnidirectionalStream();
  await assertRejects(() => session.closed, SessionError, "Connection was lost: timed out");
  await assertRejects(() => stream.getWriter().write(pattern(1)), SessionError);
  endpoint.close();
  await quic.closed.catch(() => held);
});

Deno.test("Session ignores datagrams that are not its own", async () => {
  await using server = answering(undefined, async (quic) => {
    for (const datagram of ["", "40", "01 aa", "4001 bb", "00 cc"]) {
      await quic.sendDatagram(hex(datagram));
    }
  });
  const session = await connectTo(server.port);
  assertEquals(await take(session.datagrams.readable), hex("cc"));
  session.close();
  await session.closed;
});

Deno.test("Session.close() counts as ours although the peer ends its half first", async () => {
  await using server = answering();
  const session = await connectTo(server.port);
  session.close({ closeCode: 9, reason: "done" });
  assertEquals(await session.closed, { closeCode: 9, reason: "done" });
});

Deno.test("Session.close() gets the code through and does not wait for ever", async () => {
  const received = Promise.withResolvers<Uint8Array>();
  await using server = handmadeServer(async (quic) => {
    const held = [await openUni(quic, CONTROL), await answerConnect(quic)] as const;
    const reader = held[1].request.readable.getReader();
    let bytes = new Uint8Array();
    // The client closes the connection although we never answer.
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      bytes = concat([bytes, value]);
    }
    received.resolve(bytes);
    await quic.closed.catch(() => held);
  });
  const session = await connectTo(server.port);
  session.close({ closeCode: 9, reason: "done" });
  assertEquals(await session.closed, { closeCode: 9, reason: "done" });
  const expected = concat([hex("00 0b"), closeCapsule({ closeCode: 9, reason: "done" })]);
  assertEquals((await received.promise).slice(-expected.length), expected);
});
