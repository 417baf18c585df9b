/** Reads one group to its end, and knows when to stop waiting for it. */

import type { GapCause } from "../manifest/record.ts";
import { ProtocolError } from "../moq/error.ts";
import type { FramePart } from "../moq/group.ts";
import { StreamResetError } from "../transport/error.ts";
import type { OrderedGroup } from "./group_order.ts";
import { reasonOf } from "../reason.ts";

/** Why a group ended before its end. */
export interface Cut {
  readonly cause: GapCause;
  readonly code?: number;
  readonly reason?: string;
}

/** What {@linkcode GroupReader.read} came back with. */
export type GroupEvent =
  /** More of the group. */
  | { readonly part: FramePart }
  /** The group is complete. */
  | { readonly end: true }
  /** The group will not go on. */
  | { readonly cut: Cut }
  /** Nothing came for {@linkcode GroupReaderOptions.idle} milliseconds; reading may go on. */
  | { readonly idle: true };

/** Options of {@linkcode GroupReader}. */
export interface GroupReaderOptions {
  /** Aborted when groups must be cut where they are, because the recorder has to end. */
  cutoff: AbortSignal;
  /** After how many milliseconds without a byte to come back idle. @default {1000} */
  idle?: number;
  /** After how many idle periods to give up a group that later ones have overtaken. @default {10} */
  patience?: number;
}

/** Reads one group. Every way a group can end comes back as an event; nothing is thrown. */
export class GroupReader {
  readonly #reader: ReadableStreamDefaultReader<FramePart>;
  readonly #superseded: AbortSignal;
  readonly #cutoff: AbortSignal;
  readonly #idle: number;
  readonly #patience: number;
  #idlePeriods = 0;
  #reading = false;
  /** What came, until it is given out. */
  #event: GroupEvent | undefined;
  #wake: () => void = () => {};

  constructor(group: OrderedGroup, options: GroupReaderOptions) {
    this.#reader = group.frames.getReader();
    this.#superseded = group.superseded;
    this.#cutoff = options.cutoff;
    this.#idle = options.idle ?? 1000;
    this.#patience = options.patience ?? 10;
  }

  /** The next event. After an end or a cut there are no more. */
  async read(): Promise<GroupEvent> {
    if (!this.#reading && this.#event === undefined) this.#readOn();
    if (this.#event === undefined) await this.#pause();
    const event = this.#event;
    if (event !== undefined) {
      this.#event = undefined;
      this.#idlePeriods = 0;
      return event;
    }
    if (this.#cutoff.aborted) {
      return this.#giveUp({ cause: "stopped", reason: "Recorder was stopped" });
    }
    if (this.#superseded.aborted && ++this.#idlePeriods >= this.#patience) {
      return this.#giveUp({ cause: "stalled", reason: "Later groups came, this one stood still" });
    }
    return { idle: true };
  }

  /** Waits until something came, but no longer than for the idle time or the cutoff. */
  async #pause(): Promise<void> {
    // Not a race with the reading: that may go on for days, and would keep each round of it.
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#wake = wake;
    const timer = setTimeout(wake, this.#idle);
    this.#cutoff.addEventListener("abort", wake);
    if (this.#cutoff.aborted) wake();
    await promise;
    clearTimeout(timer);
    this.#cutoff.removeEventListener("abort", wake);
  }

  async #readOn(): Promise<void> {
    this.#reading = true;
    try {
      const { value, done } = await this.#reader.read();
      this.#event = done ? { end: true } : { part: value };
    } catch (error) {
      this.#event = { cut: explain(error) };
    }
    this.#reading = false;
    this.#wake();
  }

  #giveUp(cut: Cut): GroupEvent {
    this.#reader.cancel(cut.reason).catch(() => {});
    return { cut };
  }
}

/** What an error of a group's stream means for the archive. */
function explain(error: unknown): Cut {
  if (error instanceof StreamResetError) return { cause: "reset", code: error.code };
  const reason = reasonOf(error);
  return { cause: error instanceof ProtocolError ? "invalid" : "disconnected", reason };
}
