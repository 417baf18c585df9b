/** A session that tests steer: what a relay says, in whatever order a relay might say it. */

import { TrackNotFoundError } from "../../lib/moq/error.ts";
import type {
  Announcement,
  DroppedGroups,
  FramePart,
  Group,
  Subscription,
} from "../../lib/moq/group.ts";
import type { MoqSession, SubscribeOptions } from "../../lib/moq/session.ts";
import { SessionError } from "../../lib/transport/error.ts";
import type { CloseInfo } from "../../lib/transport/session.ts";

/** How a group goes on after its frames: to its end, into an error, or not at all. */
type Ending = "fin" | "open" | Error;

/** A session without a wire. */
export class FakeSession implements MoqSession {
  readonly dialect = "moq-lite-05";
  readonly strayGroups = 0;
  readonly closed: Promise<CloseInfo>;
  readonly goaway: Promise<string>;
  /** Asks the recorder to move. */
  readonly drain: () => void;
  /** The tracks that were asked for, in order. */
  readonly asked: string[] = [];
  /** The tracks that nobody answers for. */
  readonly mute = new Set<string>();
  readonly #tracks = new Map<string, FakeTrack>();
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly #goaway = Promise.withResolvers<string>();
  #announcements: ReadableStreamDefaultController<Announcement> | undefined;

  constructor() {
    this.closed = this.#closed.promise;
    this.goaway = this.#goaway.promise;
    this.drain = () => this.#goaway.resolve("");
  }

  announcements(): ReadableStream<Announcement> {
    return new ReadableStream({ start: (controller) => void (this.#announcements = controller) });
  }

  announce(status: Announcement["status"]): void {
    this.#announcements!.enqueue({ broadcast: "news", status });
  }

  /** Puts a track there. */
  track(name: string): FakeTrack {
    const track = new FakeTrack();
    this.#tracks.set(name, track);
    return track;
  }

  remove(name: string): void {
    this.#tracks.delete(name);
  }

  async subscribe({ track, signal }: SubscribeOptions): Promise<Subscription> {
    this.asked.push(track);
    if (this.mute.has(track)) {
      await new Promise((_, reject) =>
        signal!.addEventListener("abort", () => reject(signal!.reason))
      );
    }
    const found = await Promise.resolve(this.#tracks.get(track));
    if (found === undefined) throw new TrackNotFoundError("Cannot subscribe: no", { code: 4 });
    return found.subscribe();
  }

  close(info: CloseInfo = {}): void {
    this.#closed.resolve(info);
  }

  /** Loses the session, in the middle of whatever goes on. */
  lose(): void {
    const error = new SessionError("Connection was lost");
    for (const track of this.#tracks.values()) track.end(error);
    this.#closed.reject(error);
  }
}

/** A track of it. */
export class FakeTrack {
  /** How many groups the recorder has taken. */
  taken = 0;
  #queue: (Group | DroppedGroups)[] = [];
  #latest: (() => Group) | undefined;
  #end: { error?: unknown } | undefined;
  #more: () => void = () => {};
  readonly #open = new Set<ReadableStreamDefaultController<FramePart>>();

  /** Sends a group. */
  group(sequence: number, frames: Uint8Array[], ending: Ending = "fin"): void {
    this.#latest = () => ({ sequence, at: Date.now(), frames: this.#stream(frames, ending) });
    this.#send(this.#latest());
  }

  #stream(frames: Uint8Array[], ending: Ending): ReadableStream<FramePart> {
    const parts = frames.flatMap((frame): FramePart[] => [{ size: frame.length }, frame]);
    return new ReadableStream<FramePart>({
      start: (controller) => {
        for (const part of parts) controller.enqueue(part);
        if (ending === "fin") controller.close();
        else if (ending === "open") this.#open.add(controller);
      },
      // Errors take effect once all that was sent has been read.
      pull: (controller) => {
        if (ending instanceof Error) controller.error(ending);
      },
    }, { highWaterMark: 0 });
  }

  drop(sequence: number, count: number): void {
    this.#send({ sequence, count, code: 2 });
  }

  /** Ends the subscription, and with an error all that is open as well. */
  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error };
    if (error !== undefined) { for (const group of this.#open) group.error(error); }
    this.#more();
  }

  /** Begins with the latest group, as relays do. */
  subscribe(): Subscription {
    if (this.#queue.length === 0 && this.#latest) this.#queue.push(this.#latest());
    let closed = false;
    const groups = new ReadableStream<Group | DroppedGroups>({
      pull: async (controller) => {
        while (this.#queue.length === 0 && this.#end === undefined && !closed) {
          await new Promise<void>((resolve) => this.#more = resolve);
        }
        if (closed) return controller.close();
        const item = this.#queue.shift();
        if (item !== undefined) {
          this.taken += 1;
          controller.enqueue(item);
        } else if ("error" in this.#end!) controller.error(this.#end.error);
        else controller.close();
      },
    }, { highWaterMark: 0 });
    return {
      timescale: undefined,
      groups,
      close: () => {
        closed = true;
        this.#more();
      },
    };
  }

  #send(item: Group | DroppedGroups): void {
    this.#queue.push(item);
    this.#more();
  }
}
