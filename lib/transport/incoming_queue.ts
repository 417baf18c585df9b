/** Things the peer started that wait to be taken. */

/**
 * A bounded queue between a loop that accepts and a user who takes.
 *
 * Nothing is refused: the loop is to await {@linkcode room} before it accepts more, which leaves the rest
 * to QUIC's stream limit.
 */
export class IncomingQueue<T> {
  /** Where the user takes from. After it is cancelled, whatever comes is discarded. */
  readonly readable: ReadableStream<T>;
  readonly #discard: (item: T) => void;
  #controller!: ReadableStreamDefaultController<T>;
  #open = true;
  #room = Promise.withResolvers<void>();

  /** Holds `limit` items; `discard` is given what comes when nobody takes any more. */
  constructor(limit: number, discard: (item: T) => void) {
    this.#discard = discard;
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#room.resolve(),
      cancel: () => this.#end(),
    }, { highWaterMark: limit });
  }

  /** Adds `item`, or discards it when nobody will take it. */
  push(item: T): void {
    if (this.#open) this.#controller.enqueue(item);
    else this.#discard(item);
  }

  /** Waits until fewer items than the limit are queued. */
  async room(): Promise<void> {
    if (!this.#open || this.#controller.desiredSize! > 0) return;
    this.#room = Promise.withResolvers();
    await this.#room.promise;
  }

  /** Lets the user take what is queued and then see the end. */
  close(): void {
    if (!this.#open) return;
    this.#end();
    this.#controller.close();
  }

  /** Fails the user's next take. */
  error(reason: unknown): void {
    if (!this.#open) return;
    this.#end();
    this.#controller.error(reason);
  }

  #end(): void {
    this.#open = false;
    this.#room.resolve();
  }
}
