import type { Session } from "../../transport/session.ts";
import { Deadline } from "../deadline.ts";
import { ProtocolError, type RemoteError, TrackNotFoundError } from "../error.ts";
import type { Subscription } from "../group.ts";
import { normalizePath } from "../path.ts";
import type { SubscribeOptions } from "../session.ts";
import type { StreamReader } from "../stream_reader.ts";
import { CloseCode, notFoundCode, refusal } from "./error_code.ts";
import type { Dialogue, Link } from "./link.ts";
import { MessageType } from "./message_type.ts";
import { StreamReceiver } from "./stream_receiver.ts";
import { readRequestError, readSubscribeOk, writeSubscribe } from "./subscribe.ts";
import { IetfSubscription } from "./subscription.ts";
import type { IetfVersion } from "./version.ts";

/** Added to a request id for the alias of its track, in draft 07: no id gets that far. */
const ALIAS_BASE = 2 ** 32;

/** Options of {@linkcode Subscriber}. */
export interface SubscriberOptions {
  /** Where objects come from. */
  session: Session;
  /** The draft. */
  version: IetfVersion;
  /** Where requests are made. */
  link: Link;
  /** See `MoqOptions`. */
  linger: number;
  /** Whether the peer begins with its latest group and takes no other start. */
  relative: boolean;
  /** Handed the peer's control stream, from draft 17 on, its type read. */
  control: (reader: StreamReader) => void;
  /** Turns what went wrong in an action into what others get to see. */
  explain: (action: string, error: unknown) => Promise<unknown>;
}

/** Asks for tracks and has what comes of them sorted. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #receiver: StreamReceiver;
  /** The subscriptions, by the aliases of their tracks. */
  readonly #subscriptions = new Map<number, IetfSubscription>();
  readonly #requests = new Set<number>();

  /** Starts to receive. */
  constructor(options: SubscriberOptions) {
    this.#options = options;
    const { session, version, control, explain } = options;
    this.#receiver = new StreamReceiver({
      session,
      version,
      find: (alias) => this.#subscriptions.get(alias),
      isRequest: (id) => this.#requests.has(id),
      control,
      explain: (error) => explain("receive objects", error),
    });
  }

  /** See `MoqSession`. */
  get strayGroups(): number {
    return this.#receiver.strayGroups;
  }

  /** See `MoqSession`. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { version, link, relative, explain } = this.#options;
    const { track, priority = 0, start, timeout = 10_000, signal } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
      throw new RangeError(`Cannot subscribe: current priority is ${priority}`);
    }
    const broadcast = normalizePath(options.broadcast);
    const action = `subscribe to track "${track}" of "${broadcast}"`;
    const silent = (how: string) =>
      new TrackNotFoundError(`Cannot ${action}: the peer did not answer ${how}`, {
        code: notFoundCode(version),
      });
    using deadline = new Deadline(timeout, () => silent(`within ${timeout / 1000} s`), signal);
    this.#receiver.expect();
    let id: number | undefined;
    let dialogue: Dialogue | undefined;
    let alias: number | undefined;
    try {
      id = await deadline.race(link.nextId(deadline.signal));
      this.#requests.add(id);
      const message = {
        alias: ALIAS_BASE + id,
        broadcast,
        track,
        priority,
        start,
        relative,
      };
      const requested = link.request(
        MessageType.subscribe,
        id,
        (body) => writeSubscribe(version, body, message),
      );
      dialogue = await deadline.race(requested, (late) => late.end());
      const answer = await deadline.race(dialogue.next());
      if (answer === undefined) throw silent("before it ended the request");
      if (answer.type === MessageType.requestError) {
        const { code, reason } = readRequestError(version, answer.body);
        throw refusal(version, action, code, reason);
      }
      if (answer.type !== MessageType.subscribeOk) {
        throw new ProtocolError(`Cannot ${action}: the peer answered with message ${answer.type}`);
      }
      const ok = readSubscribeOk(version, answer.body);
      alias = ok.alias ?? message.alias;
      return this.#begin({ id, alias, timescale: ok.timescale, dialogue, action });
    } catch (error) {
      dialogue?.end();
      if (id !== undefined) this.#requests.delete(id);
      throw await explain(action, error);
    } finally {
      this.#receiver.resolve(alias);
    }
  }

  /** Ends all subscriptions in an error. */
  fail(error: unknown): void {
    for (const subscription of [...this.#subscriptions.values()]) subscription.fail(error);
  }

  #begin({ id, alias, timescale, dialogue, action }: {
    id: number;
    alias: number;
    timescale: number | undefined;
    dialogue: Dialogue;
    action: string;
  }): IetfSubscription {
    const { version, linger, explain } = this.#options;
    if (this.#subscriptions.has(alias)) {
      throw new ProtocolError(`Cannot ${action}: another track has alias ${alias}`, {
        code: CloseCode.duplicateTrackAlias,
      });
    }
    const subscription = new IetfSubscription({
      version,
      timescale,
      linger,
      dialogue,
      refused: (code, reason): RemoteError => refusal(version, action, code, reason),
      explain: (error) => explain(action, error),
      release: () => {
        this.#subscriptions.delete(alias);
        this.#requests.delete(id);
      },
    });
    this.#subscriptions.set(alias, subscription);
    subscription.follow();
    return subscription;
  }
}
