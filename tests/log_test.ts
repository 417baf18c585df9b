import { assertEquals } from "@std/assert";
import { createLogger } from "../lib/log.ts";

const now = () => new Date("2026-11-22T05:00:00.123Z");

Deno.test("createLogger() writes a line per event with its details", () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now });
  log.info("Connected", { relay: "https://relay.example/", tries: 2, reason: undefined });
  log.warn("Gap recorded");
  assertEquals(lines, [
    "2026-11-22T05:00:00.123Z info  Connected relay=https://relay.example/ tries=2",
    "2026-11-22T05:00:00.123Z warn  Gap recorded",
  ]);
});

Deno.test("createLogger() quotes what would be ambiguous or steer a terminal", () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now });
  log.info("Name \x1b[31m\r\n", { name: "a b=c\x1b[2J\n" });
  assertEquals(lines, [
    '2026-11-22T05:00:00.123Z info  Name �[31m�� name="a b=c\\u001b[2J\\n"',
  ]);
});

Deno.test("createLogger() writes JSON on request", () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now, format: "json" });
  log.error("Request failed", { status: 500 });
  assertEquals(lines.map((line) => JSON.parse(line)), [
    { at: "2026-11-22T05:00:00.123Z", level: "error", message: "Request failed", status: 500 },
  ]);
});

Deno.test("createLogger() leaves out what is below the level", () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now, level: "warn" });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assertEquals(lines.length, 2);
});
