/** Runs: the continuous lives of a publisher, and how their media time maps to wall clock time. */

import { ulid } from "@std/ulid";

/** How far the published mapping may be off before a new one is published, in milliseconds. */
const MAX_DRIFT = 1000;

/** How long an observation counts at least, in milliseconds, so that drifting clocks are followed. */
const WINDOW = 300_000;

/** One continuous life of a publisher. All tracks of the broadcast share it. */
export class Run {
  /** ULID of the run. */
  readonly id: string;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Smallest differences of the window that is filling and of the one before it. */
  #lowest: [number, number] = [Infinity, Infinity];
  #windowEnd: number;
  #published: number | undefined;

  /** Begins a run at `at` (milliseconds since the Unix epoch). */
  constructor(at: number) {
    this.at = at;
    this.id = ulid(at);
    this.#windowEnd = at + WINDOW;
  }

  /**
   * Takes note that media of time `seconds` arrived at `at` (milliseconds since the Unix epoch).
   *
   * Network and relay only ever delay media, so that the smallest difference seen is the closest to
   * the truth; the jitter of any one arrival is not.
   */
  observe(seconds: number, at: number): void {
    if (at >= this.#windowEnd) {
      this.#lowest = [Infinity, this.#lowest[0]];
      this.#windowEnd = at + WINDOW;
    }
    this.#lowest[0] = Math.min(this.#lowest[0], at - seconds * 1000);
  }

  /**
   * Wall clock time of media time 0, in milliseconds since the Unix epoch. All tracks get the same
   * answer, which changes only when it proves to be more than a second off.
   */
  get epoch(): number | undefined {
    const lowest = Math.min(...this.#lowest);
    if (lowest === Infinity) return undefined;
    if (this.#published === undefined || Math.abs(this.#published - lowest) > MAX_DRIFT) {
      this.#published = lowest;
    }
    return this.#published;
  }
}

/** The runs of a broadcast, one at a time. */
export class Runs {
  #current: Run;

  /** Begins the first run at `at` (milliseconds since the Unix epoch). */
  constructor(at: number = Date.now()) {
    this.#current = new Run(at);
  }

  /** The run that is going on. */
  get current(): Run {
    return this.#current;
  }

  /** Ends the run that is going on and begins another one. */
  begin(at: number = Date.now()): Run {
    return this.#current = new Run(at);
  }
}
