import { assertEquals, assertRejects } from "@std/assert";
import type { Dialect } from "../../lib/moq/dialect.ts";
import { ProtocolError, RemoteError } from "../../lib/moq/error.ts";
import { openMoq } from "../../lib/moq/session.ts";
import { createMemorySessions } from "../support/memory_session.ts";
import { ScriptedPeer } from "../support/scripted_peer.ts";

/** What is offered in-band when nothing else is known. */
const OFFER = "20 001f 03 c0000000ff0dad02 c0000000ff0dad01 c0000000ff00000e 01 02 bfffffff";

/** Handshakes, by protocol and the dialect asked for: ours and a server's, and what they lead to. */
const HANDSHAKES: readonly {
  protocol: string;
  pin?: Dialect;
  path?: string;
  client: string;
  server: string;
  dialect: Dialect;
}[] = [
  { protocol: "", client: OFFER, server: "21 0009 c0000000ff0dad02 00", dialect: "moq-lite-02" },
  {
    protocol: "moql",
    client: OFFER,
    server: "21 0009 c0000000ff0dad01 00",
    dialect: "moq-lite-01",
  },
  {
    protocol: "moq-00",
    client: OFFER,
    server: "21 000f c0000000ff00000e 02 02 4064 07 01 61",
    dialect: "moqt-14",
  },
  {
    protocol: "",
    pin: "moqt-14",
    client: "20 000f 01 c0000000ff00000e 01 02 bfffffff",
    server: "21 0009 c0000000ff00000e 00",
    dialect: "moqt-14",
  },
  {
    protocol: "moql",
    pin: "moqt-14",
    path: "/a?b",
    client: "20 0015 01 c0000000ff00000e 02 01 04 2f613f62 02 bfffffff",
    server: "21 0009 c0000000ff00000e 00",
    dialect: "moqt-14",
  },
  // Cloudflare's relays answer like this with no protocol agreed on.
  {
    protocol: "",
    pin: "moqt-16",
    client: "20 0006 01 02 bfffffff",
    server: "21 0004 01 02 4064",
    dialect: "moqt-16",
  },
  {
    protocol: "moqt-16",
    path: "/a?b",
    client: "20 000c 02 01 04 2f613f62 01 bfffffff",
    server: "21 0018 03 02 8000a455 05 0b 6d6f712d6c6974652d6a73 80040b53 01",
    dialect: "moqt-16",
  },
  {
    protocol: "",
    pin: "moqt-07",
    client: "4040 13 01 c0000000ff000007 02 00 01 02 02 04 bfffffff",
    server: "4041 0d c0000000ff000007 01 02 02 4064",
    dialect: "moqt-07",
  },
];

for (const { protocol, pin, path, client: ours, server: theirs, dialect } of HANDSHAKES) {
  const options = { ...(pin && { dialect: pin }), ...(path && { path }) };
  Deno.test(`openMoq() agrees on ${dialect} ${JSON.stringify({ protocol, ...options })}`, async () => {
    const { client, server } = createMemorySessions(protocol);
    const peer = new ScriptedPeer(server);
    const opened = openMoq(client, options);
    const stream = await peer.accept(ours);
    await stream.write(theirs);
    const moq = await opened;
    assertEquals(moq.dialect, dialect);
    moq.close();
    await moq.closed;
  });
}

for (
  const [protocol, bytes] of [["moqt-17", "af00 0000"], ["moqt-19", "af00 0006 01 04 2f613f62"]]
) {
  Deno.test(`openMoq() says its half of the handshake of ${protocol}`, async () => {
    const { client, server } = createMemorySessions(protocol);
    const streams = server.incomingUnidirectionalStreams.getReader();
    const moq = await openMoq(client, protocol === "moqt-19" ? { path: "/a?b" } : {});
    assertEquals(moq.dialect, protocol);
    const { value } = await streams.read();
    const { value: chunk } = await value!.getReader().read();
    assertEquals(chunk!.toHex(), bytes!.replaceAll(" ", ""));
    moq.close();
    await moq.closed;
  });
}

for (
  const { answer, message, code, protocol = "" } of [
    { answer: "21 0009 c0000000ff00000d 00", message: "chose version 0xff00000d", code: 15 },
    { answer: "21 0009 c0000000ff000007 00", message: "chose version 0xff000007", code: 15 },
    { answer: "4041 00", message: "answered with message 65", code: 15 },
    { answer: "03 0000", message: "answered with message 3", code: 3, protocol: "moqt-16" },
    { answer: "21 0003 ff 02 00", message: "ends after 3 bytes", code: 3, protocol: "moqt-16" },
  ]
) {
  Deno.test(`openMoq() refuses a server that answers ${answer} (protocol "${protocol}")`, async () => {
    const { client, server } = createMemorySessions(protocol);
    const peer = new ScriptedPeer(server);
    const opened = openMoq(client);
    const stream = await peer.accept(protocol === "" ? OFFER : "20 0006 01 02 bfffffff");
    await stream.write(answer);
    await assertRejects(() => opened, ProtocolError, message);
    assertEquals((await server.closed).closeCode, code);
  });
}

Deno.test("openMoq() gives up on a server that does not answer", async () => {
  const { client, server } = createMemorySessions("");
  await assertRejects(
    () => openMoq(client, { timeout: 1 }),
    RemoteError,
    "Cannot set up session: the peer did not answer within 0.001 s",
  );
  await server.closed;
});
