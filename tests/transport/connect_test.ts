import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, type ConnectOptions } from "../../lib/transport/connect.ts";
import { ConnectError, type ConnectFailure } from "../../lib/transport/error.ts";
import { listen } from "../../lib/transport/listen.ts";
import { parseRelayUrl } from "../../lib/transport/relay_url.ts";
import { createSelfSigned } from "../../lib/transport/self_signed.ts";
import { handmadeServer, identity, nextRequest, startListener } from "./support.ts";

/** Connects and checks why that fails, and that the message is one line without the token. */
async function assertFails(
  url: string,
  options: Partial<ConnectOptions>,
  failure: ConnectFailure,
  ...hints: string[]
): Promise<void> {
  const error = await assertRejects(
    () => connect(parseRelayUrl(`${url}?jwt=secret`), { protocols: ["raw"], ...options }),
    ConnectError,
  );
  assertEquals(error.failure, failure, error.message);
  assertStringIncludes(error.message, `Cannot connect to ${url}: `);
  for (const hint of hints) assertStringIncludes(error.message, hint);
  assert(!error.message.includes("\n"));
  assert(!Deno.inspect(error).includes("secret"));
}

/** Connects to `listener` and closes the session again; returns what was asked for. */
async function succeeds(
  listener: ReturnType<typeof startListener>,
  url: string,
  options: Partial<ConnectOptions>,
) {
  const [session, request] = await Promise.all([
    connect(parseRelayUrl(url), { protocols: ["raw"], ...options }),
    nextRequest(listener).then(async (request) => {
      await request.accept();
      return request;
    }),
  ]);
  session.close();
  await session.closed;
  return request;
}

/** A UDP port where nobody ever answers. */
function silence() {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  return { port: (socket.addr as Deno.NetAddr).port, [Symbol.dispose]: () => socket.close() };
}

Deno.test("connect() believes a CA, a fingerprint with and without colons, and nobody else", async () => {
  await using listener = startListener();
  const url = `https://localhost:${listener.addr.port}/`;
  const other = await createSelfSigned();
  await succeeds(listener, url, { caCerts: [other.cert, identity.cert] });
  await succeeds(listener, url, { fingerprint: identity.fingerprint });
  await succeeds(listener, url, {
    fingerprint: identity.fingerprint.toUpperCase().replaceAll(/..(?!$)/g, "$&:"),
  });
  await assertFails(url, {}, "tls", "not signed by a trusted authority");
  await assertFails(url, { caCerts: [other.cert] }, "tls", "not signed by a trusted authority");
  await assertFails(url, { fingerprint: other.fingerprint }, "tls", "expected fingerprint");
});

Deno.test("connect() checks that the certificate is for the URL's host", async () => {
  const elsewhere = await createSelfSigned(["relay.example"]);
  const options = { hostname: "127.0.0.1", port: 0, ...elsewhere };
  await using listener = listen(options);
  const caCerts = [elsewhere.cert];
  const url = `https://localhost:${listener.addr.port}/`;
  await assertFails(url, { caCerts }, "tls", 'not for "localhost"');
  await succeeds(listener, url, { fingerprint: elsewhere.fingerprint });
});

Deno.test("connect() dials another address but keeps name and authority", async () => {
  const elsewhere = await createSelfSigned(["relay.example"]);
  await using listener = listen({ hostname: "127.0.0.1", port: 0, ...elsewhere });
  const { authority, path } = await succeeds(listener, "https://relay.example/a?b=c", {
    connectTo: `127.0.0.1:${listener.addr.port}`,
    caCerts: [elsewhere.cert],
  });
  assertEquals([authority, path], ["relay.example", "/a?b=c"]);
});

Deno.test("connect() talks to IPv6 addresses", async () => {
  await using listener = listen({ hostname: "::1", port: 0, ...identity });
  const { port } = listener.addr;
  const request = await succeeds(listener, `https://[::1]:${port}/`, { caCerts: [identity.cert] });
  assertEquals(request.authority, `[::1]:${port}`);
});

Deno.test("connect() tells when nobody answers, and gives up in time", async () => {
  using nobody = silence();
  const target = `localhost:${nobody.port}`;
  const hints = [target, "did not answer within 0.2 s", "UDP"];
  for (const scheme of ["https", "moqt"]) {
    await assertFails(`${scheme}://${target}/`, { timeout: 200 }, "unreachable", ...hints);
  }
  await assertFails(
    "https://relay.example/",
    { connectTo: `127.0.0.1:${nobody.port}`, timeout: 200 },
    "unreachable",
    `127.0.0.1:${nobody.port} did not answer`,
  );
});

Deno.test("connect() tells when the name does not resolve", async () => {
  await assertFails(
    "https://relay.invalid/a",
    {},
    "unreachable",
    '"relay.invalid" does not resolve',
  );
});

Deno.test("connect() tells when the server speaks another protocol", async () => {
  await using listener = startListener(["other"]);
  const target = `localhost:${listener.addr.port}`;
  const options = { fingerprint: identity.fingerprint, protocols: ["moql", "moq-00"] };
  await assertFails(
    `moqt://${target}/`,
    options,
    "protocol",
    `${target} speaks none of moql, moq-00`,
  );
  await assertFails(`https://${target}/`, options, "protocol", "speaks none of h3");
});

Deno.test("connect() rejects with the signal's reason when it is aborted", async () => {
  using nobody = silence();
  const url = parseRelayUrl(`https://127.0.0.1:${nobody.port}/`);
  const reason = new Error("stopping");
  const aborted = AbortSignal.abort(reason);
  await assertRejects(
    () => connect(url, { protocols: [], signal: aborted }),
    Error,
    reason.message,
  );
  const controller = new AbortController();
  const connecting = connect(url, { protocols: [], signal: controller.signal });
  controller.abort(reason);
  await assertRejects(() => connecting, Error, reason.message);
});

Deno.test("connect() can be aborted while the server makes it wait for a session", async () => {
  const controller = new AbortController();
  await using server = handmadeServer(() => controller.abort(new Error("stopping")));
  await assertRejects(
    () =>
      connect(parseRelayUrl(`https://localhost:${server.port}/`), {
        protocols: [],
        fingerprint: identity.fingerprint,
        signal: controller.signal,
      }),
    Error,
    "stopping",
  );
});

Deno.test("connect() throws on malformed options before anything is sent", async () => {
  const url = parseRelayUrl("https://relay.invalid/");
  const protocols = ["raw"];
  for (
    const [options, message] of [
      [{ protocols, fingerprint: "abc" }, "64 hexadecimal digits"],
      [{ protocols, caCerts: ["garbage"] }, "PEM"],
      [{ protocols, connectTo: "a:b:c" }, "HOST[:PORT]"],
    ] as const
  ) {
    await assertRejects(() => connect(url, options), TypeError, message);
  }
  await assertRejects(
    () => connect(parseRelayUrl("moqt://relay.invalid"), { protocols: [] }),
    TypeError,
    "at least one protocol",
  );
});

/** A development relay: HTTP and QUIC on ports of the same number. */
async function developmentRelay(answer: (request: Request) => Response) {
  for (;;) {
    const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
    try {
      const listener = listen({ hostname: "127.0.0.1", port: http.addr.port, ...identity });
      return {
        listener,
        async [Symbol.asyncDispose]() {
          await listener.close();
          await http.shutdown();
        },
      };
    } catch (error) {
      await http.shutdown();
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

Deno.test("connect() fetches a development relay's fingerprint over HTTP", async () => {
  const asked: string[] = [];
  await using relay = await developmentRelay((request) => {
    const { pathname, search } = new URL(request.url);
    asked.push(pathname + search);
    return new Response(` ${identity.fingerprint.toUpperCase()}\n`);
  });
  const { port } = relay.listener.addr;
  const url = `http://localhost:${port}/a?jwt=secret`;
  const { path } = await succeeds(relay.listener, url, {});
  assertEquals(path, "/a?jwt=secret");
  assertEquals(asked, ["/certificate.sha256"]);
  // Given one, there is nothing to ask.
  await succeeds(relay.listener, url, { fingerprint: identity.fingerprint });
  assertEquals(asked.length, 1);
});

Deno.test("connect() tells what is wrong with a development relay's answer", async () => {
  const answers = [
    () => new Response("not here", { status: 404 }),
    () => new Response("<html>"),
    () => new Response("0".repeat(100_000)),
    () => Response.redirect("http://localhost/"),
    () => new Response("0".repeat(64)),
  ];
  await using relay = await developmentRelay(() => answers.shift()!());
  const url = `http://localhost:${relay.listener.addr.port}/a`;
  await assertFails(url, {}, "protocol", "/certificate.sha256 answered 404");
  await assertFails(url, {}, "protocol", "did not answer with a fingerprint");
  await assertFails(url, {}, "protocol", "did not answer with a fingerprint");
  await assertFails(url, {}, "unreachable", "/certificate.sha256 did not answer");
  await assertFails(url, {}, "tls", "expected fingerprint");
});

Deno.test("connect() tells when there is no development relay", async () => {
  using nobody = silence();
  const url = `http://localhost:${nobody.port}/`;
  await assertFails(url, {}, "unreachable", `${url}certificate.sha256 did not answer`);
});

Deno.test("connect() needs no more permission than for the relay's name and port", async () => {
  await using listener = startListener();
  const { port } = listener.addr;
  const connectFile = new URL("../../lib/transport/connect.ts", import.meta.url);
  const urlFile = new URL("../../lib/transport/relay_url.ts", import.meta.url);
  const program = `
    import { connect } from ${JSON.stringify(connectFile.href)};
    import { parseRelayUrl } from ${JSON.stringify(urlFile.href)};
    const options = { protocols: ["raw"], fingerprint: ${JSON.stringify(identity.fingerprint)} };
    const session = await connect(parseRelayUrl("https://localhost:${port}/"), options);
    session.close();
    await session.closed;
  `;
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/main.ts`, program);
    // Nobody comes if the program fails: then there is nothing to accept.
    nextRequest(listener).then((request) => request.accept()).catch(() => {});
    const output = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
        `--allow-net=localhost:${port}`,
        `${directory}/main.ts`,
      ],
    }).output();
    assertEquals(new TextDecoder().decode(output.stderr), "");
    assert(output.success);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
