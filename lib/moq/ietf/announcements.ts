import { StreamResetError } from "../../transport/error.ts";
import { ProtocolError } from "../error.ts";
import type { Announcement } from "../group.ts";
import { joinPath, stripPrefix } from "../path.ts";
import type { Dialogue } from "./link.ts";
import type { Message } from "./message.ts";
import { MessageType } from "./message_type.ts";
import { decodeNamespace } from "./namespace.ts";
import type { NamespaceBoard } from "./namespace_board.ts";

/** Most announcements that may wait to be read. */
const MAX_WAITING = 65_536;

/** Options of {@linkcode AnnouncementSource}. */
export interface AnnouncementSourceOptions {
  /** The prefix asked for, normalized. */
  prefix: string;
  /** What the peer announces to the session as a whole. */
  board: NamespaceBoard;
  /** Asks for what is below the prefix; undefined if the dialect has no such question. */
  ask: () => Promise<Dialogue> | undefined;
  /** Turns what went wrong into what the reader gets to see. */
  explain: (error: unknown) => Promise<unknown>;
}

/**
 * Makes announcements of the namespaces that a peer names below a prefix or announces by itself.
 * They end where the peer refuses to tell: a broadcast may be there all the same.
 */
export class AnnouncementSource implements UnderlyingDefaultSource<Announcement> {
  readonly #options: AnnouncementSourceOptions;
  readonly #named = new Set<string>();
  readonly #announced = new Set<string>();
  #controller!: ReadableStreamDefaultController<Announcement>;
  #dialogue: Dialogue | undefined;
  #unwatch: () => void = () => {};
  #over = false;

  /** Does nothing until a stream is made of it. */
  constructor(options: AnnouncementSourceOptions) {
    this.#options = options;
  }

  /** Asks the peer. */
  start(controller: ReadableStreamDefaultController<Announcement>): void {
    this.#controller = controller;
    this.#run();
  }

  /** Says that nobody listens any more. */
  cancel(): void {
    this.#over = true;
    this.#unwatch();
    this.#dialogue?.end();
  }

  async #run(): Promise<void> {
    const { prefix, board, ask, explain } = this.#options;
    try {
      const dialogue = await ask();
      this.#dialogue = dialogue;
      if (this.#over) return dialogue?.end();
      const accepted = dialogue && await next(dialogue);
      if (this.#over) return;
      if (accepted !== undefined && ACCEPTED.has(accepted.type)) {
        this.#unwatch = board.watch((path, status) => {
          if (stripPrefix(prefix, path) !== undefined) this.#note(this.#announced, path, status);
        });
        for (;;) {
          const message = await next(dialogue!);
          if (message === undefined) break;
          const { type, body } = message;
          if (type !== MessageType.namespace && type !== MessageType.namespaceDone) continue;
          const path = joinPath(prefix, decodeNamespace(body));
          this.#note(this.#named, path, type === MessageType.namespace ? "active" : "ended");
        }
      }
      if (this.#over) return;
      for (const path of new Set([...this.#named, ...this.#announced])) {
        this.#controller.enqueue({ broadcast: path, status: "ended" });
      }
      this.cancel();
      this.#controller.close();
    } catch (error) {
      if (this.#over) return;
      this.cancel();
      this.#controller.error(await explain(error));
    }
  }

  #note(where: Set<string>, path: string, status: "active" | "ended"): void {
    const live = () => this.#named.has(path) || this.#announced.has(path);
    const before = live();
    if (status === "active") where.add(path);
    else where.delete(path);
    if (before === live() || this.#over) return;
    // A stream without a size of its own counts what waits below zero.
    if (this.#named.size > MAX_WAITING || this.#controller.desiredSize! < -MAX_WAITING) {
      throw new ProtocolError(`Cannot list broadcasts: more than ${MAX_WAITING}`);
    }
    this.#controller.enqueue({ broadcast: path, status });
  }
}

/** The next message; from draft 17 on, a stream that is reset is a refusal as well. */
async function next(dialogue: Dialogue): Promise<Message | undefined> {
  try {
    return await dialogue.next();
  } catch (error) {
    if (error instanceof StreamResetError) return undefined;
    throw error;
  }
}

const ACCEPTED: ReadonlySet<number> = new Set([
  MessageType.requestOk,
  MessageType.subscribeNamespaceOk,
]);
