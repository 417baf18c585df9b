import type { Subscription } from "../group.ts";
import { GroupQueue } from "../group_queue.ts";
import type { RemoteError } from "../error.ts";
import { GroupAssembler } from "./group_assembler.ts";
import type { Dialogue } from "./link.ts";
import { MessageType } from "./message_type.ts";
import type { ObjectSource } from "./object_header.ts";
import type { ObjectSink } from "./stream_receiver.ts";
import { readPublishDone } from "./subscribe.ts";
import type { IetfVersion } from "./version.ts";

/** The code of notices of groups refused for want of room, as moq-lite numbers it. */
const LAGGED = 26;
/** Groups remembered as having been received, so that they are not received again. */
const MAX_REMEMBERED = 4096;

/** Options of {@linkcode IetfSubscription}. */
export interface IetfSubscriptionOptions {
  /** The draft. */
  version: IetfVersion;
  /** Units per second of the objects' timestamps, where the track has them. */
  timescale: number | undefined;
  /** How long streams that may still come are waited for, in milliseconds. */
  linger: number;
  /** What the peer says about the subscription. */
  dialogue: Dialogue;
  /** Makes an error of the end of the subscription. */
  refused: (code: number, reason: string) => RemoteError;
  /** Turns what went wrong into what the reader of the groups gets to see. */
  explain: (error: unknown) => Promise<unknown>;
  /** Called when the subscription is over and its alias stands for nothing any more. */
  release: () => void;
}

/** A subscription of moq-transport: sorts the objects of a track into groups. */
export class IetfSubscription implements Subscription, ObjectSink {
  readonly timescale: number | undefined;
  readonly groups: Subscription["groups"];
  readonly #options: IetfSubscriptionOptions;
  readonly #queue: GroupQueue;
  readonly #open = new Map<number, GroupAssembler>();
  readonly #seen = new Set<number>();
  /** How many streams have come, and how many there are once that is known. */
  #streams = 0;
  #total: number | undefined;
  #finished = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes objects at once. */
  constructor(options: IetfSubscriptionOptions) {
    this.#options = options;
    this.timescale = options.timescale;
    this.#queue = new GroupQueue({ cancel: () => this.close(), overflowCode: LAGGED });
    this.groups = this.#queue.readable;
  }

  take(sequence: number, source: ObjectSource, kind: "stream" | "datagram"): boolean {
    if (kind === "stream") this.#streams++;
    let group = this.#open.get(sequence);
    if (group === undefined && this.#seen.has(sequence)) return false;
    if (group === undefined) {
      group = this.#begin(sequence);
      group.add(source);
      this.#queue.push(group.group);
    } else if (!group.add(source)) {
      return false;
    }
    if (this.#finished) this.#settle();
    return true;
  }

  /** Keeps reading what the publisher says about the subscription. */
  async follow(): Promise<void> {
    const { version, dialogue, refused, explain } = this.#options;
    try {
      for (;;) {
        const message = await dialogue.next();
        if (message === undefined) break;
        if (message.type !== MessageType.publishDone) continue;
        const { code, reason, clean, streams } = readPublishDone(version, message.body);
        if (!clean) throw refused(code, reason);
        this.#total = streams;
        break;
      }
      this.#finish();
    } catch (error) {
      this.fail(await explain(error));
    }
  }

  /** Ends the groups in an error, after those that have come. */
  fail(error: unknown): void {
    this.#queue.fail(error);
    this.#release();
  }

  close(): void {
    this.#queue.abort();
    this.#release();
  }

  #begin(sequence: number): GroupAssembler {
    const group = new GroupAssembler({
      sequence,
      linger: this.#options.linger,
      ended: (endOfTrack) => {
        this.#open.delete(sequence);
        if (endOfTrack) this.#finish();
      },
    });
    this.#open.set(sequence, group);
    this.#seen.add(sequence);
    if (this.#seen.size > MAX_REMEMBERED) this.#seen.delete(this.#seen.values().next().value!);
    return group;
  }

  #finish(): void {
    this.#finished = true;
    this.#settle();
  }

  /**
   * Ends the groups if all have come. Streams are not ordered among each other, so the end of the
   * track may overtake its last ones.
   */
  #settle(): void {
    clearTimeout(this.#timer);
    if (this.#queue.ended) return;
    if (this.#total !== undefined && this.#streams >= this.#total) return this.#complete();
    this.#timer = setTimeout(() => this.#complete(), this.#options.linger);
  }

  #complete(): void {
    this.#queue.close();
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#options.release();
    for (const group of this.#open.values()) group.settle();
    this.#options.dialogue.end();
  }
}
