import { assertEquals, assertThrows } from "@std/assert";
import { ByteReader } from "../../../lib/moq/byte_reader.ts";
import { ByteWriter } from "../../../lib/moq/byte_writer.ts";
import { ProtocolError } from "../../../lib/moq/error.ts";
import { answerRequest } from "../../../lib/moq/ietf/answer.ts";
import { readDatagram } from "../../../lib/moq/ietf/datagram.ts";
import { LEADING_ONES } from "../../../lib/moq/ietf/leading_ones.ts";
import { readMessage } from "../../../lib/moq/ietf/message.ts";
import { decodePeerSetup } from "../../../lib/moq/ietf/setup.ts";
import { readSubgroupHeader, Subgroup } from "../../../lib/moq/ietf/subgroup.ts";
import {
  readPublishDone,
  readRequestError,
  readSubscribeOk,
  writeSubscribe,
} from "../../../lib/moq/ietf/subscribe.ts";
import { codingOf, type IetfVersion } from "../../../lib/moq/ietf/version.ts";
import { StreamReader } from "../../../lib/moq/stream_reader.ts";
import { hex } from "../../support/bytes.ts";

const VERSIONS: readonly IetfVersion[] = [7, 14, 16, 17, 18, 19];

/** Text behind its length, in hexadecimal digits. */
function text(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.of(bytes.length, ...bytes).toHex();
}

/** A stream that brings `bytes` one by one. */
function reader(version: IetfVersion, bytes: string): StreamReader {
  const stream = ReadableStream.from(Array.from(hex(bytes), (byte) => Uint8Array.of(byte)));
  return new StreamReader(stream, codingOf(version));
}

function body(version: IetfVersion, bytes: string): ByteReader {
  return new ByteReader(hex(bytes), codingOf(version));
}

Deno.test("LEADING_ONES reads the draft's vectors", () => {
  for (
    const [bytes, value] of [
      ["25", 37],
      ["8025", 37],
      ["bbbd", 15293],
      ["ed7f3e7d", 0xd7f3e7d],
      ["faa1a0e403d8", 2893212287960],
      ["fe001fffffffffff", 2 ** 45 - 1],
      ["ff001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ] as const
  ) {
    const encoded = hex(bytes);
    assertEquals(LEADING_ONES.length(encoded[0]!), encoded.length);
    assertEquals(LEADING_ONES.decode(Uint8Array.of(0, ...encoded), 1), value);
  }
  // The draft's largest vectors lie beyond what a number holds.
  assertThrows(() => LEADING_ONES.decode(hex("fefa318fa8e3ca11")), RangeError, "2^53 - 1");
  assertThrows(() => LEADING_ONES.decode(hex("ffffffffffffffffff")), RangeError, "2^53 - 1");
  for (const first of [0xfc, 0xfd]) {
    assertThrows(() => LEADING_ONES.length(first), ProtocolError, "no integer begins like this");
  }
});

Deno.test("LEADING_ONES writes the shortest form", () => {
  for (
    const [value, bytes] of [
      [0, "00"],
      [37, "25"],
      [127, "7f"],
      [128, "8080"],
      [0x2f00, "af00"],
      [16383, "bfff"],
      [16384, "c04000"],
      [494878333, "f01d7f3e7d"],
      [2893212287960, "faa1a0e403d8"],
      [2 ** 42, "fe00040000000000"],
      [Number.MAX_SAFE_INTEGER, "fe1fffffffffffff"],
    ] as const
  ) {
    assertEquals(LEADING_ONES.encode(value).toHex(), bytes);
    assertEquals(LEADING_ONES.decode(hex(bytes)), value);
  }
  for (const value of [-1, 0.5, 2 ** 53]) {
    assertThrows(() => LEADING_ONES.encode(value), RangeError, `current value is ${value}`);
  }
});

Deno.test("a peer's setup is read as @moq/net writes it", () => {
  // Captured; the answers' versions aside.
  const draft14 = `03 02 8000a455 80040b5a 01 07 ${text("moq-lite-js")}`;
  assertEquals(decodePeerSetup(14, body(14, draft14)), {
    maxRequestId: 42069,
    implementation: "moq-lite-js",
  });
  const draft16 = `03 02 8000a455 05 ${text("moq-lite-js")} 80040b53 01`;
  assertEquals(decodePeerSetup(16, body(16, draft16)), {
    maxRequestId: 42069,
    implementation: "moq-lite-js",
  });
  assertEquals(decodePeerSetup(16, body(16, "01 02 4064")).maxRequestId, 100);
  assertEquals(decodePeerSetup(7, body(7, "02 00 01 03 02 02 4064")).maxRequestId, 100);
  assertEquals(decodePeerSetup(14, body(14, "00")), { maxRequestId: 0, implementation: "" });
});

Deno.test("confirmations are read as @moq/net writes them", async () => {
  for (
    const [version, bytes, alias, timescale] of [
      [14, "04 0008 02 07 00 01 01 05 00 00", 7, undefined],
      [16, "04 0003 02 07 00", 7, undefined],
      [17, "04 0002 07 00", 7, undefined],
      [19, "04 0007 07 00 08 83e8 1a 02", 7, 1000],
      // The largest location, which precedes the properties.
      [18, "04 000d 07 02 08 00 01 05 8064 08 83e8 1a 02", 7, 1000],
      // A parameter of which not even the length is known hides what follows.
      [18, "04 0007 07 01 7f 00 08 83e8", 7, undefined],
      // Draft 07 has no alias of the publisher's.
      [7, "04 04 02 00 01 00", undefined, undefined],
    ] as const
  ) {
    const message = await readMessage(version, reader(version, bytes));
    if (version < 17) assertEquals(message!.body.varint(), 2);
    assertEquals(readSubscribeOk(version, message!.body), { alias, timescale });
  }
});

Deno.test("refusals and ends are read", () => {
  assertEquals(readRequestError(14, body(14, "04 02 6e6f")), { code: 4, reason: "no" });
  assertEquals(readRequestError(16, body(16, "10 00 02 6e6f")), { code: 16, reason: "no" });
  assertEquals(readRequestError(18, body(18, "8194 85dc 00")), { code: 404, reason: "" });
  // Captured from @moq/net, which does not count.
  assertEquals(readPublishDone(14, body(14, "40c8 00 02 4f4b")), {
    code: 200,
    clean: true,
    streams: undefined,
    reason: "OK",
  });
  assertEquals(readPublishDone(16, body(16, "06 ffffffffffffffff 00")), {
    code: 6,
    clean: false,
    streams: undefined,
    reason: "",
  });
  assertEquals(readPublishDone(14, body(14, "02 02 01 61")).streams, 2);
  assertEquals(readPublishDone(7, body(7, "03 01 61 00")).clean, true);
});

Deno.test("subscriptions are written with what their draft knows", () => {
  const name = "01 0162 0174";
  for (
    const [version, start, relative, expected] of [
      [7, undefined, false, `05 ${name} ff 01 01 00`],
      [7, 9, false, `05 ${name} ff 01 03 09 00 00`],
      [14, undefined, false, `${name} ff 01 01 03 00 00 00`],
      [14, 9, false, `${name} ff 01 01 03 09 00 00`],
      [14, 9, true, `${name} ff 01 01 02 00`],
      [16, 9, false, `${name} 03 10 01 10 40ff 02 01`],
      [17, undefined, false, `${name} 03 10 01 10 ff 02 01`],
      [19, undefined, false, `${name} 03 10 01 10 ff 02 01`],
    ] as const
  ) {
    const writer = new ByteWriter(codingOf(version));
    const message = { alias: 5, broadcast: "b", track: "t", priority: 0, start, relative };
    writeSubscribe(version, writer, message);
    assertEquals(writer.finish(), hex(expected));
  }
});

/** All objects of a stream. */
async function readObjects(version: IetfVersion, bytes: string, timescale?: number) {
  const stream = reader(version, bytes);
  const type = await stream.varint();
  const header = await readSubgroupHeader(version, type, stream, (id) => id === 2);
  if (header === undefined) return undefined;
  const source = new Subgroup(version, stream, header, timescale);
  const objects = [];
  for (let head; (head = await source.next());) {
    let payload = "";
    while (payload.length < head.size) {
      payload += new TextDecoder().decode(await source.read(head.size - payload.length));
    }
    objects.push({ ...head, payload });
  }
  return { ...header, objects };
}

Deno.test("subgroups are read as @moq/net writes them", async () => {
  const header = { alias: 7, sequence: 5, extensions: true, endsGroup: false };
  const objects = [
    { id: 0, gap: 0, size: 2, status: 0, payload: "hi" },
    { id: 1, gap: 0, size: 3, status: 0, payload: "you" },
  ];
  // Captured.
  const frames = "00 00 02 6869  00 00 03 796f75";
  for (const version of [14, 16, 17] as const) {
    assertEquals(await readObjects(version, `15 07 05 00 80 ${frames}`), { ...header, objects });
  }
  for (const version of [18, 19] as const) {
    assertEquals(await readObjects(version, `55 07 05 00 80 ${frames}`), { ...header, objects });
  }
});

Deno.test("subgroups have headers of many kinds", async () => {
  for (
    const [version, bytes, extensions, endsGroup] of [
      [14, "10 07 05 80", false, false],
      [14, "1b 07 05 80", true, true],
      [14, "1c 07 05 03 80", false, true],
      [16, "30 07 05", false, false],
      [17, "3d 07 05 03", true, true],
      [18, "70 07 05", false, false],
      [19, "7d 07 05 03", true, true],
      // As draft 07 has it, and as Cloudflare's relays do.
      [7, "04 07 05 03 80", false, false],
      [7, "04 02 07 05 03 80", false, false],
    ] as const
  ) {
    const expected = { alias: 7, sequence: 5, extensions, endsGroup, objects: [] };
    assertEquals(await readObjects(version, bytes), expected, bytes);
  }
  for (
    const [version, bytes] of [
      [7, "05 01"],
      [14, "05 01"],
      [14, "16 07 05 80"],
      [14, "30 07 05"],
      [16, "4055 07"],
      [17, "50 07 05 80"],
      [18, "56 07 05 80"],
      [18, "f0132b3e28 00"],
    ] as const
  ) {
    assertEquals(await readObjects(version, bytes), undefined, bytes);
  }
});

Deno.test("subgroups tell ids, extensions and status of objects", async () => {
  // Timestamp 10, a private extension, and 2 objects that do not exist: keys are relative from
  // draft 16 on.
  const draft14 = "07 10 0a 11 01 ff 3e 02";
  const all = await readObjects(14, `11 07 05 80  03 ${draft14} 01 61  00 00 00 03`, 1000);
  const extensions = hex("10 0a 11 01 ff 3e 02");
  assertEquals(all!.objects, [
    { id: 3, gap: 2, size: 1, status: 0, timestamp: 10, extensions, payload: "a" },
    { id: 4, gap: 0, size: 0, status: 3, payload: "" },
  ]);
  const later = await readObjects(17, "11 07 05 80  00 07 10 0a 01 01 ff 2d 02 01 61", 1000);
  assertEquals(later!.objects[0]!.timestamp, 10);
  assertEquals(later!.objects[0]!.gap, 2);
  // Without a timescale of the track, or with another of the object's, a timestamp says nothing.
  const untimed = await readObjects(17, "11 07 05 80  00 02 10 0a 01 61");
  assertEquals("timestamp" in untimed!.objects[0]!, false);
  const other = await readObjects(17, "11 07 05 80  00 04 08 02 08 0a 01 61", 1000);
  assertEquals("timestamp" in other!.objects[0]!, false);
  const absolute = await readObjects(7, "04 07 05 00 80  04 01 61  06 01 62  07 00 04");
  assertEquals(absolute!.objects.map(({ id, status }) => [id, status]), [[4, 0], [6, 0], [7, 4]]);
});

Deno.test("subgroups that make no sense are refused", async () => {
  for (
    const [version, objects, why] of [
      [7, "04 01 61 04 01 61", "object 4 follows object 4"],
      [14, "00 00 02", "status of an object is 2"],
      [14, "00 00 05", "status of an object is 5"],
      [14, "00 02 61", "ends within a message"],
    ] as const
  ) {
    const header = version === 7 ? "04 07 05 00 80" : "10 07 05 80";
    const error = await readObjects(version, `${header} ${objects}`).catch((error) => error);
    // How the payload ends is the test's own loop's to find.
    assertEquals(error instanceof ProtocolError, true);
    assertEquals(error.message.includes(why), true, error.message);
  }
  const large = await readObjects(14, "11 07 05 80 00 80010001").catch((error) => error);
  assertEquals(
    large.message,
    "Cannot read group: extensions of object 0 are 65537 bytes, limit is 65536",
  );
});

Deno.test("datagrams are objects", async () => {
  for (
    const [version, bytes, id, payload, endsGroup, status] of [
      [14, "00 07 05 03 80 6869", 3, "hi", false, 0],
      [14, "06 07 05 80 6869", 0, "hi", true, 0],
      [14, "01 07 05 03 80 02 3c 00 6869", 3, "hi", false, 0],
      [14, "20 07 05 03 80 03", 3, "", false, 3],
      [16, "08 07 05 03 6869", 3, "hi", false, 0],
      [19, "0e 07 05 6869", 0, "hi", true, 0],
    ] as const
  ) {
    const object = readDatagram(version, hex(bytes))!;
    assertEquals([object.alias, object.sequence], [7, 5]);
    const source = object.source(undefined);
    assertEquals(source.endsGroup, endsGroup);
    const head = await source.next();
    assertEquals([head!.id, head!.size, head!.status], [id, payload.length, status]);
    assertEquals(new TextDecoder().decode(await source.read(9)), payload);
    assertEquals(await source.next(), undefined);
  }
  for (const [version, bytes] of [[14, "08 07 05 03"], [16, "10 07"], [7, "01 07"]] as const) {
    assertEquals(readDatagram(version, hex(bytes)), undefined);
  }
});

Deno.test("requests of the peer are answered", async () => {
  const refusal = text("nothing published here");
  const declined = text("not asked for");
  for (
    const [version, request, answer] of [
      // Captured from @moq/net.
      [14, "11 0003 00 00 00", "12 0001 00"],
      [16, "11 0004 00 00 01 00", "07 0002 00 00"],
      [17, "11 0005 00 00 00 01 00", "07 0001 00"],
      [18, "50 0003 00 00 00", "07 0001 00"],
      [19, "51 0003 00 00 00", "07 0001 00"],
      [7, "11 04 01 0161 00", "12 03 01 0161"],
      [14, "06 0005 01 01 0161 00", "07 0001 01"],
      [16, "06 0005 01 01 0161 00", "07 0002 01 00"],
      [17, "06 0006 01 00 01 0161 00", "07 0001 00"],
      [7, "06 04 01 0161 00", "07 03 01 0161"],
      [14, "1d 0004 01 00 00 00", `1f 0010 01 04 ${declined}`],
      [16, "1d 0004 01 00 00 00", `05 0011 01 20 00 ${declined}`],
      [18, "1d 0004 01 00 00 00", `05 0010 20 00 ${declined}`],
      [14, "03 0001 01", `05 0019 01 04 ${refusal}`],
      [14, "16 0001 01", `19 0019 01 04 ${refusal}`],
      [14, "0d 0001 01", `0f 0019 01 04 ${refusal}`],
      [16, "16 0001 01", `05 001a 01 10 00 ${refusal}`],
      [19, "03 0001 01", `05 0019 10 00 ${refusal}`],
      [7, "03 02 01 09", `05 1a 01 03 ${refusal} 09`],
    ] as const
  ) {
    const message = await readMessage(version, reader(version, request));
    assertEquals(answerRequest(version, message!)!.bytes.toHex(), hex(answer).toHex(), request);
  }
  for (const version of VERSIONS) {
    // No requests: an update, something unknown.
    for (const type of [0x02, 0x3f]) {
      assertEquals(answerRequest(version, { type, body: body(version, "00") }), undefined);
    }
  }
});
