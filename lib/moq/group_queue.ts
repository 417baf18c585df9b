import type { DroppedGroups, Group } from "./group.ts";

/** What is waiting: a group, or a notice of groups that will not come. */
export type GroupQueueItem = Group | DroppedGroups;

/** Options of {@linkcode GroupQueue}. */
export interface GroupQueueOptions {
  /** Called when the reader loses interest or falls too far behind. */
  cancel: () => void;
  /** Most groups waiting; as many notices may wait beside them. Default: 1024. */
  limit?: number;
  /** The error code put in notices of groups refused for want of room. */
  overflowCode: number;
}

/**
 * A bounded queue of groups, read as a stream.
 *
 * It takes whatever comes and never holds up the sender; a group that finds it full is given up and
 * a notice takes its place. Unlike a plain stream, it hands out all that was waiting before it
 * ends in an error.
 */
export class GroupQueue {
  /** The reading end. */
  readonly readable: ReadableStream<GroupQueueItem>;
  #items: GroupQueueItem[] = [];
  #groups = 0;
  #end: { error?: unknown } | undefined;
  #more: () => void = () => {};
  #cancelled = false;
  readonly #cancel: () => void;
  readonly #limit: number;
  readonly #overflowCode: number;

  /** Starts out empty. */
  constructor(options: GroupQueueOptions) {
    this.#cancel = options.cancel;
    this.#limit = options.limit ?? 1024;
    this.#overflowCode = options.overflowCode;
    this.readable = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => {
        this.#cancelled = true;
        this.#discard();
        this.#cancel();
      },
    }, { highWaterMark: 0 });
  }

  /** Whether {@linkcode close}, {@linkcode fail} or {@linkcode abort} has been called. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Appends a group, or gives it up if there is no room or nobody to read it. */
  push(group: Group): void {
    if (this.#end !== undefined) return void giveUp(group);
    if (this.#groups < this.#limit) {
      this.#groups++;
      return this.#append(group);
    }
    giveUp(group);
    this.drop({ sequence: group.sequence, count: 1, code: this.#overflowCode });
  }

  /** Appends a notice; one that continues the notice before it is merged with it. */
  drop(notice: DroppedGroups): void {
    if (this.#end !== undefined) return;
    const last = this.#items.at(-1);
    if (
      last !== undefined && "count" in last && last.code === notice.code &&
      last.sequence + last.count === notice.sequence
    ) {
      this.#items[this.#items.length - 1] = { ...last, count: last.count + notice.count };
    } else if (this.#items.length < 2 * this.#limit) {
      this.#append(notice);
    } else {
      this.abort(new Error("Cannot queue groups: too many are waiting to be read"));
      this.#cancel();
    }
  }

  /** Ends the stream once everything waiting has been read. */
  close(): void {
    this.#end ??= {};
    this.#more();
  }

  /** Ends the stream in an error once everything waiting has been read. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#more();
  }

  /** Gives up everything waiting and ends the stream: in `error`, or cleanly without one. */
  abort(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#discard();
  }

  async #pull(controller: ReadableStreamDefaultController<GroupQueueItem>): Promise<void> {
    while (this.#items.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => this.#more = resolve);
    }
    if (this.#cancelled) return;
    const item = this.#items.shift();
    if (item !== undefined) {
      if ("frames" in item) this.#groups--;
      controller.enqueue(item);
    } else if ("error" in this.#end!) {
      controller.error(this.#end.error);
    } else {
      controller.close();
    }
  }

  #append(item: GroupQueueItem): void {
    this.#items.push(item);
    this.#more();
  }

  #discard(): void {
    this.#end ??= {};
    for (const item of this.#items.splice(0)) if ("frames" in item) giveUp(item);
    this.#groups = 0;
    this.#more();
  }
}

/** Has the peer stop sending; what became of the stream by then does not matter. */
function giveUp(group: Group): void {
  group.frames.cancel().catch(() => {});
}
