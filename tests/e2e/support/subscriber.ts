/** What an independent subscriber of the same relay received. */

import { TextLineStream } from "@std/streams";
import { Process } from "../../support/process.ts";
import type { Relay } from "./relay.ts";
import { until } from "../../support/until.ts";

/** A group as the independent subscriber saw it. */
export interface ReceivedGroup {
  track: string;
  group: number;
  /** Lengths of its frames in bytes. */
  frames: number[];
  /** SHA-256 of the concatenated payloads, in hex. */
  sha256: string;
  /** Why the group was not received whole. */
  error?: string;
}

/** A running independent subscriber (see subscribe.ts). */
export class Subscriber implements AsyncDisposable {
  readonly #process: Process;
  readonly #tracks = new Map<string, Map<number, ReceivedGroup>>();
  readonly #reading: Promise<void>;

  private constructor(process: Process) {
    this.#process = process;
    this.#reading = this.#read();
  }

  /** Subscribes to all media tracks and waits until the first group of each has arrived. */
  static async start(
    { relay, broadcast }: { relay: Relay; broadcast: string },
  ): Promise<Subscriber> {
    const script = new URL("./subscribe.ts", import.meta.url).pathname;
    const subscriber = new Subscriber(
      new Process("independent subscriber", Deno.execPath(), {
        args: ["run", "-A", script, relay.url, broadcast],
        stdout: "piped",
      }),
    );
    try {
      await until("the first groups", () => Promise.resolve(subscriber.tracks.length === 2));
      return subscriber;
    } catch (error) {
      await subscriber[Symbol.asyncDispose]();
      throw new Error(`${error}: ${subscriber.#process.lines.join("\n")}`);
    }
  }

  /** Names of the tracks something was received of. */
  get tracks(): string[] {
    return [...this.#tracks.keys()];
  }

  /** The groups received whole so far, by their sequence numbers. */
  groups(track: string): ReadonlyMap<number, ReceivedGroup> {
    return this.#tracks.get(track) ?? new Map();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const lines = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      const group: ReceivedGroup = JSON.parse(line);
      if (group.error !== undefined) continue;
      let groups = this.#tracks.get(group.track);
      if (!groups) this.#tracks.set(group.track, groups = new Map());
      groups.set(group.group, group);
    }
  }
}
