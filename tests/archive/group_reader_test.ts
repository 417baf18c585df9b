import { assertEquals } from "@std/assert";
import type { OrderedGroup } from "../../lib/archive/group_order.ts";
import { GroupReader, type GroupReaderOptions } from "../../lib/archive/group_reader.ts";
import type { FramePart } from "../../lib/moq/group.ts";

const NEVER = new AbortController().signal;

/** A group that goes on as the test says. */
function open(options: Partial<GroupReaderOptions> = {}, superseded = NEVER) {
  let parts!: ReadableStreamDefaultController<FramePart>;
  const frames = new ReadableStream<FramePart>({
    start: (controller) => void (parts = controller),
  });
  const group: OrderedGroup = { sequence: 0, at: 0, late: false, superseded, frames };
  return { parts, reader: new GroupReader(group, { cutoff: NEVER, idle: 1, ...options }) };
}

Deno.test("GroupReader keeps a group open as long as nothing follows it", async () => {
  const { parts, reader } = open({ patience: 3 });
  for (let i = 0; i < 10; ++i) assertEquals(await reader.read(), { idle: true });
  parts.enqueue({ size: 0 });
  assertEquals(await reader.read(), { part: { size: 0 } });
});

Deno.test("GroupReader gives a group up that later ones have overtaken and that stands still", async () => {
  const later = new AbortController();
  const { parts, reader } = open({ patience: 3 }, later.signal);
  for (let i = 0; i < 5; ++i) assertEquals(await reader.read(), { idle: true });
  later.abort();
  assertEquals(await reader.read(), { idle: true });
  assertEquals(await reader.read(), { idle: true });
  parts.enqueue({ size: 0 });
  assertEquals(await reader.read(), { part: { size: 0 } });
  for (let i = 0; i < 2; ++i) assertEquals(await reader.read(), { idle: true });
  const event = await reader.read();
  assertEquals("cut" in event && event.cut.cause, "stalled");
});

Deno.test("GroupReader loses nothing that comes while nobody is reading", async () => {
  const { parts, reader } = open();
  assertEquals(await reader.read(), { idle: true });
  parts.enqueue({ size: 1 });
  parts.enqueue(Uint8Array.of(7));
  parts.close();
  // All that was on its way has arrived by now.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(await reader.read(), { part: { size: 1 } });
  assertEquals(await reader.read(), { part: Uint8Array.of(7) });
  assertEquals(await reader.read(), { end: true });
});

Deno.test("GroupReader cuts a group off at once when it has to", async () => {
  const cutoff = new AbortController();
  const { reader } = open({ cutoff: cutoff.signal, idle: 1e9 });
  const read = reader.read();
  cutoff.abort();
  const event = await read;
  assertEquals("cut" in event && event.cut.cause, "stopped");
});
