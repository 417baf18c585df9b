/** A reader wanted what had been forgotten already. */
export class LaggedError extends Error {
  /** Tells these errors from others. */
  override readonly name = "LaggedError";
}

/** A list that grows at its end, is forgotten from its start, and is read by many at their own pace. */
export class ReplayLog<T> {
  #items: T[] = [];
  #start = 0;
  #closed = false;
  readonly #wakers = new Set<() => void>();

  /** Position of the oldest item that is remembered. */
  get start(): number {
    return this.#start;
  }

  /** Position that the next item will have. */
  get end(): number {
    return this.#start + this.#items.length;
  }

  /** Whether nothing will be added any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The items that are remembered. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds an item. */
  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Forgets the oldest `count` items. */
  forget(count: number): void {
    this.#start += this.#items.splice(0, count).length;
    this.#wake();
  }

  /** Says that nothing will be added any more. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /**
   * Reads from `position` on, waiting for what is to come, until the list is closed or `signal`
   * aborts.
   *
   * @throws {LaggedError} if an item was forgotten before it was read.
   */
  async *read(position: number, signal: AbortSignal): AsyncGenerator<T> {
    // One promise per wait: racing against something that lives long would never let go of it.
    let wake = () => {};
    const waker = () => wake();
    this.#wakers.add(waker);
    signal.addEventListener("abort", waker);
    try {
      for (; !signal.aborted; ++position) {
        while (position === this.end && !this.#closed && !signal.aborted) {
          await new Promise<void>((resolve) => wake = resolve);
        }
        if (position < this.#start) throw new LaggedError("Cannot read on: the reader is too slow");
        if (position === this.end || signal.aborted) return;
        yield this.#items[position - this.#start]!;
      }
    } finally {
      this.#wakers.delete(waker);
      signal.removeEventListener("abort", waker);
    }
  }

  #wake(): void {
    for (const waker of this.#wakers) waker();
  }
}
