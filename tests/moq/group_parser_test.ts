import { assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../lib/moq/error.ts";
import type { FramePart } from "../../lib/moq/group.ts";
import { GroupParser, type GroupParserOptions } from "../../lib/moq/group_parser.ts";
import { hex, splits } from "../support/bytes.ts";

/** A frame put together again. */
type Frame = { size: number; timestamp?: number; payload: string };

async function frames(chunks: Uint8Array[], options?: GroupParserOptions): Promise<Frame[]> {
  const parts = ReadableStream.from(chunks).pipeThrough(new GroupParser(options));
  const frames: Frame[] = [];
  const decoder = new TextDecoder();
  for await (const part of parts as ReadableStream<FramePart>) {
    if (part instanceof Uint8Array) frames.at(-1)!.payload += decoder.decode(part);
    else frames.push({ ...part, payload: "" });
  }
  for (const frame of frames) assertEquals(frame.payload.length, frame.size);
  return frames;
}

Deno.test("GroupParser reads the frames of moq-lite-01 to -04 however they are split", async () => {
  for (const chunks of splits(hex("02 6869 03 796f75"))) {
    assertEquals(await frames(chunks), [
      { size: 2, payload: "hi" },
      { size: 3, payload: "you" },
    ]);
  }
});

Deno.test("GroupParser reads the frames of moq-lite-05 however they are split", async () => {
  for (const chunks of splits(hex("0a 02 6869 04 03 796f75"))) {
    assertEquals(await frames(chunks, { timestamps: true }), [
      { size: 2, timestamp: 5, payload: "hi" },
      { size: 3, timestamp: 7, payload: "you" },
    ]);
  }
});

Deno.test("GroupParser reads varints of every length and timestamps that go back", async () => {
  // +2^40 (8 bytes), then -1 (a one), then -300 (two bytes); sizes in 1, 2, 4 and 8 bytes.
  const bytes = hex("c000020000000000 00  01 4001 61  4257 80000001 62  00 c000000000000001 63");
  for (const chunks of splits(bytes)) {
    assertEquals(await frames(chunks, { timestamps: true }), [
      { size: 0, timestamp: 2 ** 40, payload: "" },
      { size: 1, timestamp: 2 ** 40 - 1, payload: "a" },
      { size: 1, timestamp: 2 ** 40 - 301, payload: "b" },
      { size: 1, timestamp: 2 ** 40 - 301, payload: "c" },
    ]);
  }
});

Deno.test("GroupParser reads empty frames and empty groups", async () => {
  assertEquals(await frames([]), []);
  assertEquals(await frames([hex("00 00")]), [{ size: 0, payload: "" }, { size: 0, payload: "" }]);
});

Deno.test("GroupParser passes payload on as views, before the frame is complete", async () => {
  const parser = new GroupParser();
  const writer = parser.writable.getWriter();
  const reader = parser.readable.getReader();
  const chunk = hex("05 6162");
  writer.write(chunk);
  assertEquals((await reader.read()).value, { size: 5 });
  const payload = (await reader.read()).value as Uint8Array;
  assertEquals(payload, hex("6162"));
  assertEquals(payload.buffer, chunk.buffer);
  await reader.cancel();
});

Deno.test("GroupParser errors when the stream ends within a frame", async () => {
  for (
    const [bytes, timestamps, frame] of [
      ["40", false, 0],
      ["02 61", false, 0],
      ["00 01", false, 1],
      ["0a", true, 0],
      ["0a 01 61 02 40", true, 1],
    ] as const
  ) {
    await assertRejects(
      () => frames([hex(bytes)], { timestamps }),
      ProtocolError,
      `Cannot read group: stream ends within frame ${frame}`,
    );
  }
});

Deno.test("GroupParser errors when a limit is exceeded, before any payload", async () => {
  await assertRejects(
    () => frames([hex("04")], { maxFrameSize: 3 }),
    ProtocolError,
    "frame 0 is 4 bytes, limit is 3",
  );
  await assertRejects(
    () => frames([hex("02 6161 02")], { maxGroupSize: 3 }),
    ProtocolError,
    "frame 1 makes it 4 bytes, limit is 3",
  );
  await assertRejects(
    () => frames([hex("00 00 00")], { maxFrames: 2 }),
    ProtocolError,
    "frame 2 exceeds the limit of 2 frames",
  );
  await assertRejects(() => frames([hex("ffffffffffffffff")]), ProtocolError, "exceeds 2^53 - 1");
  await assertRejects(() => frames([hex("84000001")]), ProtocolError, "limit is 67108864");
});

Deno.test("GroupParser errors on timestamps below zero or beyond safe integers", async () => {
  await assertRejects(
    () => frames([hex("01 00")], { timestamps: true }),
    ProtocolError,
    "frame 0 has a timestamp outside of 0..2^53-1",
  );
  await assertRejects(
    () => frames([hex(`${"c01ffffffffffffe 00".repeat(3)}`)], { timestamps: true }),
    ProtocolError,
    "frame 2 has a timestamp outside of 0..2^53-1",
  );
});
