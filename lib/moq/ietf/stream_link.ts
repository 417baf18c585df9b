import type { BidirectionalStream, Session } from "../../transport/session.ts";
import type { ByteWriter } from "../byte_writer.ts";
import { Exchange } from "../exchange.ts";
import { answerRequest } from "./answer.ts";
import { cancelled } from "./error_code.ts";
import type { Dialogue, Link, LinkEvents } from "./link.ts";
import { encodeMessage, type Message, readMessage } from "./message.ts";
import { codingOf, type IetfVersion } from "./version.ts";

/** Requests from draft 17 on: each has a stream of its own, on which answers carry no id. */
export class StreamLink implements Link {
  readonly #session: Session;
  readonly #version: IetfVersion;
  #nextId = 0;

  /** Answers the peer's requests from now on. */
  constructor(session: Session, version: IetfVersion, events: LinkEvents) {
    this.#session = session;
    this.#version = version;
    answerStreams(session, version, events);
  }

  nextId(): Promise<number> {
    const id = this.#nextId;
    this.#nextId += 2;
    return Promise.resolve(id);
  }

  request(type: number, id: number, write: (body: ByteWriter) => void): Promise<Dialogue> {
    return StreamDialogue.open(this.#session, this.#version, { type, id, write });
  }

  /** Streams fail by themselves. */
  fail(): void {}
}

/** A request with a stream of its own: all of them from draft 17 on, some in draft 16. */
export class StreamDialogue implements Dialogue {
  readonly #exchange: Exchange;
  readonly #version: IetfVersion;

  private constructor(exchange: Exchange, version: IetfVersion) {
    this.#exchange = exchange;
    this.#version = version;
  }

  /** Opens the stream and says the request. */
  static async open(
    session: Session,
    version: IetfVersion,
    { type, id, write }: { type: number; id: number; write: (body: ByteWriter) => void },
  ): Promise<StreamDialogue> {
    const request = encodeMessage(version, type, (body) => {
      body.varint(id);
      // Draft 17 could make requests depend on others.
      if (version === 17) body.varint(0);
      write(body);
    });
    const exchange = await Exchange.open(session, request, codingOf(version));
    return new StreamDialogue(exchange, version);
  }

  async next(): Promise<Message | undefined> {
    const message = await readMessage(this.#version, this.#exchange.reader);
    // In draft 16 the answer proper repeats the id; what follows it does not.
    if (this.#version === 16 && message && REPLIES.has(message.type)) message.body.skipVarint();
    return message;
  }

  end(): void {
    this.#exchange.abort(cancelled());
  }
}

const REPLIES: ReadonlySet<number> = new Set([0x05, 0x07]);

/** Answers the requests that a peer makes on streams of their own, until the session ends. */
export async function answerStreams(
  session: Session,
  version: IetfVersion,
  events: LinkEvents,
): Promise<void> {
  try {
    for await (const stream of session.incomingBidirectionalStreams) {
      answer(stream, version, events);
    }
  } catch {
    // The session is lost, which its `closed` reports.
  }
}

async function answer(
  stream: BidirectionalStream,
  version: IetfVersion,
  events: LinkEvents,
): Promise<void> {
  const exchange = new Exchange(stream, codingOf(version));
  let namespace: string | undefined;
  try {
    const message = version < 16 ? undefined : await readMessage(version, exchange.reader);
    const answer = message && answerRequest(version, message);
    if (answer === undefined) return await exchange.abort(cancelled());
    namespace = answer.namespace;
    if (namespace !== undefined) events.announced(namespace);
    await exchange.write(answer.bytes);
    if (answer.refused) await exchange.finish();
    // The request lasts as long as its stream: until then its answer holds.
    await exchange.reader.drain();
    await exchange.finish();
  } catch (error) {
    await exchange.abort(cancelled());
    events.explain(error);
  } finally {
    if (namespace !== undefined) events.withdrawn(namespace);
  }
}
