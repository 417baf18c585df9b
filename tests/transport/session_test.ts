import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SessionError, StreamResetError } from "../../lib/transport/error.ts";
import type { WebTransportSession } from "../../lib/transport/web_transport_session.ts";
import { connectPair, pattern, put, readAll, take, TRANSPORTS } from "./support.ts";

for (const transport of TRANSPORTS) {
  Deno.test(`Session over ${transport} agrees on a protocol and is ready`, async () => {
    await using pair = await connectPair(transport);
    assertEquals([pair.client.protocol, pair.server.protocol], ["raw", "raw"]);
    await Promise.all([pair.client.ready, pair.server.ready]);
  });

  Deno.test(`Session over ${transport} carries unidirectional streams both ways to their end`, async () => {
    await using pair = await connectPair(transport);
    for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
      const writer = (await from.createUnidirectionalStream()).getWriter();
      const bytes = pattern(300_000);
      const sent = writer.write(bytes).then(() => writer.close());
      assertEquals(await readAll(await take(to.incomingUnidirectionalStreams)), bytes);
      await sent;
    }
  });

  Deno.test(`Session over ${transport} carries bidirectional streams, each half on its own`, async () => {
    await using pair = await connectPair(transport);
    for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
      const near = await from.createBidirectionalStream();
      await put(near.writable, pattern(10));
      const far = await take(to.incomingBidirectionalStreams);
      await near.writable.close();
      assertEquals(await readAll(far.readable), pattern(10));
      await put(far.writable, pattern(20));
      await far.writable.close();
      assertEquals(await readAll(near.readable), pattern(20));
    }
  });

  Deno.test(`Session over ${transport} delivers a stream that ends without a byte`, async () => {
    await using pair = await connectPair(transport);
    const stream = await pair.client.createUnidirectionalStream();
    await stream.close();
    assertEquals((await readAll(await take(pair.server.incomingUnidirectionalStreams))).length, 0);
  });

  Deno.test(`Session over ${transport} fills the buffers of BYOB readers`, async () => {
    await using pair = await connectPair(transport);
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    await writer.write(pattern(6));
    const stream = await take(pair.server.incomingUnidirectionalStreams);
    const reader = stream.getReader({ mode: "byob" });
    const buffer = new ArrayBuffer(100);
    const first = await reader.read(new Uint8Array(buffer, 10, 4), { min: 4 });
    assertEquals(first.value, pattern(4));
    assertEquals([first.value!.byteOffset, first.value!.buffer.byteLength], [10, 100]);
    const pending = reader.read(new Uint8Array(4), { min: 4 });
    await writer.write(pattern(2));
    assertEquals((await pending).value, Uint8Array.of(...pattern(6).slice(4), ...pattern(2)));
    await writer.close();
    assertEquals((await reader.read(new Uint8Array(4))).done, true);
  });

  Deno.test(`Session over ${transport} does not pin large buffers for small chunks`, async () => {
    await using pair = await connectPair(transport);
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    await writer.write(pattern(10));
    const reader = (await take(pair.server.incomingUnidirectionalStreams)).getReader();
    const { value } = await reader.read();
    assertEquals(value, pattern(10));
    assertEquals(value!.buffer.byteLength, 10);
  });

  Deno.test(`Session over ${transport} tells the writer when the reader cancels`, async () => {
    await using pair = await connectPair(transport);
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    await writer.write(pattern(1));
    await (await take(pair.server.incomingUnidirectionalStreams)).cancel();
    // STOP_SENDING is on its way: what is written before it arrives is lost without a word.
    const error = await assertRejects(async () => {
      for (;;) await writer.write(pattern(1000));
    }, StreamResetError);
    assertEquals(error.code, 0);
  });

  Deno.test(`Session over ${transport} sends FIN when a writer aborts, for want of RESET_STREAM`, async () => {
    await using pair = await connectPair(transport);
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    await writer.write(pattern(5));
    await writer.abort(new Error("gave up"));
    assertEquals(await readAll(await take(pair.server.incomingUnidirectionalStreams)), pattern(5));
  });

  Deno.test(`Session over ${transport} holds the writer back while nobody reads`, async () => {
    await using pair = await connectPair(transport);
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    const total = 8_000_000;
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent += 100_000) await writer.write(pattern(100_000));
      await writer.close();
    })();
    const stream = await take(pair.server.incomingUnidirectionalStreams);
    // A second stream gets through meanwhile, which takes as many turns as the first could use.
    const other = await pair.client.createUnidirectionalStream();
    await put(other, pattern(1));
    await take(pair.server.incomingUnidirectionalStreams);
    assert(sent < total, `all ${sent} bytes were taken unread`);
    assertEquals((await readAll(stream)).length, total);
    await sending;
  });

  Deno.test(`Session over ${transport} takes more streams at once than QUIC's default allows`, async () => {
    await using pair = await connectPair(transport);
    const opening = (async () => {
      for (let i = 0; i < 500; ++i) {
        await put(await pair.server.createUnidirectionalStream(), Uint8Array.of(i >> 8, i & 0xff));
      }
    })();
    const seen = new Set<number>();
    const streams = pair.client.incomingUnidirectionalStreams.values({ preventCancel: true });
    for await (const stream of streams) {
      const [high = 0, low = 0] = await take(stream);
      if (seen.add(high << 8 | low).size === 500) break;
    }
    await opening;
  });

  Deno.test(`Session over ${transport} carries datagrams both ways`, async () => {
    await using pair = await connectPair(transport);
    for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
      await put(from.datagrams.writable, pattern(100_000)); // Too large to be sent at all.
      await put(from.datagrams.writable, pattern(1000));
      assertEquals(await take(to.datagrams.readable), pattern(1000));
    }
  });

  Deno.test(`Session over ${transport} tells both ends code and reason of either's close()`, async () => {
    for (const closer of ["client", "server"] as const) {
      await using pair = await connectPair(transport);
      const info = { closeCode: 0xfffffffe, reason: "gøød bye" };
      pair[closer].close(info);
      pair[closer].close({ closeCode: 1 });
      assertEquals(await pair.client.closed, info);
      assertEquals(await pair.server.closed, info);
    }
  });

  Deno.test(`Session over ${transport} ends everything in it when it is closed`, async () => {
    await using pair = await connectPair(transport);
    const stream = await pair.client.createBidirectionalStream();
    await put(stream.writable, pattern(1));
    const reader = stream.readable.getReader();
    const reading = assertRejects(() => reader.read(), SessionError);
    const accepting = pair.client.incomingUnidirectionalStreams.getReader().read();
    const datagram = pair.client.datagrams.readable.getReader().read();
    pair.server.close();
    await pair.client.closed;
    await reading;
    assertEquals((await accepting).done, true);
    assertEquals((await datagram).done, true);
    await assertRejects(() => put(stream.writable, pattern(1)), SessionError);
    await assertRejects(() => put(pair.client.datagrams.writable, pattern(1)), SessionError);
    await assertRejects(() => pair.client.createUnidirectionalStream(), SessionError);
    await assertRejects(() => pair.client.createBidirectionalStream(), SessionError);
  });

  Deno.test(`Session over ${transport} throws on a close code that cannot be sent`, async () => {
    await using pair = await connectPair(transport);
    assertThrows(() => pair.client.close({ closeCode: -1 }), RangeError);
    assertThrows(() => pair.client.close({ closeCode: 2 ** 62 }), RangeError);
  });

  Deno.test(`Session over ${transport} discards streams nobody wants any more`, async () => {
    await using pair = await connectPair(transport);
    await pair.server.incomingUnidirectionalStreams.cancel();
    const writer = (await pair.client.createUnidirectionalStream()).getWriter();
    await writer.write(pattern(1));
    // Others still come.
    await put((await pair.client.createBidirectionalStream()).writable, pattern(2));
    const stream = await take(pair.server.incomingBidirectionalStreams);
    assertEquals(await take(stream.readable), pattern(2));
  });
}

Deno.test("Session over webtransport tells the writer that nobody wants its stream", async () => {
  await using pair = await connectPair();
  await pair.server.incomingUnidirectionalStreams.cancel();
  const writer = (await pair.client.createUnidirectionalStream()).getWriter();
  await assertRejects(async () => {
    for (;;) await writer.write(pattern(1000));
  }, StreamResetError);
});

Deno.test("WebTransportSession.drain() fulfils the peer's `draining` and nothing else", async () => {
  await using pair = await connectPair();
  for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
    await (from as WebTransportSession).drain();
    await to.draining;
  }
  await put(await pair.client.createUnidirectionalStream(), pattern(1));
  await take(pair.server.incomingUnidirectionalStreams);
});
