import { assertEquals, assertRejects } from "@std/assert";
import { SessionError, StreamResetError } from "../../lib/transport/error.ts";
import { fromHttp3, toHttp3 } from "../../lib/transport/error_code.ts";
import { readableFrom, writableTo } from "../../lib/transport/quic_stream.ts";
import { byteStream, pattern, readAll } from "./support.ts";

// Deno cannot send RESET_STREAM, nor STOP_SENDING with a code, so the streams that receive them here are
// stand-ins that fail as Deno's do.
const reset = (code: number) =>
  new Deno.errors.ConnectionReset(`stream reset by peer: error ${code}`);
const stopped = (code: number) =>
  new Deno.errors.ConnectionReset(`sending stopped by peer: error ${code}`);

function failing(error: Error): ReadableStream<Uint8Array> {
  return new ReadableStream({ type: "bytes", pull: (controller) => controller.error(error) });
}

Deno.test("readableFrom() maps the code of a reset back", async () => {
  for (const [wire, code] of [[toHttp3(26), 26], [toHttp3(0xffffffff), 0xffffffff], [0x10c, 0]]) {
    for (const mode of [undefined, "byob"] as const) {
      const stream = readableFrom(failing(reset(wire!)), fromHttp3);
      const reading = mode
        ? stream.getReader({ mode }).read(new Uint8Array(1))
        : stream.getReader().read();
      const error = await assertRejects(() => reading, StreamResetError);
      assertEquals(error.code, code);
    }
  }
});

Deno.test("readableFrom() leaves codes alone where they are the application's own", async () => {
  const stream = readableFrom(failing(reset(2)), (code) => code);
  assertEquals((await assertRejects(() => readAll(stream), StreamResetError)).code, 2);
});

Deno.test("readableFrom() delivers what came before a reset", async () => {
  let sent = false;
  const source = new ReadableStream<Uint8Array>({
    type: "bytes",
    pull(controller) {
      if (sent) return controller.error(reset(toHttp3(24)));
      controller.enqueue(pattern(100));
      sent = true;
      return;
    },
  });
  const reader = readableFrom(source, fromHttp3).getReader();
  assertEquals((await reader.read()).value, pattern(100));
  assertEquals((await assertRejects(() => reader.read(), StreamResetError)).code, 24);
});

Deno.test("readableFrom() fails with SessionError on anything else", async () => {
  const lost = new Deno.errors.NotConnected("connection lost");
  await assertRejects(() => readAll(readableFrom(failing(lost), fromHttp3)), SessionError);
});

Deno.test("readableFrom() copies large chunks through whole", async () => {
  assertEquals(
    await readAll(readableFrom(byteStream(pattern(200_000)), fromHttp3)),
    pattern(200_000),
  );
});

Deno.test("readableFrom() passes a cancellation on", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const source = new ReadableStream<Uint8Array>({ type: "bytes", cancel: cancelled.resolve });
  const reader = readableFrom(source, fromHttp3).getReader({ mode: "byob" });
  const pending = reader.read(new Uint8Array(10));
  await reader.cancel("enough");
  assertEquals((await pending).done, true);
  assertEquals(await cancelled.promise, "enough");
});

Deno.test("writableTo() maps the code of STOP_SENDING back", async () => {
  const sink = new WritableStream<Uint8Array>({
    write: () => Promise.reject(stopped(toHttp3(13))),
  });
  const writer = writableTo(sink, fromHttp3).getWriter();
  writer.closed.catch(() => {});
  assertEquals((await assertRejects(() => writer.write(pattern(1)), StreamResetError)).code, 13);
});
