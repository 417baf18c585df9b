import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHostPort, parseRelayUrl } from "../../lib/transport/relay_url.ts";

Deno.test("parseRelayUrl() takes an https URL apart", () => {
  assertEquals(parseRelayUrl("https://Relay.example/anon?jwt=secret#top"), {
    transport: "webtransport",
    hostname: "relay.example",
    port: 443,
    path: "/anon?jwt=secret",
    authority: "relay.example",
    insecure: false,
    safe: "https://relay.example/anon",
  });
});

Deno.test("parseRelayUrl() knows what each scheme stands for", () => {
  const of = (text: string) => {
    const { transport, port, insecure, safe } = parseRelayUrl(text);
    return { transport, port, insecure, safe };
  };
  assertEquals(of("http://localhost:4443"), {
    transport: "webtransport",
    port: 4443,
    insecure: true,
    safe: "http://localhost:4443/",
  });
  assertEquals(of("MOQT://relay.example/a"), {
    transport: "quic",
    port: 443,
    insecure: false,
    safe: "moqt://relay.example/a",
  });
  assertEquals(of("moql://relay.example:80").port, 80);
  assertEquals(of("http://relay.example:80").port, 80);
  assertEquals(of("http://relay.example").port, 443);
});

Deno.test("parseRelayUrl() takes the brackets off an IPv6 address, but not for the authority", () => {
  const url = parseRelayUrl("https://[::1]:4443/x");
  assertEquals([url.hostname, url.authority], ["::1", "[::1]:4443"]);
  assertEquals(parseRelayUrl("moqt://[2001:DB8:0::1]/").hostname, "2001:db8::1");
});

Deno.test("parseRelayUrl() keeps user information and query out of `safe`", () => {
  const url = parseRelayUrl("moqt://user:secret@relay.example/a/b?token=secret");
  assertEquals(url.safe, "moqt://relay.example/a/b");
  assertEquals(url.authority, "relay.example");
});

Deno.test("parseRelayUrl() explains what is wrong without repeating the URL", () => {
  for (
    const [text, explanation] of [
      ["relay.example/secret", "must look like https://relay.example/path"],
      ["", "must look like"],
      ["ws://relay.example/?jwt=secret", '"ws://" is not supported'],
      ["wss://secret@relay.example", '"wss://" is not supported'],
      ["https://relay.example:99999/?jwt=secret", "host or port is not valid"],
      ["https://?jwt=secret", "host or port is not valid"],
      ["https://relay.example:0/?jwt=secret", "port is 0"],
    ] as const
  ) {
    const { message } = assertThrows(() => parseRelayUrl(text), TypeError);
    assertStringIncludes(message, explanation);
    assert(!message.includes("secret"), message);
  }
});

Deno.test("parseHostPort() reads names and addresses with and without port", () => {
  assertEquals(parseHostPort("relay.example", 443), { hostname: "relay.example", port: 443 });
  assertEquals(parseHostPort("10.0.0.1:4443", 443), { hostname: "10.0.0.1", port: 4443 });
  assertEquals(parseHostPort("[::1]", 443), { hostname: "::1", port: 443 });
  assertEquals(parseHostPort("[::1]:1", 443), { hostname: "::1", port: 1 });
});

Deno.test("parseHostPort() throws on anything else", () => {
  for (
    const text of ["", ":443", "host:", "host:0", "host:65536", "::1", "a b", "https://host", "h/p"]
  ) {
    assertThrows(() => parseHostPort(text, 443), TypeError, "HOST[:PORT]");
  }
});
