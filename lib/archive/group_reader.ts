/** Reads one group to its end, and knows when to stop waiting for it. */

import type { GapCause } from "../manifest/record.ts";
import { ProtocolError } from "../moq/error.ts";
import type { FramePart } from "../moq/group.ts";
import { StreamResetError } from "../transport/error.ts";
import type { OrderedGroup } from "./group_order.ts";

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
  #pending: Promise<GroupEvent> | undefined;
  #idlePeriods = 0;

  constructor(group: OrderedGroup, options: GroupReaderOptions) {
    this.#reader = group.frames.getReader();
    this.#superseded = group.superseded;
    this.#cutoff = options.cutoff;
    this.#idle = options.idle ?? 1000;
    this.#patience = options.patience ?? 10;
  }

  /** The next event. After an end or a cut there are no more. */
  async read(): Promise<GroupEvent> {
    this.#pending ??= this.#next();
    const pause = Promise.withResolvers<GroupEvent>();
    const wake = () => pause.resolve({ idle: true });
    const timer = setTimeout(wake, this.#idle);
    this.#cutoff.addEventListener("abort", wake);
    if (this.#cutoff.aborted) wake();
    const event = await Promise.race([this.#pending, pause.promise]);
    clearTimeout(timer);
    this.#cutoff.removeEventListener("abort", wake);
    if (!("idle" in event)) {
      this.#pending = undefined;
      this.#idlePeriods = 0;
      return event;
    }
    if (this.#cutoff.aborted) {
      return this.#giveUp({ cause: "stopped", reason: "Recorder was stopped" });
    }
    if (this.#superseded.aborted && ++this.#idlePeriods >= this.#patience) {
      return this.#giveUp({ cause: "stalled", reason: "Later groups came, this one stood still" });
    }
    return event;
  }

  async #next(): Promise<GroupEvent> {
    try {
      const { value, done } = await this.#reader.read();
      return done ? { end: true } : { part: value };
    } catch (error) {
      return { cut: explain(error) };
    }
  }

  #giveUp(cut: Cut): GroupEvent {
    this.#reader.cancel(cut.reason).catch(() => {});
    return { cut };
  }
}

/** What an error of a group's stream means for the archive. */
function explain(error: unknown): Cut {
  if (error instanceof StreamResetError) return { cause: "reset", code: error.code };
  const reason = error instanceof Error ? error.message : String(error);
  return { cause: error instanceof ProtocolError ? "invalid" : "disconnected", reason };
}
