import { assert, assertEquals } from "@std/assert";
import { GroupOrder, type GroupOrderOptions } from "../../lib/archive/group_order.ts";
import type { DroppedGroups, Group } from "../../lib/moq/group.ts";

function group(sequence: number): Group {
  return { sequence, at: 0, frames: ReadableStream.from([]) };
}

/** What comes out, in short: "5" a group, "5?" a late one, "5-7 cause" missing ones. */
async function order(
  items: Iterable<Group | DroppedGroups> | AsyncIterable<Group | DroppedGroups>,
  options: GroupOrderOptions = {},
): Promise<string[]> {
  const out: string[] = [];
  for await (const item of ReadableStream.from(items).pipeThrough(new GroupOrder(options))) {
    if ("frames" in item) out.push(`${item.sequence}${item.late ? "?" : ""}`);
    else out.push(`${item.sequence}-${item.sequence + item.count - 1} ${item.cause}`);
  }
  return out;
}

Deno.test("GroupOrder leaves groups that are in order alone", async () => {
  assertEquals(await order([7, 8, 9].map(group)), ["7", "8", "9"]);
});

Deno.test("GroupOrder puts groups in order", async () => {
  assertEquals(await order([7, 9, 10, 8, 11].map(group)), ["7", "8", "9", "10", "11"]);
});

Deno.test("GroupOrder reports what never comes when the track ends", async () => {
  assertEquals(await order([1, 4, 5].map(group)), ["1", "2-3 missing", "4", "5"]);
});

Deno.test("GroupOrder gives up on a missing group after its patience", async () => {
  const second = Promise.withResolvers<void>();
  async function* items() {
    yield group(1);
    yield group(3);
    await second.promise;
    yield group(2);
  }
  const out: string[] = [];
  for await (
    const item of ReadableStream.from(items()).pipeThrough(new GroupOrder({ patience: 1 }))
  ) {
    out.push(
      "frames" in item ? `${item.sequence}${item.late ? "?" : ""}` : `${item.sequence} missing`,
    );
    if (out.length === 3) second.resolve();
  }
  assertEquals(out, ["1", "2 missing", "3", "2?"]);
});

Deno.test("GroupOrder gives up on a missing group while later ones keep coming", async () => {
  let gaveUp = false;
  async function* items() {
    yield group(1);
    // Each comes well within the patience that the missing group is given.
    for (let sequence = 3; !gaveUp && sequence < 1000; ++sequence) {
      yield group(sequence);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const options = { patience: 50, maxHeld: 10_000 };
  const out: number[] = [];
  for await (const item of ReadableStream.from(items()).pipeThrough(new GroupOrder(options))) {
    out.push(item.sequence);
    gaveUp ||= !("frames" in item);
  }
  assertEquals(out.slice(0, 3), [1, 2, 3]);
  assert(out.length < 500, `it took ${out.length} groups`);
});

Deno.test("GroupOrder holds no more groups than it may", async () => {
  const sequences = [0, ...Array.from({ length: 10 }, (_, i) => i + 2)];
  async function* items() {
    yield* sequences.map(group);
    await new Promise(() => {}); // Neither the end nor the clock may be what makes it give up.
  }
  const options = { maxHeld: 9, patience: 1e9 };
  const out = [];
  for await (const item of ReadableStream.from(items()).pipeThrough(new GroupOrder(options))) {
    out.push(item.sequence);
    if (out.length === 12) break;
  }
  assertEquals(out, [0, 1, ...sequences.slice(1)]);
});

Deno.test("GroupOrder tells what the publisher dropped from what is missing", async () => {
  const drop = { sequence: 3, count: 2, code: 2 };
  assertEquals(await order([group(1), drop, group(2), group(5), group(7)]), [
    "1",
    "2",
    "3-4 dropped",
    "5",
    "6-6 missing",
    "7",
  ]);
});

Deno.test("GroupOrder believes a group that comes rather than the notice that it was dropped", async () => {
  const drop = { sequence: 2, count: 1_000_000, code: 2 };
  assertEquals(await order([group(1), group(4), drop, group(3), group(5)]), [
    "1",
    "2-3 dropped",
    "4",
    "5-1000001 dropped",
    "3?",
    "5",
  ]);
});

Deno.test("GroupOrder gives the cause of a break to what is missing after it, and to nothing else", async () => {
  assertEquals(await order([8, 10].map(group), { next: 6, cause: "disconnected" }), [
    "6-7 disconnected",
    "8",
    "9-9 missing",
    "10",
  ]);
});

Deno.test("GroupOrder begins with an earlier group than expected: it is not late", async () => {
  assertEquals(await order([0, 1].map(group), { next: 100 }), ["0", "1"]);
});

Deno.test("GroupOrder gives a repeated group out as late", async () => {
  assertEquals(await order([5, 6, 5, 8, 8, 7].map(group)), ["5", "6", "5?", "8?", "7", "8"]);
});

Deno.test("GroupOrder marks a group as superseded when a later one is known", async () => {
  const states: boolean[] = [];
  const source = new TransformStream<Group>();
  const reader = source.readable.pipeThrough(new GroupOrder()).getReader();
  const writer = source.writable.getWriter();
  await writer.write(group(1));
  const { value } = await reader.read();
  const first = (value as { superseded: AbortSignal }).superseded;
  states.push(first.aborted);
  await writer.write(group(2));
  await reader.read();
  states.push(first.aborted);
  await Promise.all([writer.close(), reader.read()]);
  assertEquals(states, [false, true]);
});

Deno.test("GroupOrder reports at the end what was dropped after the last group", async () => {
  const drops = [{ sequence: 7, count: 2, code: 2 }, { sequence: 4, count: 1, code: 2 }];
  assertEquals(await order([group(1), ...drops, group(2)]), [
    "1",
    "2",
    "3-3 missing",
    "4-4 dropped",
    "5-6 missing",
    "7-8 dropped",
  ]);
  assertEquals(await order([{ sequence: 7, count: 2, code: 2 }]), ["7-8 dropped"]);
});

Deno.test("GroupOrder marks the last group as superseded when the track ends", async () => {
  const reader = ReadableStream.from([group(1)]).pipeThrough(new GroupOrder()).getReader();
  const { value } = await reader.read();
  await reader.read();
  assert((value as { superseded: AbortSignal }).superseded.aborted);
});
