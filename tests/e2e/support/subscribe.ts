/**
 * An independent subscriber, run as a process of its own: `subscribe.ts <relay URL> <broadcast>`.
 *
 * It shares no code with what is tested: `@moq/net` over WebSocket. For every group of every
 * media track it prints one line of JSON, a {@linkcode ReceivedGroup}.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ReceivedGroup } from "./subscriber.ts";

// @moq/net would prefer WebTransport, whose streams do not end properly in Deno.
Reflect.deleteProperty(globalThis, "WebTransport");
// It writes notes to the console; standard output is for the groups alone.
console.debug = console.warn;
const { Connection, Path } = await import("@moq/net");

/** Where nothing is dropped for being late, in milliseconds. */
const LATENCY = 30_000;

const [url, broadcast] = Deno.args;
const connection = await Connection.connect(new URL(url!));
const consumer = connection.consume(Path.from(broadcast!));

const catalog = await consumer.track("catalog.json").subscribe().readJson() as {
  video: { renditions: Record<string, unknown> };
  audio: { renditions: Record<string, unknown> };
};
const tracks = [catalog.video, catalog.audio].flatMap(({ renditions }) => Object.keys(renditions));
await Promise.all(tracks.map(subscribe));

/** Receives every group of a track, several at a time. */
async function subscribe(track: string): Promise<void> {
  const options = { priority: 128, ordered: true, latencyMax: LATENCY };
  const subscriber = consumer.track(track).subscribe(options);
  while (true) {
    const group = await subscriber.recvGroup();
    if (!group) return;
    receive(track, group).catch((error) => {
      print({ track, group: group.sequence, frames: [], sha256: "", error: String(error) });
    });
  }
}

/** Reads a group to its end at once: what is not read promptly is evicted. */
async function receive(
  track: string,
  group: { sequence: number; readFrame(): Promise<{ payload: Uint8Array } | undefined> },
): Promise<void> {
  const frames: number[] = [];
  const hash = createHash("sha256");
  while (true) {
    const frame = await group.readFrame();
    if (!frame) break;
    frames.push(frame.payload.length);
    hash.update(frame.payload);
  }
  print({ track, group: group.sequence, frames, sha256: hash.digest("hex") });
}

function print(group: ReceivedGroup): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(group) + "\n"));
}
