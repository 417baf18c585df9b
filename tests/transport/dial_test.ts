import { assertEquals, assertRejects } from "@std/assert";
import { dial } from "../../lib/transport/dial.ts";
import { parseFingerprint } from "../../lib/transport/fingerprint.ts";
import { NameError, resolve } from "../../lib/transport/resolve.ts";
import { identity } from "./support.ts";

const never = new AbortController().signal;

/** A QUIC server on 127.0.0.1, and a port of the same number on 127.0.0.2 where nobody answers. */
function serverAndSilence() {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ ...identity, alpnProtocols: ["h3"] });
  const { port } = endpoint.addr;
  const silence = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.2", port });
  const options = {
    port,
    serverName: "localhost",
    alpnProtocols: ["h3"],
    caCerts: [],
    fingerprint: parseFingerprint(identity.fingerprint),
  };
  const accepting = listener.accept().catch(() => undefined);
  return {
    options,
    async [Symbol.asyncDispose]() {
      endpoint.close();
      silence.close();
      await accepting;
    },
  };
}

Deno.test("dial() goes on to the next address while one does not answer", async () => {
  await using server = serverAndSilence();
  // Far beyond the head start, and far below the time after which QUIC itself gives up.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 10_000);
  const options = { ...server.options, addresses: ["127.0.0.2", "127.0.0.1"] };
  const quic = await dial(options, limit.signal).finally(() => clearTimeout(timer));
  assertEquals(quic.remoteAddr.hostname, "127.0.0.1");
  quic.close();
  await quic.closed;
});

Deno.test("dial() takes the first address when it answers", async () => {
  await using server = serverAndSilence();
  const quic = await dial({ ...server.options, addresses: ["127.0.0.1", "127.0.0.2"] }, never);
  assertEquals(quic.remoteAddr.hostname, "127.0.0.1");
  quic.close();
  await quic.closed;
});

Deno.test("dial() fails with the first address's error when none answers", async () => {
  await using server = serverAndSilence();
  const options = { ...server.options, fingerprint: new Uint8Array(32) };
  await assertRejects(
    () => dial({ ...options, addresses: ["127.0.0.1", "not valid"] }, never),
    Error,
    "UnknownIssuer",
  );
});

Deno.test("dial() ends all attempts when it is aborted", async () => {
  await using server = serverAndSilence();
  const controller = new AbortController();
  const dialling = dial({ ...server.options, addresses: ["127.0.0.2"] }, controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => dialling, Error, "enough");
  await assertRejects(
    () => dial({ ...server.options, addresses: ["127.0.0.1"] }, controller.signal),
    Error,
    "enough",
  );
});

Deno.test("resolve() returns addresses as they are", async () => {
  assertEquals(await resolve("127.0.0.1"), ["127.0.0.1"]);
  assertEquals(await resolve("::1"), ["::1"]);
});

Deno.test("resolve() throws on a name that does not resolve", async () => {
  await assertRejects(() => resolve("relay.invalid"), NameError, '"relay.invalid"');
});
