import { ProtocolError } from "../error.ts";
import type { Exchange } from "../exchange.ts";
import type { Announcement } from "../group.ts";
import { joinPath } from "../path.ts";
import {
  type AnnounceMessage,
  decodeAnnounce,
  decodeAnnounceInit,
  decodeAnnounceOk,
} from "./announce.ts";
import type { LiteVersion } from "./version.ts";

/** Largest message listing broadcasts, in bytes. */
const MAX_INIT_SIZE = 2 ** 20;
/** Most broadcasts at a time. */
const MAX_BROADCASTS = 65_536;

/** Options of {@linkcode AnnouncementSource}. */
export interface AnnouncementSourceOptions {
  /** The session's draft. */
  version: LiteVersion;
  /** The prefix asked for, normalized. */
  prefix: string;
  /** Opens the stream, with the request said. */
  open: () => Promise<Exchange>;
  /** Turns what went wrong into what the reader gets to see. */
  explain: (error: unknown) => Promise<unknown>;
}

/** Makes announcements of what a peer says on an announce stream, no faster than they are read. */
export class AnnouncementSource implements UnderlyingDefaultSource<Announcement> {
  readonly #options: AnnouncementSourceOptions;
  readonly #live = new Set<string>();
  #exchange: Exchange | undefined;
  #cancelled = false;

  /** Does nothing until a stream is made of it. */
  constructor(options: AnnouncementSourceOptions) {
    this.#options = options;
  }

  /** Opens the stream and reads what precedes the announcements proper. */
  start(controller: ReadableStreamDefaultController<Announcement>): Promise<void> {
    return this.#guard(async () => {
      const { version, open } = this.#options;
      const exchange = await open();
      this.#exchange = exchange;
      if (this.#cancelled) return void exchange.close();
      if (version <= 2) {
        const suffixes = decodeAnnounceInit(await exchange.reader.message(MAX_INIT_SIZE));
        for (const suffix of suffixes) this.#emit({ suffix, status: "active" }, controller);
      } else if (version >= 5) {
        decodeAnnounceOk(await exchange.reader.message());
      }
    });
  }

  /** Reads on until there is something to tell. */
  pull(controller: ReadableStreamDefaultController<Announcement>): Promise<void> {
    return this.#guard(async () => {
      const { reader } = this.#exchange!;
      while (!await reader.done()) {
        const message = decodeAnnounce(this.#options.version, await reader.message());
        if (this.#emit(message, controller)) return;
      }
      if (this.#cancelled) return;
      for (const suffix of this.#live) this.#emit({ suffix, status: "ended" }, controller);
      controller.close();
      this.#exchange!.close();
    });
  }

  /** Says that nobody listens any more. */
  cancel(): void {
    this.#cancelled = true;
    this.#exchange?.close();
  }

  #emit(
    { suffix, status }: AnnounceMessage,
    controller: ReadableStreamDefaultController<Announcement>,
  ): boolean {
    if (status === "ended") {
      // What was never reported, for its hops say, is not reported as ended either.
      if (!this.#live.delete(suffix)) return false;
    } else {
      // An announcement of what is already there means that a new publisher took over.
      if (this.#live.has(suffix)) status = "restart";
      else status = "active";
      this.#live.add(suffix);
      if (this.#live.size > MAX_BROADCASTS) {
        throw new ProtocolError(`Cannot list broadcasts: more than ${MAX_BROADCASTS}`);
      }
    }
    controller.enqueue({ broadcast: joinPath(this.#options.prefix, suffix), status });
    return true;
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#cancelled) return;
      this.#exchange?.close();
      throw await this.#options.explain(error);
    }
  }
}
