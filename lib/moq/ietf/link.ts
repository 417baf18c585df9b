import type { ByteWriter } from "../byte_writer.ts";
import type { Message } from "./message.ts";

/** A request of ours and what the peer says about it. */
export interface Dialogue {
  /** The next message about it, the request's id aside; undefined when nothing more comes. */
  next(): Promise<Message | undefined>;
  /** Says that we have lost interest. Never rejects; calling it again does nothing. */
  end(): void;
}

/** Where requests are made: on the control stream, or from draft 17 on, each on its own. */
export interface Link {
  /** Takes the next request id, waiting while the peer allows no more until `signal` aborts. */
  nextId(signal: AbortSignal): Promise<number>;
  /** Makes a request; `write` adds what follows the id. */
  request(type: number, id: number, write: (body: ByteWriter) => void): Promise<Dialogue>;
  /** Told that the session is over. */
  fail(error: unknown): void;
}

/** What happens on a link besides our requests. */
export interface LinkEvents {
  /** The peer asks us to move on to a URI, "" for the same. */
  goaway: (uri: string) => void;
  /** The peer announces a namespace. */
  announced: (path: string) => void;
  /** The peer takes an announcement back. */
  withdrawn: (path: string) => void;
  /** Something went wrong. */
  explain: (error: unknown) => unknown;
  /** The peer has ended the control stream. */
  ended: () => unknown;
}
