import { tooMany } from "./error_code.ts";
import type { Dialogue } from "./link.ts";
import type { Message } from "./message.ts";

/** Most messages about a request that may wait to be read. */
const MAX_WAITING = 16;

/** A request on the control stream, whose answers are handed to it. */
export class ControlDialogue implements Dialogue {
  readonly #leave: () => void;
  readonly #waiting: Message[] = [];
  #over: { error?: unknown } | undefined;
  #more: () => void = () => {};

  /** `leave` is called once interest is lost. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  async next(): Promise<Message | undefined> {
    while (this.#waiting.length === 0 && this.#over === undefined) {
      await new Promise<void>((resolve) => this.#more = resolve);
    }
    const message = this.#waiting.shift();
    if (message === undefined && this.#over !== undefined && "error" in this.#over) {
      throw this.#over.error;
    }
    return message;
  }

  end(): void {
    this.#leave();
    this.finish();
  }

  /**
   * Takes an answer.
   *
   * @throws {ProtocolError} if too many wait to be read.
   */
  push(message: Message): void {
    if (this.#waiting.length >= MAX_WAITING) {
      throw tooMany("more answers to a request than it takes");
    }
    this.#waiting.push(message);
    this.#more();
  }

  /** Says that nothing more comes. */
  finish(): void {
    this.#over ??= {};
    this.#more();
  }

  /** Says that nothing more can come. */
  fail(error: unknown): void {
    this.#over ??= { error };
    this.#more();
  }
}
