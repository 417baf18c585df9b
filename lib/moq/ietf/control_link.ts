import type { Session } from "../../transport/session.ts";
import type { ByteWriter } from "../byte_writer.ts";
import { ProtocolError } from "../error.ts";
import type { Exchange } from "../exchange.ts";
import { answerRequest } from "./answer.ts";
import { ControlDialogue } from "./control_dialogue.ts";
import { CloseCode, tooMany } from "./error_code.ts";
import type { Dialogue, Link, LinkEvents } from "./link.ts";
import { encodeMessage, type Message, readMessage } from "./message.ts";
import { MessageType } from "./message_type.ts";
import { decodeNamespace } from "./namespace.ts";
import { MAX_REQUEST_ID } from "./setup.ts";
import { answerStreams, StreamDialogue } from "./stream_link.ts";
import type { IetfVersion } from "./version.ts";

/** Options of {@linkcode ControlLink}. */
export interface ControlLinkOptions {
  /** The transport. */
  session: Session;
  /** The draft. */
  version: IetfVersion;
  /** The control stream, with the handshake done. */
  control: Exchange;
  /** The number that our request ids have to stay below at first. */
  maxRequestId: number;
  /** What to tell. */
  events: LinkEvents;
}

/** Requests up to draft 16: all on the control stream, told apart by their ids. */
export class ControlLink implements Link {
  readonly #options: ControlLinkOptions;
  readonly #dialogues = new Map<number, ControlDialogue>();
  readonly #announcements = new Map<number, string>();
  readonly #step: number;
  #maxRequestId: number;
  /** The limit that the peer has been told is reached. */
  #blockedAt: number | undefined;
  #nextId = 0;
  #failure: { error: unknown } | undefined;
  #raised: () => void = () => {};
  #allowed = new Promise<void>((resolve) => this.#raised = resolve);

  /** Reads the control stream from now on. */
  constructor(options: ControlLinkOptions) {
    this.#options = options;
    this.#maxRequestId = options.maxRequestId;
    // From draft 14 on the odd ids are the server's.
    this.#step = options.version === 7 ? 1 : 2;
    this.#run();
    answerStreams(options.session, options.version, options.events);
  }

  async nextId(signal: AbortSignal): Promise<number> {
    while (this.#nextId >= this.#maxRequestId) {
      if (this.#failure) throw this.#failure.error;
      const limit = this.#maxRequestId;
      if (this.#options.version > 7 && this.#blockedAt !== limit) {
        this.#blockedAt = limit;
        await this.#send(MessageType.requestsBlocked, (body) => body.varint(limit));
      }
      await this.#allowed;
      signal.throwIfAborted();
    }
    const id = this.#nextId;
    this.#nextId += this.#step;
    return id;
  }

  async request(type: number, id: number, write: (body: ByteWriter) => void): Promise<Dialogue> {
    const { session, version } = this.#options;
    if (version === 16 && type === MessageType.subscribeNamespace) {
      return StreamDialogue.open(session, version, { type, id, write });
    }
    const dialogue = new ControlDialogue(() => {
      if (!this.#dialogues.delete(id) || type !== MessageType.subscribe) return;
      this.#send(MessageType.unsubscribe, (body) => body.varint(id)).catch(() => {});
    });
    this.#dialogues.set(id, dialogue);
    await this.#send(type, (body) => {
      body.varint(id);
      write(body);
    });
    return dialogue;
  }

  fail(error: unknown): void {
    this.#failure = { error };
    for (const dialogue of this.#dialogues.values()) dialogue.fail(error);
    this.#dialogues.clear();
    this.#raised();
  }

  async #send(type: number, write: (body: ByteWriter) => void): Promise<void> {
    await this.#options.control.write(encodeMessage(this.#options.version, type, write));
  }

  async #run(): Promise<void> {
    const { version, control, events } = this.#options;
    try {
      for (;;) {
        const message = await readMessage(version, control.reader);
        if (message === undefined) break;
        await this.#take(message);
      }
      events.ended();
    } catch (error) {
      events.explain(error);
    }
  }

  async #take(message: Message): Promise<void> {
    const { version, control, events } = this.#options;
    const { type, body } = message;
    // In draft 07, namespaces are accepted by name, and we never asked for any.
    if (REPLIES.has(type) && (version > 7 || type !== MessageType.requestOk)) {
      return this.#reply(message);
    }
    switch (type) {
      case MessageType.goaway:
        return events.goaway(body.string());
      case MessageType.maxRequestId:
        this.#maxRequestId = Math.max(this.#maxRequestId, body.varint());
        this.#raised();
        this.#allowed = new Promise((resolve) => this.#raised = resolve);
        return;
      case MessageType.publishNamespaceDone:
        return this.#withdraw(message);
    }
    const answer = answerRequest(version, message);
    if (answer === undefined) return;
    const { id, namespace, bytes } = answer;
    if (version > 7) this.#check(id!);
    if (namespace !== undefined) {
      events.announced(namespace);
      // Draft 16 takes announcements back by the id, others by the name.
      if (version === 16) this.#announcements.set(id!, namespace);
    }
    await control.write(bytes);
  }

  #reply({ type, body }: Message): void {
    const id = body.varint();
    const dialogue = this.#dialogues.get(id);
    // What was said before we lost interest may arrive after.
    dialogue?.push({ type, body });
    if (type === MessageType.publishDone || ERRORS.has(type)) {
      this.#dialogues.delete(id);
      dialogue?.finish();
    }
  }

  #withdraw({ body }: Message): void {
    const { version, events } = this.#options;
    if (version < 16) return events.withdrawn(decodeNamespace(body));
    const id = body.varint();
    const namespace = this.#announcements.get(id);
    this.#announcements.delete(id);
    if (namespace !== undefined) events.withdrawn(namespace);
  }

  #check(id: number): void {
    if (id % 2 === 0) {
      throw new ProtocolError(`Cannot answer the peer: its request has our id ${id}`, {
        code: CloseCode.invalidRequestId,
      });
    }
    if (id >= MAX_REQUEST_ID) throw tooMany("more requests than allowed");
  }
}

/** Answers that end a dialogue. */
const ERRORS: ReadonlySet<number> = new Set([
  MessageType.requestError,
  MessageType.subscribeNamespaceError,
]);
/** Answers to requests of ours. */
const REPLIES: ReadonlySet<number> = new Set([
  ...ERRORS,
  MessageType.subscribeOk,
  MessageType.requestOk,
  MessageType.publishDone,
  MessageType.subscribeNamespaceOk,
]);
