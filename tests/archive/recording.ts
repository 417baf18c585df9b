/** Recordings to test from outside: what goes in is published, what comes out is read. */

import { recordBroadcast } from "../../lib/archive/record_broadcast.ts";
import { MemoryStore } from "../../lib/cas/memory_store.ts";
import { createLogger } from "../../lib/log.ts";
import { ManifestReader } from "../../lib/manifest/reader.ts";
import type { ManifestRecord, RunRecord, SpanRecord } from "../../lib/manifest/record.ts";
import type { TrackWriter } from "../../lib/moq/broadcast.ts";
import { fragment } from "../support/fmp4.ts";
import type { TestOrigin } from "../support/origin.ts";
import { until } from "../support/until.ts";

/** Where to record from. */
export type Relay = Pick<TestOrigin, "url" | "dial">;

/** Options of {@linkcode Recording.start}. */
export interface RecordingOptions {
  /** @default {"news"} */
  broadcast?: string;
  /** The tracks to record. */
  tracks?: string[];
}

/** A recording that goes on until it is disposed of. */
export class Recording implements AsyncDisposable {
  readonly store = new MemoryStore();
  readonly manifestDir: string;
  readonly lines: string[] = [];
  readonly #stop = new AbortController();
  /** Rejects when recording fails. */
  readonly done: Promise<void>;

  readonly #broadcast: string;

  private constructor(origin: Relay, manifestDir: string, options: RecordingOptions) {
    const { broadcast = "news", tracks } = options;
    this.manifestDir = manifestDir;
    this.#broadcast = broadcast;
    this.done = recordBroadcast({
      relay: origin.url,
      broadcast,
      ...(tracks && { tracks }),
      store: this.store,
      manifestDir,
      dial: origin.dial,
      stop: this.#stop.signal,
      log: createLogger({ level: "debug", write: (line) => this.lines.push(line) }),
    });
    this.done.catch(() => {});
  }

  static async start(origin: Relay, options: RecordingOptions = {}): Promise<Recording> {
    return new Recording(origin, await Deno.makeTempDir(), options);
  }

  async records(track: string): Promise<ManifestRecord[]> {
    const broadcast = this.#broadcast;
    const reader = new ManifestReader({ root: this.manifestDir, broadcast, track });
    return await Array.fromAsync(reader.read());
  }

  async spans(track: string): Promise<SpanRecord[]> {
    return (await this.records(track)).filter((record) => record.kind === "span");
  }

  async runs(track: string): Promise<RunRecord[]> {
    return (await this.records(track)).filter((record) => record.kind === "run");
  }

  /** Waits for so many spans of a track. */
  async recorded(track: string, count: number): Promise<SpanRecord[]> {
    await until(
      `${count} spans of ${track}; the log says:\n${this.lines.join("\n")}`,
      async () => (await this.spans(track)).length >= count,
    );
    return await this.spans(track);
  }

  /** Waits for a line of the log. */
  async logged(pattern: RegExp): Promise<void> {
    await until(`${pattern}`, () => Promise.resolve(this.lines.some((line) => pattern.test(line))));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }

  async remove(): Promise<void> {
    await Deno.remove(this.manifestDir, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.remove();
  }
}

/** Publishes a whole group. */
export function write(track: TrackWriter, ...frames: Uint8Array[]): void {
  const group = track.createGroup();
  for (const frame of frames) group.write(frame);
  group.close();
}

/** A GOP of two seconds that starts so many seconds in. */
export function gop(start: number): Uint8Array {
  return fragment({ time: start * 90_000, duration: 90_000, samples: [500, 300] });
}
