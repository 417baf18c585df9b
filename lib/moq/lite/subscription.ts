import type { Exchange } from "../exchange.ts";
import type { Group, Subscription } from "../group.ts";
import { GroupQueue } from "../group_queue.ts";
import { ErrorCode } from "./error_code.ts";
import { readSubscribeResponse } from "./subscribe.ts";
import type { LiteVersion } from "./version.ts";

/** Options of {@linkcode LiteSubscription}. */
export interface LiteSubscriptionOptions {
  /** The session's draft. */
  version: LiteVersion;
  /** Units per second of the frames' timestamps, from moq-lite-05 on. */
  timescale: number | undefined;
  /** How long groups overtaken by the end of the track are waited for, in milliseconds. */
  linger: number;
  /** Turns what went wrong into what the reader of the groups gets to see. */
  explain: (error: unknown) => Promise<unknown>;
  /** Called when the subscription is over and its number stands for nothing any more. */
  release: () => void;
}

/** A subscription of moq-lite: groups come from the session, all else from its own stream. */
export class LiteSubscription implements Subscription {
  readonly timescale: number | undefined;
  readonly groups: Subscription["groups"];
  readonly #options: LiteSubscriptionOptions;
  readonly #queue: GroupQueue;
  #exchange: Exchange | undefined;
  /** The first group sent and the sequence none will reach, once the publisher has said so. */
  #start: number | undefined;
  #end: number | undefined;
  /** How many groups have come or are known not to, and the sequence after the highest. */
  #settled = 0;
  #next = 0;
  #finished = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes groups at once: they may overtake the peer's confirmation. */
  constructor(options: LiteSubscriptionOptions) {
    this.#options = options;
    this.timescale = options.timescale;
    this.#queue = new GroupQueue({
      cancel: () => this.close(),
      overflowCode: ErrorCode.lagged,
    });
    this.groups = this.#queue.readable;
  }

  /** Takes a group that has begun to arrive. */
  push(group: Group): void {
    this.#queue.push(group);
    this.#settled++;
    this.#next = Math.max(this.#next, group.sequence + 1);
    if (this.#finished) this.#settle();
  }

  /** Keeps reading what the publisher says about the subscription once it is confirmed. */
  async follow(exchange: Exchange): Promise<void> {
    this.#exchange = exchange;
    try {
      for (;;) {
        const response = await readSubscribeResponse(this.#options.version, exchange.reader);
        if (response === undefined) break;
        if (response.type === "start") this.#start = response.sequence;
        if (response.type === "end") this.#end = response.sequence;
        if (response.type === "drop") {
          const { dropped } = response;
          this.#queue.drop(dropped);
          this.#settled += dropped.count;
          this.#next = Math.max(this.#next, dropped.sequence + dropped.count);
        }
      }
      this.#finished = true;
      this.#settle();
    } catch (error) {
      this.fail(await this.#options.explain(error));
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

  /**
   * Ends the groups if all have come. Streams are not ordered among each other, so the end of the
   * track may overtake its last groups; only moq-lite-05 says how many to wait for.
   */
  #settle(): void {
    clearTimeout(this.#timer);
    if (this.#queue.ended) return;
    const end = this.#end;
    // A publisher that sent a group has said which was the first.
    const start = this.#start ?? end;
    if (end !== undefined && this.#settled >= end - start!) return this.#complete();
    this.#timer = setTimeout(() => {
      const next = Math.max(this.#next, start ?? 0);
      if (end !== undefined && next < end) {
        this.#queue.drop({ sequence: next, count: end - next, code: ErrorCode.dropped });
      }
      this.#complete();
    }, this.#options.linger);
  }

  #complete(): void {
    this.#queue.close();
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#options.release();
    this.#exchange?.close();
  }
}
