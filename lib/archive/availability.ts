/** Follows whether a broadcast is being published. */

import type { MoqSession } from "../moq/session.ts";
import { sleep } from "../sleep.ts";

/** Knows what a session's announcements last said of one broadcast. */
export class Availability {
  readonly #reader;
  readonly #broadcast: string;
  readonly #onRestart: () => void;
  #active = false;
  /** It was announced at least once. */
  #known = false;
  #wake: () => void = () => {};

  /** Calls `onRestart` when a new publisher takes over, at once or after a while. */
  constructor(session: MoqSession, broadcast: string, onRestart: () => void) {
    this.#broadcast = broadcast;
    this.#onRestart = onRestart;
    this.#reader = session.announcements(broadcast).getReader();
    this.#follow();
  }

  /** Fulfils when the broadcast is announced, after `timeout` milliseconds, or once `signal` is aborted. */
  async untilActive(timeout: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#active) {
      const active = new AbortController();
      this.#wake = () => active.abort();
      await sleep(timeout, AbortSignal.any([signal, active.signal]));
    }
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
        this.#active = value.status !== "ended";
        if (!this.#active) continue;
        // Also after an end: subscriptions may have outlived it, which get nothing any more.
        if (this.#known) this.#onRestart();
        this.#known = true;
        this.#wake();
      }
    } catch {
      // The session is over, or the relay does not tell: whoever asks finds out by subscribing.
      this.#active = false;
    }
  }
}
