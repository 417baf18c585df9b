import { assert, assertEquals } from "@std/assert";
import { toBytes } from "@std/streams";
import { Continuity } from "../../lib/archive/continuity.ts";
import type { MissingGroups, OrderedGroup } from "../../lib/archive/group_order.ts";
import { Runs } from "../../lib/archive/run.ts";
import type { SpanContent, SpanItem } from "../../lib/archive/span.ts";
import { SpanStream } from "../../lib/archive/span_stream.ts";
import type { TrackMedia } from "../../lib/archive/track_media.ts";
import { ProtocolError } from "../../lib/moq/error.ts";
import type { FramePart } from "../../lib/moq/group.ts";
import { StreamResetError } from "../../lib/transport/error.ts";
import { fragment } from "../support/fmp4.ts";

const TIMESCALE = 1000;
const MEDIA: TrackMedia = { role: "video", container: "cmaf", timescale: TIMESCALE };
const DATA: TrackMedia = { role: "data", container: "raw" };
const NEVER = new AbortController().signal;

/** A group of these frames; an error among them is how it ends. */
function group(sequence: number, frames: (Uint8Array | Error)[], late = false): OrderedGroup {
  async function* parts(): AsyncGenerator<FramePart> {
    for (const frame of frames) {
      if (frame instanceof Error) throw frame;
      yield { size: frame.length };
      for (let i = 0; i < frame.length; i += 50_000) yield frame.subarray(i, i + 50_000);
    }
  }
  const stream = ReadableStream.from(parts());
  return { sequence, at: Date.now(), late, superseded: NEVER, frames: stream };
}

/** A group of one fragment, in seconds. */
function media(sequence: number, time: number, duration: number, size = 100): OrderedGroup {
  const samples = [size];
  const [start, length] = [Math.round(time * TIMESCALE), Math.round(duration * TIMESCALE)];
  return group(sequence, [fragment({ time: start, duration: length, samples })]);
}

interface Out extends SpanContent {
  bytes: Uint8Array;
}

/** Everything that comes out, spans with their bytes. */
async function spans(
  items: Iterable<OrderedGroup | MissingGroups> | AsyncIterable<OrderedGroup | MissingGroups>,
  options: { media?: TrackMedia; cutoff?: AbortSignal; onMalformed?: () => void } = {},
): Promise<(Out | Exclude<SpanItem, { bytes: unknown }>)[]> {
  const out = [];
  const stream = new SpanStream({
    media: () => options.media ?? MEDIA,
    continuity: new Continuity(new Runs()),
    cutoff: options.cutoff ?? NEVER,
    ...(options.onMalformed && { onMalformed: options.onMalformed }),
  });
  for await (const item of ReadableStream.from(items).pipeThrough(stream)) {
    if (!("bytes" in item)) out.push(item);
    else {
      const bytes = await toBytes(item.bytes);
      out.push({ ...await item.content, bytes });
    }
  }
  return out;
}

/** Which groups ended up together, e.g. ["0-3", "4"]. */
async function cuts(groups: OrderedGroup[], options?: { media: TrackMedia }): Promise<string[]> {
  return (await spans(groups, options)).map((span) => {
    assert("bytes" in span);
    return span.groups === 1 ? `${span.group}` : `${span.group}-${span.group + span.groups - 1}`;
  });
}

Deno.test("SpanStream makes a span of each group that lasts a second", async () => {
  assertEquals(await cuts([media(3, 6, 2), media(4, 8, 2), media(5, 10, 1)]), ["3", "4", "5"]);
});

Deno.test("SpanStream gathers short groups until media time crosses a multiple of 2 s", async () => {
  const groups = Array.from({ length: 12 }, (_, i) => media(i, 1 + i / 2, 0.5));
  assertEquals(await cuts(groups), ["0-1", "2-5", "6-9", "10-11"]);
});

Deno.test("SpanStream cuts at the same groups wherever it begins", async () => {
  const groups = (from: number) =>
    Array.from({ length: 200 }, (_, i) => media(i, i * 0.0213, 0.0213)).slice(from);
  const all = await cuts(groups(0));
  const some = await cuts(groups(50));
  assertEquals(some.slice(1), all.slice(1));
});

Deno.test("SpanStream keeps a long group apart from the short ones around it", async () => {
  const groups = [media(0, 0, 0.3), media(1, 0.3, 0.3), media(2, 0.6, 1), media(3, 1.6, 0.2)];
  assertEquals(await cuts(groups), ["0-1", "2", "3"]);
});

Deno.test("SpanStream cuts groups without media time by their sequence numbers", async () => {
  const groups = Array.from({ length: 130 }, (_, i) => group(i + 10, [Uint8Array.of(i)]));
  assertEquals(await cuts(groups, { media: DATA }), ["10-63", "64-127", "128-139"]);
});

Deno.test("SpanStream lets no gathered span exceed 1 MiB", async () => {
  const groups = Array.from({ length: 9 }, (_, i) => media(i, i / 10, 0.1, 200_000));
  assertEquals(await cuts(groups), ["0-4", "5-8"]);
});

Deno.test("SpanStream concatenates payloads and keeps the frame table", async () => {
  const first = [fragment({ time: 0, duration: 100 }), fragment({ time: 100, duration: 100 })];
  const second = [fragment({ time: 200, duration: 100, samples: [7] })];
  const [span] = await spans([group(8, first), group(9, second)]);
  assert(span && "bytes" in span);
  assertEquals(span.bytes, await toBytes(ReadableStream.from([...first, ...second])));
  assertEquals(span.frames, [first.map((f) => f.length), second.map((f) => f.length)]);
  assertEquals([span.group, span.groups, span.time, span.duration, span.key], [8, 2, 0, 300, true]);
});

Deno.test("SpanStream lets a large group flow, whatever its size", async () => {
  const frame = fragment({ time: 4000, duration: 100, samples: [3_000_000], fill: 7 });
  const [span, ...rest] = await spans([group(1, [frame])]);
  assert(span && "bytes" in span);
  assertEquals(span.bytes, frame);
  assertEquals(span.frames, [[frame.length]]);
  assertEquals([span.time, span.duration], [4000, 100]);
  assertEquals(rest, []);
});

for (const size of [100, 400_000]) {
  Deno.test(`SpanStream keeps what there is of a group of ${size} bytes that is reset`, async () => {
    const frames = [
      fragment({ time: 0, duration: 2000, samples: [size] }),
      new StreamResetError(26),
    ];
    const [span, gap, next] = await spans([group(1, frames), media(2, 2, 2)]);
    assert(span && "bytes" in span);
    assertEquals(span.partial, true);
    assertEquals(span.bytes, frames[0] as Uint8Array);
    assert(gap && "cause" in gap);
    assertEquals([gap.sequence, gap.count, gap.cause, gap.code], [1, 1, "reset", 26]);
    assert(next && "bytes" in next);
    assertEquals([next.group, next.partial], [2, undefined]);
  });
}

Deno.test("SpanStream reports a group of which nothing came", async () => {
  const out = await spans([group(1, [new StreamResetError(0)])]);
  assertEquals(out.map((item) => "cause" in item && item.cause), ["reset"]);
});

Deno.test("SpanStream tells nonsense from resets and lost connections", async () => {
  const out = await spans([
    group(1, [new ProtocolError("Cannot read group: …")]),
    group(2, [new Error("connection lost")]),
  ]);
  assertEquals(out.map((item) => "cause" in item && item.cause), ["invalid", "disconnected"]);
});

Deno.test("SpanStream closes the gathered span before a gap and passes it on", async () => {
  const gap: MissingGroups = { sequence: 2, count: 1, cause: "missing" };
  const out = await spans([media(1, 0, 0.1), gap, media(3, 0.2, 0.1)]);
  assertEquals(out.map((item) => "bytes" in item ? item.group : item), [1, gap, 3]);
});

Deno.test("SpanStream counts a group that was cut off as missing only once", async () => {
  const cut = () => group(1, [new StreamResetError(0)]);
  const gap = (sequence: number, count: number): MissingGroups => ({
    sequence,
    count,
    cause: "disconnected",
  });
  const out = await spans([cut(), gap(1, 3), media(4, 8, 2)]);
  assertEquals(out.map((item) => "cause" in item && [item.sequence, item.count]), [
    [1, 1],
    [2, 2],
    false,
  ]);
  assertEquals((await spans([cut(), gap(1, 1)])).length, 1);
});

Deno.test("SpanStream drops the last group when it comes again", async () => {
  assertEquals(await cuts([media(1, 2, 2), media(1, 2, 2), media(2, 4, 2)]), ["1", "2"]);
});

Deno.test("SpanStream marks late groups and keeps them apart", async () => {
  const late = { ...media(1, 0.1, 0.1), late: true };
  const out = await spans([media(2, 0.2, 0.1), late, media(3, 0.3, 0.1)]);
  assertEquals(out.map((item) => "bytes" in item && [item.group, item.late]), [
    [2, undefined],
    [1, true],
    [3, undefined],
  ]);
});

Deno.test("SpanStream stores what there is of a group that stays open", async () => {
  const more = Promise.withResolvers<void>();
  async function* parts(): AsyncGenerator<FramePart> {
    yield { size: 1 };
    yield Uint8Array.of(1);
    await more.promise;
    yield { size: 2 };
    yield Uint8Array.of(2, 3);
  }
  const frames = ReadableStream.from(parts());
  const open: OrderedGroup = { sequence: 5, at: 0, late: false, superseded: NEVER, frames };
  const stream = new SpanStream({
    media: () => DATA,
    continuity: new Continuity(new Runs()),
    cutoff: NEVER,
  });
  const contents: SpanContent[] = [];
  for await (const item of ReadableStream.from([open]).pipeThrough(stream)) {
    assert("bytes" in item);
    await item.bytes.cancel();
    contents.push(await item.content);
    more.resolve();
  }
  assertEquals(contents, [
    { group: 5, groups: 1, frames: [[1]], open: true },
    { group: 5, groups: 1, frames: [[2]], frame: 1 },
  ]);
});

Deno.test("SpanStream cuts the group it is reading when it has to end", async () => {
  const cutoff = new AbortController();
  async function* parts(): AsyncGenerator<FramePart> {
    const frame = fragment({ time: 0, duration: 100 });
    yield { size: frame.length };
    yield frame;
    cutoff.abort();
    await new Promise(() => {});
  }
  const frames = ReadableStream.from(parts());
  const endless: OrderedGroup = { sequence: 5, at: 0, late: false, superseded: NEVER, frames };
  const [span, gap] = await spans([endless], { cutoff: cutoff.signal });
  assert(span && "bytes" in span && span.partial);
  assert(gap && "cause" in gap);
  assertEquals(gap.cause, "stopped");
});

Deno.test("SpanStream takes a span to last until the furthest of its groups ends", async () => {
  const [span] = await spans([media(0, 1.5, 0.4), media(1, 1.2, 0.1)]);
  assert(span && "bytes" in span);
  assertEquals([span.groups, span.time, span.duration], [2, 1500, 400]);
});

Deno.test("SpanStream takes groups that do not say how long they last to last until the next", async () => {
  const groups = [media(0, 1, 0), media(1, 1.5, 0), media(2, 2.1, 0), media(4, 4.1, 0)];
  const out = await spans(groups);
  assertEquals(out.map((span) => "bytes" in span && [span.group, span.time, span.duration]), [
    [0, 1000, 1100],
    [2, 2100, undefined], // A group is missing after it.
    [4, 4100, undefined],
  ]);
});

Deno.test("SpanStream keeps groups without frames and frames without bytes", async () => {
  const out = await spans([
    group(0, []),
    group(1, [new Uint8Array()]),
    group(2, [Uint8Array.of(1)]),
  ], {
    media: DATA,
  });
  assertEquals(out.map((span) => "bytes" in span && [span.group, span.groups, span.frames]), [
    [0, 3, [[], [0], [1]]],
  ]);
});

Deno.test("SpanStream keeps wire timestamps though the first group has none", async () => {
  const stamped = (sequence: number, timestamps: number[]): OrderedGroup => ({
    ...group(sequence, []),
    frames: ReadableStream.from(timestamps.map((timestamp) => ({ size: 0, timestamp }))),
  });
  const [span] = await spans([stamped(0, []), stamped(1, [5, 6])], { media: DATA });
  assert(span && "bytes" in span);
  assertEquals(span.timestamps, [[], [5, 6]]);
});

Deno.test("SpanStream tells of media that makes no sense, and keeps it", async () => {
  let told = 0;
  const nonsense = Uint8Array.of(0, 0, 0, 3, 1, 2, 3, 4, 5);
  const out = await spans([group(0, [nonsense]), media(1, 2, 2)], { onMalformed: () => ++told });
  assertEquals(out.map((span) => "bytes" in span && span.group), [0, 1]);
  assertEquals(told, 1);
});

/** A group that goes on as the test says. */
function endless(sequence: number) {
  let parts!: ReadableStreamDefaultController<FramePart>;
  let cancelled = false;
  const frames = new ReadableStream<FramePart>({
    start: (controller) => void (parts = controller),
    cancel: () => void (cancelled = true),
  });
  const of: OrderedGroup = { sequence, at: 0, late: false, superseded: NEVER, frames };
  return { group: of, parts, isCancelled: () => cancelled };
}

for (const size of [10, 400_000]) {
  Deno.test(`SpanStream lets go of a group of ${size} bytes when nobody wants its spans`, async () => {
    const { group, parts, isCancelled } = endless(0);
    const stream = new SpanStream({
      media: () => MEDIA,
      continuity: new Continuity(new Runs()),
      cutoff: NEVER,
    });
    const piping = ReadableStream.from([media(9, 0, 1), group]).pipeTo(stream.writable)
      .catch(() => {});
    const reader = stream.readable.getReader();
    await reader.read();
    parts.enqueue({ size });
    parts.enqueue(new Uint8Array(size));
    // The group is being taken in by now, or waits for a reader of its bytes.
    await new Promise((resolve) => setTimeout(resolve));
    await reader.cancel();
    await piping;
    for (let i = 0; !isCancelled() && i < 100; ++i) await new Promise((r) => setTimeout(r));
    assert(isCancelled());
  });
}

Deno.test("SpanStream stores an open group no faster than its spans are taken", async () => {
  const { group, parts } = endless(0);
  const stream = new SpanStream({
    media: () => DATA,
    continuity: new Continuity(new Runs()),
    cutoff: NEVER,
  });
  const piping = ReadableStream.from([group]).pipeTo(stream.writable);
  // A frame each time that the group has come to rest.
  for (let i = 0; i < 4; ++i) {
    parts.enqueue({ size: 1 });
    parts.enqueue(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 1050));
  }
  parts.close();
  let [taken, frames] = [0, 0];
  for await (const item of stream.readable) {
    assert("bytes" in item);
    await item.bytes.cancel();
    taken += 1;
    frames += (await item.content).frames[0]!.length;
  }
  await piping;
  assertEquals(frames, 4);
  assert(taken <= 3, `${taken} spans were waiting`);
});
