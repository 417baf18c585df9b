import { assertEquals } from "@std/assert";
import { untilEnd } from "../../lib/archive/until_end.ts";
import type { Group } from "../../lib/moq/group.ts";

function group(sequence: number): Group {
  return { sequence, at: 0, frames: ReadableStream.from([]) };
}

Deno.test("untilEnd() ends quietly after what came before the failure, and tells of it", async () => {
  const failure = new Error("lost");
  async function* items() {
    yield group(1);
    throw failure;
  }
  const source = untilEnd(ReadableStream.from(items()), new AbortController().signal);
  assertEquals((await Array.fromAsync(source.groups)).length, 1);
  assertEquals(await source.ended, failure);
});

Deno.test("untilEnd() ends when told to, without waiting for the next group", async () => {
  const stop = new AbortController();
  const source = untilEnd(new ReadableStream(), stop.signal);
  const read = Array.fromAsync(source.groups);
  stop.abort();
  assertEquals(await read, []);
  assertEquals(await source.ended, undefined);
});

Deno.test("untilEnd() bears to be told to end just as the groups do by themselves", async () => {
  for (let ticks = 0; ticks < 10; ++ticks) {
    const stop = new AbortController();
    const groups = new ReadableStream<Group>({
      async pull(controller) {
        await null;
        controller.close();
      },
    });
    const source = untilEnd(groups, stop.signal);
    const read = Array.fromAsync(source.groups);
    for (let i = 0; i < ticks; ++i) await null;
    stop.abort();
    assertEquals(await read, []);
    assertEquals(await source.ended, undefined);
  }
});
