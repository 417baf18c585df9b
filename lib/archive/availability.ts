/** Follows whether a broadcast is being published. */

import type { MoqSession } from "../moq/session.ts";

/** Knows what a session's announcements last said of one broadcast. */
export class Availability {
  readonly #reader;
  readonly #broadcast: string;
  readonly #onRestart: () => void;
  #active = false;
  #change = Promise.withResolvers<void>();

  /** Calls `onRestart` when a new publisher takes over without a break. */
  constructor(session: MoqSession, broadcast: string, onRestart: () => void) {
    this.#broadcast = broadcast;
    this.#onRestart = onRestart;
    this.#reader = session.announcements(broadcast).getReader();
    this.#follow();
  }

  /** Fulfils when the broadcast is announced, after `timeout` milliseconds, or once `signal` is aborted. */
  async untilActive(timeout: number, signal: AbortSignal): Promise<boolean> {
    const end = Promise.withResolvers<void>();
    const timer = setTimeout(end.resolve, timeout);
    const abort = () => end.resolve();
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    let over = false;
    end.promise.then(() => over = true);
    while (!this.#active && !over) await Promise.race([this.#change.promise, end.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    return this.#active;
  }

  /** Whether the broadcast is announced now. */
  get isActive(): boolean {
    return this.#active;
  }

  /** Stops following. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #follow(): Promise<void> {
    try {
      while (true) {
        const { value, done } = await this.#reader.read();
        if (done) return;
        if (value.broadcast !== this.#broadcast) continue;
        if (value.status === "restart") this.#onRestart();
        this.#active = value.status !== "ended";
        this.#change.resolve();
        this.#change = Promise.withResolvers<void>();
      }
    } catch {
      // The session is over, or the relay does not tell: whoever asks finds out by subscribing.
      this.#active = false;
    }
  }
}
