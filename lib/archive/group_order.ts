/** Puts the groups of a track back into the order of their sequence numbers. */

import type { DroppedGroups, Group } from "../moq/group.ts";
import type { GapCause } from "../manifest/record.ts";

/** A group in its place. */
export interface OrderedGroup extends Group {
  /** The group came after its place had been given up, or a group like it was there before. */
  readonly late: boolean;
  /**
   * Aborted as soon as a later group is known or the track has ended, so that a group that never
   * ends can be given up.
   */
  readonly superseded: AbortSignal;
}

/** Groups that will not come in their place. */
export interface MissingGroups {
  /** First missing group. */
  readonly sequence: number;
  /** How many are missing. */
  readonly count: number;
  /** Why, as far as is known. */
  readonly cause: GapCause;
  /** Error code of the peer, if it gave one. */
  readonly code?: number;
}

/** Options of {@linkcode GroupOrder}. */
export interface GroupOrderOptions {
  /** The group expected first. Whatever comes first when absent, or when that is an earlier one. */
  next?: number;
  /** Cause to give for groups missing before the first one that comes. @default {"missing"} */
  cause?: GapCause;
  /** How long to wait for a missing group once a later one is there, in milliseconds. @default {3000} */
  patience?: number;
  /** How many groups may wait for a missing one. @default {64} */
  maxHeld?: number;
}

/** A group that waits for those before it. */
interface HeldGroup {
  readonly group: Group;
  readonly superseded: AbortController;
  /** When it came, on the clock of `performance.now`. */
  readonly since: number;
}

/** How many drop notices are remembered at once; a peer that sends more is not believed. */
const MAX_DROPPED = 1024;

/**
 * Takes groups as they arrive and gives them out in ascending order. A group that is missing is
 * waited for; after {@linkcode GroupOrderOptions.patience} it is reported as missing and, should it
 * come after all, given out as late. No group is ever discarded.
 *
 * What waits are unread streams: their bytes stay with the transport, under its flow control.
 */
export class GroupOrder extends TransformStream<
  Group | DroppedGroups,
  OrderedGroup | MissingGroups
> {
  constructor(options: GroupOrderOptions = {}) {
    const { patience = 3000, maxHeld = 64 } = options;
    const held = new Map<number, HeldGroup>();
    const dropped: DroppedGroups[] = [];
    let cause: GapCause = options.cause ?? "missing";
    let next = options.next;
    let first = true;
    let newest: { sequence: number; superseded: AbortController } | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let out!: TransformStreamDefaultController<OrderedGroup | MissingGroups>;

    const give = (group: Group, superseded: AbortController, late: boolean) =>
      out.enqueue({
        sequence: group.sequence,
        at: group.at,
        frames: group.frames,
        late,
        superseded: superseded.signal,
      });

    /** Gives out everything that is in its place. */
    const advance = () => {
      while (next !== undefined) {
        const drop = dropped.find((d) => d.sequence <= next! && next! < d.sequence + d.count);
        const entry = held.get(next);
        if (entry !== undefined) {
          held.delete(next);
          give(entry.group, entry.superseded, false);
          ++next;
        } else if (drop !== undefined) {
          const end = lowestHeld(drop.sequence + drop.count);
          out.enqueue({ sequence: next, count: end - next, cause: "dropped", code: drop.code });
          next = end;
        } else break;
        cause = "missing";
      }
      if (next !== undefined) {
        const past = dropped.filter((d) => d.sequence + d.count <= next!);
        for (const d of past) dropped.splice(dropped.indexOf(d), 1);
      }
      clearTimeout(timer);
      timer = undefined;
      if (held.size === 0) return;
      // What is missing has been so since the first of the later groups came, however many follow.
      const since = Math.min(...held.values().map((entry) => entry.since));
      timer = setTimeout(giveUp, Math.max(0, since + patience - performance.now()));
    };

    /** The lowest held sequence, at most `limit`. */
    const lowestHeld = (limit: number) => {
      let lowest = limit;
      for (const sequence of held.keys()) if (sequence < lowest) lowest = sequence;
      return lowest;
    };

    /** Reports what is missing before the first group held. */
    const giveUp = () => {
      const lowest = lowestHeld(Infinity);
      out.enqueue({ sequence: next!, count: lowest - next!, cause });
      next = lowest;
      advance();
    };

    super(
      {
        start(controller) {
          out = controller;
        },
        transform(item) {
          if (!("frames" in item)) {
            if (dropped.length < MAX_DROPPED) dropped.push(item);
            return advance();
          }
          const superseded = new AbortController();
          const isNewest = item.sequence > (newest?.sequence ?? -1);
          if (isNewest) {
            newest?.superseded.abort();
            newest = { sequence: item.sequence, superseded };
          } else superseded.abort();
          // A lower number than was wanted, first of all, is a repetition or a new publisher, and one
          // that follows on all others was never dropped, whatever was said: neither is late.
          if ((first || isNewest) && item.sequence < (next ?? Infinity)) next = item.sequence;
          first = false;
          if (item.sequence < next! || held.has(item.sequence)) return give(item, superseded, true);
          held.set(item.sequence, { group: item, superseded, since: performance.now() });
          advance();
          if (held.size > maxHeld) giveUp();
        },
        flush() {
          while (held.size > 0) giveUp();
          for (const { sequence } of dropped.toSorted((a, b) => a.sequence - b.sequence)) {
            next ??= sequence;
            if (sequence > next) out.enqueue({ sequence: next, count: sequence - next, cause });
            next = Math.max(next, sequence);
            advance();
          }
          // Nothing follows any more, so that the last one may be given up, too.
          newest?.superseded.abort();
          clearTimeout(timer);
        },
        cancel() {
          clearTimeout(timer);
        },
      },
      undefined,
      { highWaterMark: 256 },
    );
  }
}
