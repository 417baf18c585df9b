/** What a recording leaves behind in memory when it goes on for long. */

import { assert, assertEquals } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { OrderedGroup } from "../../lib/archive/group_order.ts";
import { GroupReader } from "../../lib/archive/group_reader.ts";
import { Runs } from "../../lib/archive/run.ts";
import type { TrackMedia } from "../../lib/archive/track_media.ts";
import { TrackRecorder } from "../../lib/archive/track_recorder.ts";
import type { ObjectStore } from "../../lib/cas/store.ts";
import { createLogger } from "../../lib/log.ts";
import type { FramePart, Group } from "../../lib/moq/group.ts";
import { fragment } from "../support/fmp4.ts";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

/** Bytes on the heap that are still in use. */
function heap(): number {
  gc();
  return Deno.memoryUsage().heapUsed;
}

/** A signal that counts its listeners. */
function countingSignal(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners += 1;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners -= 1;
    removeEventListener.apply(signal, args);
  };
  return { signal, listeners: () => listeners };
}

/** Takes everything and keeps nothing. */
const sink: Pick<ObjectStore, "put"> = {
  async put(bytes) {
    let size = 0;
    for await (const chunk of bytes) size += chunk.length;
    return { digest: "0".repeat(64), size, existed: false };
  },
};

Deno.test("TrackRecorder does not grow with the number of groups", async () => {
  const manifestDir = await Deno.makeTempDir();
  const recorder = new TrackRecorder({
    broadcast: "news",
    track: "audio",
    relay: "https://relay.example/",
    store: sink as ObjectStore,
    manifestDir,
    runs: new Runs(),
    log: createLogger({ write: () => {} }),
  });
  const media: TrackMedia = { role: "audio", container: "cmaf", timescale: 50 };
  const count = 20_000;
  const heaps: number[] = [];
  async function* groups(): AsyncGenerator<Group> {
    for (let sequence = 0; sequence < count; ++sequence) {
      if (sequence % 5000 === 2500) heaps.push(heap());
      const frame = fragment({ time: sequence, duration: 1 });
      const parts: FramePart[] = [{ size: frame.length }, frame];
      // Some never come.
      if (sequence % 1000 === 7) continue;
      yield { sequence, at: Date.now(), frames: ReadableStream.from(parts) };
    }
  }
  const signals = [countingSignal(), countingSignal(), countingSignal()] as const;
  const [stop, cutoff, lost] = signals.map(({ signal }) => signal) as [
    AbortSignal,
    AbortSignal,
    AbortSignal,
  ];
  await recorder.record(
    { timescale: undefined, groups: ReadableStream.from(groups()), close: () => {} },
    { protocol: "moq-lite-05", media: () => media, stop, cutoff, lost },
  );
  await recorder.close();
  assertEquals(recorder.stats.groups, count - count / 1000);
  assertEquals(recorder.stats.gaps, count / 1000);
  assertEquals(signals.map(({ listeners }) => listeners()), [0, 0, 0]);
  const growth = heaps.at(-1)! - heaps[1]!;
  assert(growth < 2_000_000, `the heap grew by ${growth} bytes over ${count / 2} groups`);
  await Deno.remove(manifestDir, { recursive: true });
});

Deno.test("GroupReader does not grow with the time that a group stands still", async () => {
  const cutoff = countingSignal();
  const group: OrderedGroup = {
    sequence: 0,
    at: 0,
    late: false,
    superseded: new AbortController().signal,
    frames: new ReadableStream(),
  };
  const reader = new GroupReader(group, { cutoff: cutoff.signal, idle: 0 });
  const rest = async () => {
    for (let i = 0; i < 500; ++i) await reader.read();
    return heap();
  };
  await rest();
  const before = await rest();
  const growth = await rest() - before;
  assert(growth < 100_000, `the heap grew by ${growth} bytes`);
  assertEquals(cutoff.listeners(), 0);
});
