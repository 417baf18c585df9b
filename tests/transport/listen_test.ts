import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ConnectError } from "../../lib/transport/error.ts";
import { connectTo, nextRequest, put, startListener, take } from "./support.ts";

Deno.test("listen() tells its address and what clients ask for", async () => {
  await using listener = startListener();
  assertEquals([listener.addr.transport, listener.addr.hostname], ["udp", "127.0.0.1"]);
  assertNotEquals(listener.addr.port, 0);
  const connecting = connectTo(listener.addr.port, {
    path: "/live/a?jwt=secret",
    protocols: ["moq-lite-05", 'odd"one'],
  });
  const request = await nextRequest(listener);
  assertEquals(request.path, "/live/a?jwt=secret");
  assertEquals(request.authority, `localhost:${listener.addr.port}`);
  assertEquals(request.protocols, ["moq-lite-05", 'odd"one']);
  await assertRejects(() => request.accept({ protocol: "moql" }), RangeError, "not offered");
  const session = await request.accept({ protocol: 'odd"one' });
  const client = await connecting;
  assertEquals([client.protocol, session.protocol], ['odd"one', 'odd"one']);
  client.close();
  await client.closed;
});

Deno.test("listen() accepts a session without a subprotocol", async () => {
  await using listener = startListener();
  const connecting = connectTo(listener.addr.port, { protocols: [] });
  const request = await nextRequest(listener);
  assertEquals(request.protocols, []);
  assertEquals((await request.accept()).protocol, "");
  const client = await connecting;
  assertEquals(client.protocol, "");
  client.close();
  await client.closed;
});

Deno.test("SessionRequest.reject() refuses with a status", async () => {
  await using listener = startListener();
  for (
    const [status, failure] of [
      [401, "unauthorized"],
      [403, "forbidden"],
      [404, "not-found"],
      [500, "protocol"],
    ] as const
  ) {
    const refused = assertRejects(() => connectTo(listener.addr.port), ConnectError);
    await (await nextRequest(listener)).reject(status);
    const error = await refused;
    assertEquals([error.failure, error.status], [failure, status]);
  }
});

Deno.test("listen() takes raw QUIC by its ALPN beside WebTransport", async () => {
  await using listener = startListener(["h3", "moq-lite-05", "moql"]);
  const connecting = connectTo(listener.addr.port, {
    scheme: "moqt",
    protocols: ["unknown", "moql"],
  });
  const request = await nextRequest(listener);
  assertEquals(request.protocols, ["moql"]);
  assertEquals([request.path, request.authority], ["", "localhost"]);
  await assertRejects(() => request.accept({ protocol: "h3" }), RangeError, "not offered");
  const session = await request.accept();
  assertEquals(session.protocol, "moql");
  const client = await connecting;
  assertEquals(client.protocol, "moql");

  const other = connectTo(listener.addr.port);
  await (await nextRequest(listener)).accept();
  for (const end of [client, await other]) {
    end.close();
    await end.closed;
  }
});

Deno.test("SessionRequest.reject() closes raw QUIC with the status as code", async () => {
  await using listener = startListener();
  const connecting = connectTo(listener.addr.port, { scheme: "moqt" });
  await (await nextRequest(listener)).reject(403);
  assertEquals(await (await connecting).closed, { closeCode: 403, reason: "" });
});

Deno.test("Listener serves many clients at once", async () => {
  await using listener = startListener();
  const serving = (async () => {
    for await (const request of listener) {
      const session = await request.accept();
      put(await session.createUnidirectionalStream(), new TextEncoder().encode(request.path));
    }
  })();
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
  await Promise.all(paths.map(async (path) => {
    const client = await connectTo(listener.addr.port, { path });
    const bytes = await take(await take(client.incomingUnidirectionalStreams));
    assertEquals(new TextDecoder().decode(bytes), path);
    client.close();
    await client.closed;
  }));
  await listener.close();
  await serving;
});

Deno.test("Listener.close() ends its sessions and takes no more", async () => {
  const listener = startListener();
  const connecting = connectTo(listener.addr.port);
  const session = await (await nextRequest(listener)).accept();
  const client = await connecting;
  await listener.close();
  assertEquals((await client.closed).closeCode, 0);
  await session.closed;
  await listener.close();
  const error = await assertRejects(
    () => connectTo(listener.addr.port, { timeout: 300 }),
    ConnectError,
  );
  assertEquals(error.failure, "unreachable");
  for await (const _ of listener) assert(false);
});
