/** The end of the pipeline: spans into the store, then lines into the manifest. */

import { objectPath } from "../cas/digest.ts";
import type { ObjectStore, StoredObject } from "../cas/store.ts";
import type { ManifestAppender } from "../manifest/appender.ts";
import type { GapCause, GapRecord, RunRecord } from "../manifest/record.ts";
import type { Logger } from "../log.ts";
import { reasonOf } from "../reason.ts";
import type { Run } from "./run.ts";
import type { Span, SpanItem } from "./span.ts";
import { describeMedia, type TrackMedia } from "./track_media.ts";
import type { TrackStats } from "./track_stats.ts";

/** The last instant that RFC 3339 can tell, in milliseconds since the Unix epoch. */
const MAX_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Time in which nothing was received. */
export interface Outage {
  /** When it began, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly cause: GapCause;
  readonly reason?: string;
  /** The run that was going on then; none when the recorder was not running. */
  readonly run?: Run;
}

/** Options of {@linkcode SpanSink}. */
export interface SpanSinkOptions {
  store: ObjectStore;
  manifest: ManifestAppender;
  /** Where the track comes from, as the run record says it. */
  origin: Pick<RunRecord, "broadcast" | "track" | "relay" | "protocol" | "wireTimescale">;
  /** The run and media that gaps belong to before the first span. */
  current: () => { run: Run; media: TrackMedia };
  /** What went before; becomes a gap unless the first group shows that nothing was missed. */
  outage?: Outage;
  stats: TrackStats;
  log: Logger;
}

/**
 * Stores each span and then writes its record: an object is durable before its line is there. A
 * store that fails costs the span, never the recording: the loss becomes a gap.
 */
export class SpanSink extends WritableStream<SpanItem> {
  constructor(options: SpanSinkOptions) {
    const { store, manifest, origin, stats, log } = options;
    let run: Run | undefined;
    let media: TrackMedia | undefined;
    let epoch: number | undefined;
    let { outage } = options;

    const enter = async (next: { run: Run; media: TrackMedia }, at: number) => {
      if (next.run === run && next.media === media) return;
      const begun = next.run !== run;
      ({ run, media } = next);
      epoch = undefined;
      await manifest.append({
        kind: "run",
        v: 1,
        at: timestamp(at),
        run: run.id,
        ...origin,
        ...describeMedia(media),
      });
      const gap = begun && run !== outage?.run ? outage : undefined;
      outage = undefined;
      if (gap !== undefined) await appendGap(during(gap, at));
    };

    const appendGap = async (gap: Omit<GapRecord, "kind" | "run">) => {
      if (run === undefined) await enter(options.current(), Date.parse(gap.at));
      await manifest.append({ kind: "gap", run: run!.id, ...gap });
      stats.gaps += 1;
      log.warn("Gap recorded; recording goes on", {
        broadcast: origin.broadcast,
        track: origin.track,
        cause: gap.cause,
        ...(gap.group !== undefined && { group: gap.group, groups: gap.groups }),
        ...(gap.code !== undefined && { code: gap.code }),
        ...(gap.reason !== undefined && { reason: gap.reason }),
      });
    };

    const writeSpan = async (span: Span) => {
      let object: StoredObject;
      try {
        object = await store.put(span.bytes);
      } catch (error) {
        await span.bytes.cancel().catch(() => {});
        const { group, groups } = await span.content;
        const reason = reasonOf(error);
        await enter(span, span.at);
        return await appendGap({ at: timestamp(span.at), group, groups, cause: "storage", reason });
      }
      const { group, groups, ...content } = await span.content;
      await enter(span, span.at);
      await manifest.append({
        kind: "span",
        at: timestamp(span.at),
        run: span.run.id,
        msn: (manifest.last.msn ?? -1) + 1,
        group,
        groups,
        hash: object.digest,
        size: object.size,
        path: objectPath(object.digest),
        ...content,
      });
      stats.store(groups, object);
      if (content.time !== undefined && span.run.epoch !== epoch) {
        epoch = span.run.epoch!;
        const wall = epoch + content.time / span.media.timescale! * 1000;
        // One absurd time of a publisher, in any of its tracks, spoils the mapping for a while.
        if (!(wall >= 0 && wall <= MAX_INSTANT)) return;
        await manifest.append({
          kind: "anchor",
          at: timestamp(Date.now()),
          run: span.run.id,
          time: content.time,
          wall: timestamp(wall),
        });
      }
    };

    super({
      async write(item) {
        if ("bytes" in item) return await writeSpan(item);
        const { sequence, count, ...rest } = item;
        const at = "at" in rest ? rest.at : Date.now();
        const time = outage === undefined ? { at: timestamp(at) } : during(outage, at);
        outage = undefined;
        await appendGap({ ...rest, ...time, group: sequence, groups: count });
      },
    });
  }
}

/** The gap that an outage until `until` (milliseconds since the Unix epoch) left. */
function during({ at, cause, reason }: Outage, until: number): Omit<GapRecord, "kind" | "run"> {
  return {
    at: timestamp(at),
    until: timestamp(Math.max(at, until)),
    cause,
    ...(reason !== undefined && { reason }),
  };
}

/** RFC 3339 in UTC with milliseconds. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
