import { assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../lib/moq/error.ts";
import { StreamReader } from "../../lib/moq/stream_reader.ts";
import { hex, splits } from "../support/bytes.ts";

Deno.test("StreamReader reads integers and messages, and hands on the rest", async () => {
  for (const chunks of splits(hex("40 25 03 01 02 03 aa bb cc"))) {
    const reader = new StreamReader(ReadableStream.from(chunks));
    assertEquals(await reader.varint(), 0x25);
    assertEquals((await reader.message()).rest(), hex("01 02 03"));
    assertEquals(await new Response(reader.body()).bytes(), hex("aa bb cc"));
  }
});

Deno.test("StreamReader passes over empty chunks", async () => {
  const reader = new StreamReader(ReadableStream.from([hex(""), hex("07"), hex("")]));
  assertEquals(await reader.done(), false);
  assertEquals(await reader.varint(), 7);
  assertEquals(await reader.done(), true);
});

Deno.test("StreamReader asks byte streams for 16 KiB, and for nothing ahead of time", async () => {
  const asked: number[] = [];
  const reader = new StreamReader(
    new ReadableStream({
      type: "bytes",
      pull(controller) {
        const view = controller.byobRequest!.view!;
        asked.push(view.byteLength);
        new Uint8Array(view.buffer)[0] = 5;
        controller.byobRequest!.respond(1);
      },
    }),
  );
  assertEquals(await reader.varint(), 5);
  const body = reader.body().getReader();
  assertEquals(asked, [16384]);
  assertEquals((await body.read()).value, hex("05"));
  assertEquals(asked, [16384, 16384]);
  await body.cancel();
});

Deno.test("StreamReader rejects what ends early or is too large", async () => {
  const read = (bytes: string) => new StreamReader(ReadableStream.from([hex(bytes)]));
  await assertRejects(() => read("40").varint(), ProtocolError, "ends within a message");
  await assertRejects(() => read("").varint(), ProtocolError, "ends within a message");
  await assertRejects(() => read("02 00").message(), ProtocolError, "ends within a message");
  await assertRejects(() => read("c020000000000000").varint(), ProtocolError, "exceeds 2^53 - 1");
  await assertRejects(() => read("05").message(4), ProtocolError, "5 bytes, limit is 4");
});
