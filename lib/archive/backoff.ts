/** How long to wait before trying again. */

/** What lasted this long, in milliseconds, has worked. */
const GOOD = 10_000;

/** Options of {@linkcode Backoff}. */
export interface BackoffOptions {
  /** The first delay in milliseconds. @default {500} */
  initial?: number;
  /** The longest delay in milliseconds. @default {30_000} */
  max?: number;
}

/** Delays that double up to a limit, each cut short by up to half at random, so that crowds disperse. */
export class Backoff {
  readonly #initial: number;
  readonly #max: number;
  #next: number;

  constructor(options: BackoffOptions = {}) {
    this.#initial = options.initial ?? 500;
    this.#max = options.max ?? 30_000;
    this.#next = this.#initial;
  }

  /** The delay to wait now, in milliseconds. */
  next(): number {
    const delay = this.#next;
    this.#next = Math.min(this.#max, delay * 2);
    return Math.round(delay * (1 - Math.random() / 2));
  }

  /** Starts over: what was tried has worked. */
  reset(): void {
    this.#next = this.#initial;
  }

  /** Starts over if what began at `since` (milliseconds since the Unix epoch) lasted 10 s. */
  settle(since: number): void {
    if (Date.now() - since >= GOOD) this.reset();
  }
}
