/** Gathers groups into spans. */

import { GroupIntake, type IntakeOptions, type SpanOutput } from "./group_intake.ts";
import type { MissingGroups, OrderedGroup } from "./group_order.ts";
import { SpanGather } from "./span_gather.ts";
import type { SpanItem } from "./span.ts";

/**
 * Turns the groups of a track into spans, one group at a time and in order.
 *
 * A group of a second or more, or of more than 256 KiB, is a span of its own. Shorter ones are
 * gathered until media time crosses a multiple of 2 s, which all recorders of a broadcast cross at
 * the same group, so that they store the same objects. Small groups are held in memory (1 MiB at
 * most); large ones flow through.
 */
export class SpanStream extends TransformStream<OrderedGroup | MissingGroups, SpanItem> {
  constructor(options: IntakeOptions) {
    const cancelled = new AbortController();
    const cutoff = AbortSignal.any([options.cutoff, cancelled.signal]);
    let gather!: SpanGather;
    let out!: SpanOutput;
    let latest: SpanItem | undefined;
    super(
      {
        start(controller) {
          out = {
            hasRoom: () => controller.desiredSize! > 0,
            emit: (item) => controller.enqueue(latest = item),
          };
          gather = new SpanGather(out.emit);
        },
        async transform(item) {
          if ("frames" in item) {
            return await new GroupIntake(item, { ...options, cutoff }, gather, out).run();
          }
          gather.flush();
          const missing = options.continuity.unaccounted(item);
          if (missing !== undefined) out.emit(missing);
        },
        flush() {
          gather.flush();
        },
        // What is being taken in must not go on, or wait for a reader of its bytes.
        async cancel(reason) {
          cancelled.abort();
          gather.end();
          if (latest !== undefined && "bytes" in latest && !latest.bytes.locked) {
            await latest.bytes.cancel(reason);
          }
        },
      },
      undefined,
      { highWaterMark: 2 },
    );
  }
}
