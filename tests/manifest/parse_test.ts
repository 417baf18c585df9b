import { assertEquals, assertThrows } from "@std/assert";
import { formatRecord, parseRecord } from "../../lib/manifest/parse.ts";
import type { ManifestRecord } from "../../lib/manifest/record.ts";
import { anchorRecord, gapRecord, runRecord, spanRecord } from "./records.ts";

const GOOD: ManifestRecord[] = [
  runRecord(),
  runRecord({ prev: "0".repeat(64), role: "audio", container: "loc", sampleRate: 48_000 }),
  spanRecord(0),
  spanRecord(7, { groups: 2, frames: [[1, 2], [2550]], timestamps: [[0, 1.5], [-2]] }),
  spanRecord(8, { size: 0, frames: [[]], partial: true, late: true, open: true, frame: 3 }),
  spanRecord(9, { time: -5, key: false }),
  gapRecord(),
  { kind: "gap", at: gapRecord().at, run: "r", until: gapRecord().at, cause: "offline" },
  gapRecord({ cause: "a cause of a later version" as "reset", reason: "line\nfeed" }),
  anchorRecord(),
  anchorRecord({ time: -0.5 }),
];

Deno.test("parseRecord() reads what formatRecord() writes, on a line of its own", () => {
  for (const record of GOOD) {
    const line = formatRecord(record);
    assertEquals(line.indexOf("\n"), line.length - 1);
    assertEquals(parseRecord(line.slice(0, -1)), record);
  }
});

const BAD: [kind: string, changes: Record<string, unknown>, reason: string][] = [
  ["run", { v: 2 }, '"v" of a run must be 1'],
  ["run", { at: undefined }, '"at" is missing from a run'],
  ["run", { at: "2026-11-22T05:00:00Z" }, '"at" of a run must be a UTC time'],
  ["run", { at: "2026-13-22T05:00:00.000Z" }, '"at" of a run must be a UTC time'],
  ["run", { at: 5 }, '"at"'],
  ["run", { run: "" }, '"run"'],
  ["run", { role: "text" }, '"role" of a run must be one of video, audio, data'],
  ["run", { container: "constructor" }, '"container"'],
  ["run", { timescale: 0 }, '"timescale" of a run must be a number above 0'],
  ["run", { init: "xyz" }, '"init" of a run must be 64 lowercase hexadecimal digits'],
  ["run", { prev: "A".repeat(64) }, '"prev"'],
  ["run", { width: "1280" }, '"width"'],
  ["span", { msn: -1 }, '"msn" of a span must be an integer of 0 or more'],
  ["span", { msn: 1.5 }, '"msn"'],
  ["span", { msn: 2 ** 53 }, '"msn"'],
  ["span", { groups: 0, frames: [] }, '"groups" of a span must be an integer of 1 or more'],
  ["span", { hash: "ab" }, '"hash"'],
  ["span", { path: "/etc/passwd" }, '"path" of a span must be a path below the output directory'],
  ["span", { path: "objects/../../x" }, '"path"'],
  ["span", { path: "" }, '"path"'],
  ["span", { size: 2552 }, 'must add up to "size"'],
  ["span", { frames: [[1820], [733]] }, '"frames" of a span must have a list for each group'],
  ["span", { frames: [2553] }, '"frames"'],
  ["span", { frames: [[2554, -1]] }, '"frames"'],
  ["span", { timestamps: [[1]] }, '"timestamps" of a span must match "frames"'],
  ["span", { time: null }, '"time"'],
  ["span", { duration: -1 }, '"duration"'],
  ["span", { key: 1 }, '"key"'],
  ["span", { partial: false }, '"partial" of a span must be true or absent'],
  ["gap", { cause: undefined }, '"cause" is missing from a gap'],
  ["gap", { groups: undefined }, '"group" and "groups" of a gap must come together'],
  ["gap", { group: undefined }, '"group" and "groups"'],
  ["gap", { until: "later" }, '"until"'],
  ["gap", { code: -1 }, '"code"'],
  ["anchor", { wall: "" }, '"wall"'],
  ["anchor", { time: "1" }, '"time"'],
];

const TEMPLATES: Record<string, ManifestRecord> = {
  run: runRecord(),
  span: spanRecord(0),
  gap: gapRecord(),
  anchor: anchorRecord(),
};

Deno.test("parseRecord() names what is wrong with a line", () => {
  for (const [kind, changes, reason] of BAD) {
    const line = JSON.stringify({ ...TEMPLATES[kind], ...changes });
    assertThrows(() => parseRecord(line), SyntaxError, reason);
  }
});

Deno.test("formatRecord() refuses what parseRecord() would refuse", () => {
  for (const [kind, changes, reason] of BAD) {
    const record = { ...TEMPLATES[kind], ...changes } as ManifestRecord;
    assertThrows(() => formatRecord(record), TypeError, reason);
  }
  for (const time of [NaN, Infinity, -Infinity]) {
    assertThrows(() => formatRecord(spanRecord(0, { time })), TypeError, '"time"');
    assertThrows(() => formatRecord(anchorRecord({ time })), TypeError, '"time"');
  }
  const unknown = { kind: "toString" } as unknown as ManifestRecord;
  assertThrows(() => formatRecord(unknown), TypeError, '"kind" is unknown');
});

Deno.test("parseRecord() refuses lines that are not objects of a kind", () => {
  const whole = formatRecord(spanRecord(0)).trimEnd();
  for (const line of ["", "\0\0\0", "null", "1", "[]", '"run"', whole.slice(1), `${whole},`]) {
    assertThrows(() => parseRecord(line), SyntaxError, "not a JSON object");
  }
  for (let length = 0; length < whole.length; ++length) {
    assertThrows(() => parseRecord(whole.slice(0, length)), SyntaxError, "not a JSON object");
  }
  for (const line of ["{}", '{"kind":1}', '{"Kind":"run"}']) {
    assertThrows(() => parseRecord(line), SyntaxError, '"kind" is missing');
  }
});

Deno.test("parseRecord() leaves later versions room for kinds and members", () => {
  assertEquals(parseRecord('{"kind":"toc","anything":1}'), undefined);
  assertEquals(parseRecord('{"kind":"__proto__"}'), undefined);
  const later = { ...spanRecord(0), checksum: "x" };
  assertEquals(parseRecord(JSON.stringify(later)), later);
});
