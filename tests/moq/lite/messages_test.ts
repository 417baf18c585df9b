import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ByteReader } from "../../../lib/moq/byte_reader.ts";
import { ProtocolError } from "../../../lib/moq/error.ts";
import {
  decodeAnnounce,
  decodeAnnounceInit,
  decodeAnnounceOk,
  decodeAnnounceRequest,
  encodeAnnounce,
  encodeAnnounceRequest,
  encodeInitialAnnounces,
} from "../../../lib/moq/lite/announce.ts";
import {
  decodeGroupHeader,
  encodeFrameHeader,
  encodeGroupHeader,
} from "../../../lib/moq/lite/group_header.ts";
import {
  encodeServerSetup,
  encodeSetup,
  readClientSetup,
  skipSetup,
} from "../../../lib/moq/lite/setup.ts";
import {
  decodeSubscribe,
  encodeSubscribe,
  encodeSubscribeResponse,
  readSubscribeResponse,
} from "../../../lib/moq/lite/subscribe.ts";
import {
  decodeTrack,
  decodeTrackInfo,
  encodeTrack,
  encodeTrackInfo,
} from "../../../lib/moq/lite/track.ts";
import type { LiteVersion } from "../../../lib/moq/lite/version.ts";
import { StreamReader } from "../../../lib/moq/stream_reader.ts";
import { hex, splits } from "../../support/bytes.ts";

const VERSIONS: readonly LiteVersion[] = [1, 2, 3, 4, 5];

/** "test/xx", "test/room" and so on, behind their length. */
function text(value: string): string {
  const bytes = new TextEncoder().encode(value);
  return Uint8Array.of(bytes.length, ...bytes).toHex();
}

/** Reads messages from `bytes` split in every way; each way has to lead to `expected`. */
async function assertReads<T>(
  bytes: string,
  read: (reader: StreamReader) => Promise<T>,
  expected: T,
): Promise<void> {
  for (const chunks of splits(hex(bytes))) {
    const reader = new StreamReader(ReadableStream.from(chunks));
    assertEquals(await read(reader), expected);
    assertEquals(await reader.done(), true);
  }
}

/** Has `decode` take a message apart that comes after a stream's type. */
function request<T>(type: number, decode: (body: ByteReader) => T) {
  return async (reader: StreamReader) => {
    assertEquals(await reader.varint(), type);
    return decode(await reader.message());
  };
}

Deno.test("setup is read as other implementations write it", async () => {
  // They were captured from @moq/net.
  const offer = "20 0031 03 c0000000ff0dad02 c0000000ff0dad01 c0000000ff00000e" +
    `03 02 8000a455 80040b5a 01 07 ${text("moq-lite-js")}`;
  await assertReads(offer, async (reader) => {
    assertEquals(await reader.varint(), 0x20);
    return await readClientSetup(reader);
  }, 2);
  await assertReads("01 0b 01 05 08 c007c1eebefa63a0", async (reader) => {
    assertEquals(await reader.varint(), 1);
    await skipSetup(reader);
  }, undefined);
});

Deno.test("setup is written as other implementations read it", () => {
  assertEquals(encodeServerSetup(1), hex("21 0009 c0000000ff0dad01 00"));
  assertEquals(encodeSetup(), hex("01 01 00"));
  assertEquals(encodeSetup("/a?b"), hex(`01 07 01 02 ${text("/a?b")}`));
});

Deno.test("setup without a version in common is refused", async () => {
  const read = (bytes: string) => new StreamReader(ReadableStream.from([hex(bytes)]));
  await assertRejects(
    () => readClientSetup(read("000a 01 c0000000ff00000e 00")),
    ProtocolError,
    "the client offers no version we speak",
  );
});

Deno.test("announce requests survive the wire", async () => {
  assertEquals(encodeAnnounceRequest(2, ""), hex("01 01 00"));
  for (const version of VERSIONS) {
    const bytes = encodeAnnounceRequest(version, "live/tv").toHex();
    const decode = request(1, (body) => decodeAnnounceRequest(version, body));
    await assertReads(bytes, decode, "live/tv");
  }
  // The relay to leave out has an identity of 62 bits.
  await assertReads(
    "01 09 00 ffffffffffffffff",
    request(1, (body) => decodeAnnounceRequest(4, body)),
    "",
  );
});

Deno.test("announcements are read as other implementations write them", async () => {
  const announce = (version: LiteVersion) => async (reader: StreamReader) =>
    decodeAnnounce(version, await reader.message());
  await assertReads(
    `09 01 ${text("test/xx")}`,
    async (reader) => decodeAnnounceInit(await reader.message()),
    ["test/xx"],
  );
  await assertReads(`0a 01 ${text("test/yyy")}`, announce(2), {
    suffix: "test/yyy",
    status: "active",
  });
  const xx = { suffix: "test/xx", status: "active" } as const;
  await assertReads(`0a 01 ${text("test/xx")} 02`, announce(3), xx);
  await assertReads(`0c 01 ${text("test/xx")} 02 07 09`, announce(4), xx);
  await assertReads(`02 07 01 0b 01 ${text("test/xx")} 01 09`, async (reader) => {
    decodeAnnounceOk(await reader.message());
    return await announce(5)(reader);
  }, xx);
  await assertReads(`12 02 ${text("test/xx")} 01 ffffffffffffffff`, announce(5), {
    suffix: "test/xx",
    status: "restart",
  });
  await assertReads(`0b 00 ${text("/test//x")} 00`, announce(5), {
    suffix: "test/x",
    status: "ended",
  });
});

Deno.test("announcements with more than 32 hops count as ended", () => {
  const message = (hops: number) =>
    new ByteReader(hex(`01 ${text("x")} ${hops.toString(16)} ${"01".repeat(hops)}`));
  assertEquals(decodeAnnounce(5, message(32)).status, "active");
  assertEquals(decodeAnnounce(5, message(33)).status, "ended");
  assertEquals(decodeAnnounce(3, new ByteReader(hex(`01 ${text("x")} 21`))).status, "ended");
});

Deno.test("announcements that make no sense are refused", () => {
  const decode = (version: LiteVersion, bytes: string) =>
    decodeAnnounce(version, new ByteReader(hex(bytes)));
  for (
    const [version, bytes, why] of [
      [5, "03 00 00", "status is 3"],
      [4, "02 00 00", "status is 2"],
      [2, "01 01 78 00", "1 bytes left over"],
      [2, "01 02 78", "ends after 3 bytes"],
      [2, "01 01 ff", "text is not UTF-8"],
      [4, "01 01 78 01", "ends after 4 bytes"],
    ] as const
  ) {
    assertThrows(() => decode(version, bytes), ProtocolError, why);
  }
});

Deno.test("initial announcements have each draft's own form", () => {
  const initial = (version: LiteVersion, suffixes: string[]) =>
    encodeInitialAnnounces(version, suffixes, 7).toHex();
  const active = `01 ${text("x")}`;
  const expected = {
    1: ["0100", `03 01 ${text("x")}`],
    2: ["0100", `03 01 ${text("x")}`],
    3: ["", `04 ${active} 01`],
    4: ["", `05 ${active} 01 07`],
    5: ["020700", `02 07 01 04 ${active} 00`],
  };
  for (const version of VERSIONS) {
    assertEquals(
      [initial(version, []), initial(version, ["x"])],
      expected[version].map((bytes) => hex(bytes).toHex()),
    );
  }
  assertEquals(encodeAnnounce(4, { suffix: "x", status: "ended" }, 7), hex("05 00 0178 01 07"));
});

Deno.test("subscriptions are read as other implementations write them", async () => {
  const names = `${text("test/room")} ${text("catalog.json")}`;
  const expected = { id: 0, broadcast: "test/room", track: "catalog.json", priority: 0 };
  await assertReads(
    `02 19 00 ${names} 00`,
    request(2, (body) => decodeSubscribe(2, body)),
    { ...expected, start: undefined },
  );
  await assertReads(
    `02 1d 00 ${names} 00 00 00 00 00`,
    request(2, (body) => decodeSubscribe(4, body)),
    { ...expected, start: undefined },
  );
  await assertReads(
    `02 1d 00 ${names} 00 00 00 06 00`,
    request(2, (body) => decodeSubscribe(5, body)),
    { ...expected, start: 5 },
  );
});

Deno.test("subscriptions ask for all groups in order", () => {
  const message = { id: 3, broadcast: "b", track: "t", priority: 9 };
  assertEquals(encodeSubscribe(1, { ...message, start: 5 }), hex("02 06 03 0162 0174 09"));
  assertEquals(
    encodeSubscribe(3, { ...message, start: undefined }),
    hex("02 0d 03 0162 0174 09 01 80007530 00 00"),
  );
  assertEquals(
    encodeSubscribe(5, { ...message, start: 0 }),
    hex("02 0d 03 0162 0174 09 01 80007530 01 00"),
  );
});

Deno.test("answers to subscriptions are read as other implementations write them", async () => {
  const read = (version: LiteVersion) => (reader: StreamReader) =>
    readSubscribeResponse(version, reader);
  await assertReads("01 00", read(1), { type: "ok" });
  await assertReads("00", read(2), { type: "ok" });
  await assertReads("00 05 00 00 00 06 00", read(3), { type: "ok" });
  await assertReads("00 01 05", read(5), { type: "start", sequence: 5 });
  await assertReads("01 01 06", read(5), { type: "end", sequence: 6 });
  const dropped = { sequence: 5, count: 3, code: 26 };
  await assertReads("01 03 05 07 1a", read(4), { type: "drop", dropped });
  await assertReads("02 03 05 07 1a", read(5), { type: "drop", dropped });
  await assertReads("", read(5), undefined);
});

Deno.test("answers to subscriptions survive the wire", async () => {
  const all = [
    [{ type: "ok" }, [1, 2, 3, 4]],
    [{ type: "start", sequence: 300 }, [5]],
    [{ type: "end", sequence: 0 }, [5]],
    [{ type: "drop", dropped: { sequence: 300, count: 1, code: 0 } }, [3, 4, 5]],
  ] as const;
  for (const [response, versions] of all) {
    for (const version of versions) {
      await assertReads(
        encodeSubscribeResponse(version, response).toHex(),
        (reader) => readSubscribeResponse(version, reader),
        response,
      );
    }
  }
});

Deno.test("answers to subscriptions that make no sense are refused", async () => {
  for (
    const [version, bytes, why] of [
      [3, "02 00", "type is 2"],
      [5, "03 00", "type is 3"],
      [5, "00 02 05 05", "1 bytes left over"],
      [5, "02 03 07 05 00", "groups 7 to 5"],
      [5, "00", "ends within a message"],
      [5, "00 80010001", "65537 bytes, limit is 65536"],
    ] as const
  ) {
    const reader = new StreamReader(ReadableStream.from([hex(bytes)]));
    await assertRejects(() => readSubscribeResponse(version, reader), ProtocolError, why);
  }
});

Deno.test("track requests and properties are read as other implementations write them", async () => {
  const bytes = `06 17 ${text("test/room")} ${text("catalog.json")}`;
  const names = { broadcast: "test/room", track: "catalog.json" };
  await assertReads(bytes, request(6, decodeTrack), names);
  assertEquals(encodeTrack(names.broadcast, names.track), hex(bytes));
  const info = async (reader: StreamReader) => decodeTrackInfo(await reader.message());
  await assertReads("06 00 01 5388 43e8", info, 1000);
  await assertReads(encodeTrackInfo(90_000).toHex(), info, 90_000);
  assertThrows(
    () => decodeTrackInfo(new ByteReader(hex("00 01 00 00"))),
    ProtocolError,
    "timescale is 0",
  );
});

Deno.test("group headers are read and written as other implementations do", async () => {
  const header = { subscription: 0, sequence: 5 };
  await assertReads("00 02 00 05", request(0, decodeGroupHeader), header);
  assertEquals(encodeGroupHeader(header), hex("00 02 00 05"));
  assertEquals(encodeFrameHeader(2), hex("02"));
  assertEquals(encodeFrameHeader(2, 5), hex("0a 02"));
  assertEquals(encodeFrameHeader(300, -1), hex("01 412c"));
});
