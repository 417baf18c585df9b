import { SessionError } from "../../transport/error.ts";
import type { CloseInfo, Session } from "../../transport/session.ts";
import { Deadline } from "../deadline.ts";
import type { Dialect } from "../dialect.ts";
import { ProtocolError, TrackNotFoundError } from "../error.ts";
import { Exchange } from "../exchange.ts";
import type { Announcement, Subscription } from "../group.ts";
import { normalizePath } from "../path.ts";
import type { MoqSession, SubscribeOptions } from "../session.ts";
import { closedError, rootCause } from "../session_end.ts";
import { encodeAnnounceRequest } from "./announce.ts";
import { AnnouncementSource } from "./announcements.ts";
import { answerPeer } from "./answer.ts";
import { ErrorCode, remoteError, streamReason } from "./error_code.ts";
import { GroupReceiver } from "./group_receiver.ts";
import { encodeSubscribe, readSubscribeResponse } from "./subscribe.ts";
import { LiteSubscription } from "./subscription.ts";
import { decodeTrackInfo, encodeTrack } from "./track.ts";
import { dialectOf, type LiteVersion } from "./version.ts";

/** Options of {@linkcode LiteSession}. */
export interface LiteSessionOptions {
  /** The transport, with the handshake done. */
  session: Session;
  /** The draft agreed on. */
  version: LiteVersion;
  /** The stream of the in-band handshake, which has to stay open, where there was one. */
  control: Exchange | undefined;
  /** See `MoqOptions`. */
  linger: number;
}

/** A session of moq-lite in which we receive and have nothing to publish. */
export class LiteSession implements MoqSession {
  readonly dialect: Dialect;
  readonly closed: Promise<CloseInfo>;
  readonly goaway: Promise<string>;
  readonly #session: Session;
  readonly #version: LiteVersion;
  readonly #linger: number;
  readonly #receiver: GroupReceiver;
  readonly #control: Exchange | undefined;
  readonly #subscriptions = new Map<number, LiteSubscription>();
  readonly #goaway = Promise.withResolvers<string>();
  #nextSubscription = 0;
  #violation: ProtocolError | undefined;

  /** Starts to receive. */
  constructor({ session, version, control, linger }: LiteSessionOptions) {
    this.dialect = dialectOf(version);
    this.goaway = this.#goaway.promise;
    this.goaway.catch(() => {});
    this.#session = session;
    this.#version = version;
    this.#linger = linger;
    this.#control = control;
    this.closed = session.closed.then((info) => {
      if (this.#violation) throw this.#violation;
      return info;
    }, (error) => {
      throw this.#violation ?? error;
    });
    this.closed.then((info) => this.#end(closedError(info)), (error) => this.#end(error));
    session.draining.then(() => this.#goaway.resolve(""), () => {});
    this.#receiver = new GroupReceiver({
      session,
      version,
      find: (id) => this.#subscriptions.get(id),
      explain: (error) => this.#explain("receive groups", error),
    });
    answerPeer({
      session,
      version,
      goaway: this.#goaway.resolve,
      explain: (error) => this.#explain("answer the peer", error),
    });
    // The peer may tell its bitrate there, which does not matter to us.
    this.#control?.reader.drain().catch(() => {});
  }

  get strayGroups(): number {
    return this.#receiver.strayGroups;
  }

  announcements(prefix = ""): ReadableStream<Announcement> {
    prefix = normalizePath(prefix);
    return new ReadableStream(
      new AnnouncementSource({
        version: this.#version,
        prefix,
        open: () => Exchange.open(this.#session, encodeAnnounceRequest(this.#version, prefix)),
        explain: (error) => this.#explain(`list broadcasts below "${prefix}"`, error),
      }),
      { highWaterMark: 0 },
    );
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { track, priority = 0, start, timeout = 10_000, signal } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
      throw new RangeError(`Cannot subscribe: current priority is ${priority}`);
    }
    const broadcast = normalizePath(options.broadcast);
    const action = `subscribe to track "${track}" of "${broadcast}"`;
    const silent = (how: string, code: number) =>
      new TrackNotFoundError(`Cannot ${action}: the peer did not answer ${how}`, { code });
    using deadline = new Deadline(
      timeout,
      () => silent(`within ${timeout / 1000} s`, ErrorCode.timeout),
      signal,
    );
    const mute = silent("before it ended the stream", ErrorCode.notFound);
    const explain = (error: unknown) => this.#explain(action, error);
    let timescale;
    if (this.#version >= 5) {
      timescale = await this.#ask(
        encodeTrack(broadcast, track),
        deadline,
        explain,
        async (info) => {
          if (await info.reader.done()) throw mute;
          const timescale = decodeTrackInfo(await info.reader.message());
          info.finish();
          // Nothing follows, but a STOP_SENDING now would look like a refusal of what was said.
          info.reader.drain().catch(() => {});
          return timescale;
        },
      );
    }
    const id = this.#nextSubscription++;
    const release = () => this.#subscriptions.delete(id);
    const subscription = new LiteSubscription({
      version: this.#version,
      timescale,
      linger: this.#linger,
      explain,
      release,
    });
    this.#subscriptions.set(id, subscription);
    const request = encodeSubscribe(this.#version, { id, broadcast, track, priority, start });
    try {
      await this.#ask(request, deadline, explain, async (exchange) => {
        if (this.#version < 5) {
          const response = await readSubscribeResponse(this.#version, exchange.reader);
          if (response === undefined) throw mute;
          if (response.type !== "ok") {
            throw new ProtocolError(`Cannot ${action}: the first answer is "${response.type}"`);
          }
        }
        subscription.follow(exchange);
      });
    } catch (error) {
      subscription.close();
      throw error;
    }
    return subscription;
  }

  close(info?: CloseInfo): void {
    this.#session.close(info);
  }

  /** Says `request` on a stream of its own and has `read` take the answer, both in time. */
  async #ask<T>(
    request: Uint8Array,
    deadline: Deadline,
    explain: (error: unknown) => Promise<unknown>,
    read: (exchange: Exchange) => Promise<T>,
  ): Promise<T> {
    let exchange;
    try {
      const opened = Exchange.open(this.#session, request);
      const cancel = (late: Exchange) => late.abort(streamReason(ErrorCode.cancel));
      exchange = await deadline.race(opened, cancel);
      return await deadline.race(read(exchange));
    } catch (error) {
      exchange?.abort(streamReason(ErrorCode.cancel));
      throw await explain(error);
    }
  }

  /** Makes sense of an error; if the peer broke the rules, that is the end of the session. */
  async #explain(action: string, error: unknown): Promise<unknown> {
    if (error instanceof ProtocolError && this.#violation === undefined) {
      this.#violation = error;
      this.close({ closeCode: error.code, reason: error.message });
    }
    if (error instanceof SessionError) return await rootCause(this, error);
    return remoteError(action, error);
  }

  #end(error: unknown): void {
    for (const subscription of [...this.#subscriptions.values()]) subscription.fail(error);
    this.#goaway.reject(error);
  }
}
