import { assertEquals, assertThrows } from "@std/assert";
import { type Flags, parseFlags, parseListen, UsageError } from "../../lib/cli/flags.ts";

const FLAGS: Flags = {
  "url": { value: "URL", help: "", required: true },
  "listen": { value: "ADDR", help: "", default: "here" },
  "track": { value: "TRACK", help: "", list: true },
  "verbose": { help: "" },
};
const noEnv = () => undefined;

Deno.test("parseFlags() reads values after a space or an equals sign", () => {
  const values = parseFlags(FLAGS, ["--url", "a", "--listen=b", "--verbose"], noEnv);
  assertEquals([values.need("url"), values.need("listen"), values.on("verbose")], ["a", "b", true]);
});

Deno.test("parseFlags() prefers flags to the environment and that to defaults", () => {
  const env = (name: string) => ({ EC_URL: "from env", EC_LISTEN: "from env" })[name];
  const values = parseFlags(FLAGS, ["--listen", "from flag"], env);
  assertEquals([values.need("url"), values.need("listen")], ["from env", "from flag"]);
  assertEquals(parseFlags(FLAGS, ["--url", "a"], noEnv).need("listen"), "here");
});

Deno.test("parseFlags() collects lists from repeated flags and commas", () => {
  const args = ["--url", "a", "--track", "x,y", "--track", "z"];
  assertEquals(parseFlags(FLAGS, args, noEnv).list("track"), ["x", "y", "z"]);
});

Deno.test("parseFlags() keeps numbers as they were typed", () => {
  assertEquals(parseFlags(FLAGS, ["--url", "007"], noEnv).get("url"), "007");
});

for (
  const [args, message] of [
    [[], "--url URL is required"],
    [["--url"], "--url needs a value"],
    [["--url", "a", "--url", "b"], "--url is given twice"],
    [["--url", "a", "--wat"], 'Unknown option "--wat"'],
    [["--url", "a", "stray"], 'Unknown argument "stray"'],
  ] as const
) {
  Deno.test(`parseFlags() throws on ${JSON.stringify(args)}`, () => {
    assertThrows(() => parseFlags(FLAGS, args, noEnv), UsageError, message);
  });
}

Deno.test("parseListen() takes names, IPv4 and bracketed IPv6", () => {
  assertEquals(parseListen("0.0.0.0:7788"), { hostname: "0.0.0.0", port: 7788 });
  assertEquals(parseListen("localhost:0"), { hostname: "localhost", port: 0 });
  assertEquals(parseListen("[::1]:80"), { hostname: "::1", port: 80 });
});

for (const text of ["7788", ":7788", "host:", "host:65536", "::1:80", "host:80:90", "a b:1"]) {
  Deno.test(`parseListen() throws on "${text}"`, () => {
    assertThrows(() => parseListen(text), UsageError, "HOST:PORT");
  });
}
