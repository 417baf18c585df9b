/** Gathers groups into spans. */

import { GroupIntake, type IntakeOptions } from "./group_intake.ts";
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
    let gather!: SpanGather;
    super(
      {
        start(controller) {
          gather = new SpanGather((span) => controller.enqueue(span));
        },
        async transform(item, controller) {
          if ("frames" in item) {
            return await new GroupIntake(item, options, gather, controller).run();
          }
          gather.flush();
          const missing = options.continuity.unaccounted(item);
          if (missing !== undefined) controller.enqueue(missing);
        },
        flush() {
          gather.flush();
        },
        cancel() {
          gather.discard();
        },
      },
      undefined,
      { highWaterMark: 2 },
    );
  }
}
