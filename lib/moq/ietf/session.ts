import { SessionError, StreamResetError } from "../../transport/error.ts";
import type { CloseInfo, Session } from "../../transport/session.ts";
import type { Dialect } from "../dialect.ts";
import { ProtocolError, RemoteError } from "../error.ts";
import type { Exchange } from "../exchange.ts";
import type { Announcement, Subscription } from "../group.ts";
import { normalizePath } from "../path.ts";
import type { MoqSession, SubscribeOptions } from "../session.ts";
import { closedError, rootCause } from "../session_end.ts";
import type { StreamReader } from "../stream_reader.ts";
import { AnnouncementSource } from "./announcements.ts";
import { ControlLink } from "./control_link.ts";
import { closeCodeOf } from "./error_code.ts";
import type { Dialogue, Link, LinkEvents } from "./link.ts";
import { readBody, readMessage } from "./message.ts";
import { MessageType } from "./message_type.ts";
import { encodeNamespace } from "./namespace.ts";
import { NamespaceBoard } from "./namespace_board.ts";
import type { PeerSetup } from "./setup.ts";
import { StreamLink } from "./stream_link.ts";
import { Subscriber } from "./subscriber.ts";
import { dialectOf, type IetfVersion } from "./version.ts";

/** Draft 16 and 17's option of asking for namespaces rather than tracks. */
const NAMESPACES = 1;

/** Options of {@linkcode IetfSession}. */
export interface IetfSessionOptions {
  /** The transport, with the handshake done. */
  session: Session;
  /** The draft agreed on. */
  version: IetfVersion;
  /** The control stream, up to draft 16. */
  control: Exchange | undefined;
  /** What the peer's half of the handshake said. */
  peer: PeerSetup;
  /** See `MoqOptions`. */
  linger: number;
}

/** A session of moq-transport in which we receive and have nothing to publish. */
export class IetfSession implements MoqSession {
  readonly dialect: Dialect;
  readonly closed: Promise<CloseInfo>;
  readonly goaway: Promise<string>;
  readonly #session: Session;
  readonly #version: IetfVersion;
  readonly #link: Link;
  readonly #subscriber: Subscriber;
  readonly #board = new NamespaceBoard();
  readonly #goaway = Promise.withResolvers<string>();
  #violation: ProtocolError | undefined;

  /** Starts to receive. */
  constructor({ session, version, control, peer, linger }: IetfSessionOptions) {
    this.dialect = dialectOf(version);
    this.goaway = this.#goaway.promise;
    this.goaway.catch(() => {});
    this.#session = session;
    this.#version = version;
    this.closed = session.closed.then((info) => {
      if (this.#violation) throw this.#violation;
      return info;
    }, (error) => {
      throw this.#violation ?? error;
    });
    session.draining.then(() => this.#goaway.resolve(""), () => {});
    const events: LinkEvents = {
      goaway: this.#goaway.resolve,
      announced: (path) => this.#board.add(path),
      withdrawn: (path) => this.#board.remove(path),
      explain: (error) => this.#explain("talk with the peer", error),
      ended: () => this.#controlEnded(),
    };
    this.#link = control === undefined
      ? new StreamLink(session, version, events)
      : new ControlLink({
        session,
        version,
        control,
        maxRequestId: peer.maxRequestId,
        events,
      });
    this.#subscriber = new Subscriber({
      session,
      version,
      link: this.#link,
      linger,
      relative: version === 14 && peer.implementation.startsWith("moq-lite"),
      control: (reader) => this.#followControl(reader),
      explain: (action, error) => this.#explain(action, error),
    });
    this.closed.then((info) => this.#end(closedError(info)), (error) => this.#end(error));
  }

  get strayGroups(): number {
    return this.#subscriber.strayGroups;
  }

  announcements(prefix = ""): ReadableStream<Announcement> {
    prefix = normalizePath(prefix);
    return new ReadableStream(
      new AnnouncementSource({
        prefix,
        board: this.#board,
        ask: () => this.#askForNamespaces(prefix),
        explain: (error) => this.#explain(`list broadcasts below "${prefix}"`, error),
      }),
      { highWaterMark: 0 },
    );
  }

  subscribe(options: SubscribeOptions): Promise<Subscription> {
    return this.#subscriber.subscribe(options);
  }

  close(info?: CloseInfo): void {
    this.#session.close(info);
  }

  /** Draft 07's question has no id to tell answers by; its announcements come all the same. */
  #askForNamespaces(prefix: string): Promise<Dialogue> | undefined {
    const version = this.#version;
    if (version === 7) return undefined;
    const type = version >= 18 ? MessageType.subscribeNamespace18 : MessageType.subscribeNamespace;
    return this.#link.nextId(AbortSignal.any([])).then((id) =>
      this.#link.request(type, id, (body) => {
        encodeNamespace(body, prefix);
        if (version === 16 || version === 17) body.varint(NAMESPACES);
        body.varint(0);
      })
    );
  }

  /** Reads the peer's control stream of drafts 17 and later, on which it only says goodbye. */
  async #followControl(reader: StreamReader): Promise<void> {
    try {
      await readBody(this.#version, reader);
      for (;;) {
        const message = await readMessage(this.#version, reader);
        if (message === undefined) break;
        if (message.type === MessageType.goaway) this.#goaway.resolve(message.body.string());
      }
      await this.#controlEnded();
    } catch (error) {
      await this.#explain("talk with the peer", error);
    }
  }

  /** A control stream lasts as long as its session, whose end may be noticed a moment later. */
  async #controlEnded(): Promise<void> {
    const error = new SessionError("Control stream was closed");
    if (await rootCause(this, error) !== error) return;
    await this.#explain(
      "talk with the peer",
      new ProtocolError("Cannot go on: the peer closed the control stream"),
    );
  }

  /** Makes sense of an error; if the peer broke the rules, that is the end of the session. */
  async #explain(action: string, error: unknown): Promise<unknown> {
    if (error instanceof ProtocolError && this.#violation === undefined) {
      this.#violation = error;
      this.close({ closeCode: closeCodeOf(error), reason: error.message });
    }
    if (error instanceof SessionError) return await rootCause(this, error);
    if (!(error instanceof StreamResetError)) return error;
    const { code } = error;
    return new RemoteError(`Cannot ${action}: the peer reset the request with code ${code}`, {
      code,
      cause: error,
    });
  }

  #end(error: unknown): void {
    this.#subscriber.fail(error);
    this.#link.fail(error);
    this.#goaway.reject(error);
  }
}
