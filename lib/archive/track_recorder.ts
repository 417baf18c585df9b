/** Records one track: the ingest pipeline on one screen. */

import type { ObjectStore } from "../cas/store.ts";
import type { Logger } from "../log.ts";
import { ManifestAppender } from "../manifest/appender.ts";
import type { GapCause } from "../manifest/record.ts";
import type { Subscription } from "../moq/group.ts";
import { Continuity } from "./continuity.ts";
import type { FrameObserver } from "./frame_tap.ts";
import { GroupOrder } from "./group_order.ts";
import { reasonOf } from "../reason.ts";
import type { Run, Runs } from "./run.ts";
import { type Outage, SpanSink } from "./span_sink.ts";
import { SpanStream } from "./span_stream.ts";
import type { TrackMedia } from "./track_media.ts";
import { TrackStats } from "./track_stats.ts";
import { untilEnd } from "./until_end.ts";

/** Options of {@linkcode TrackRecorder}. */
export interface TrackRecorderOptions {
  broadcast: string;
  track: string;
  /** Address of the relay, without secrets. */
  relay: string;
  store: ObjectStore;
  /** Root of the manifests. */
  manifestDir: string;
  /** The runs of the broadcast, shared by its tracks. */
  runs: Runs;
  log: Logger;
}

/** Options of {@linkcode TrackRecorder.record}. */
export interface RecordOptions {
  /** The dialect the groups come by. */
  protocol: string;
  /** What the track carries at the moment. */
  media: () => TrackMedia;
  /** Sees the track's frames. */
  observe?: FrameObserver;
  /** Aborted when no more groups are wanted. Those that have begun are finished. */
  stop: AbortSignal;
  /** Aborted when groups that are not finished must be cut. */
  cutoff: AbortSignal;
  /** Aborted once the session is over, whatever the subscription says of its end. */
  lost: AbortSignal;
}

/** Makes an outage of the time of the last record, in milliseconds since the Unix epoch. */
type OutageSince = (recorded: number) => Outage;

/** Records a track over any number of subscriptions, one after the other. */
export class TrackRecorder {
  /** What was recorded so far. */
  readonly stats: TrackStats = new TrackStats();
  readonly #options: TrackRecorderOptions;
  readonly #continuity: Continuity;
  #manifest: ManifestAppender | undefined;
  /** What went before the next subscription. */
  #outage: OutageSince = since("stopped", "Recorder was not running");
  /** Why not all that was received last is recorded. */
  #failure: { error: unknown } | undefined;
  /** The run in which malformed media was reported. */
  #malformed: Run | undefined;

  /** Opens nothing yet. */
  constructor(options: TrackRecorderOptions) {
    this.#options = options;
    this.#continuity = new Continuity(options.runs);
  }

  /**
   * Records the subscription until it ends or is stopped. Fulfils with the error that ended it, or
   * undefined when the track ended or was stopped.
   *
   * @throws if the manifest cannot be opened or written. It may be tried again, with another
   * subscription: the manifest is opened anew, which recovers it, and what was missed becomes a gap.
   */
  async record(subscription: Subscription, options: RecordOptions): Promise<unknown> {
    try {
      this.#manifest ??= await this.#open();
      const ended = await this.#record(subscription, this.#manifest, options);
      this.#failure = undefined;
      return ended;
    } catch (error) {
      this.#failure = { error };
      // Which groups are in the manifest is not known any more: none is taken for a repetition.
      this.#options.runs.begin();
      this.#outage = since("storage", reasonOf(error));
      await this.#close().catch(() => {});
      throw error;
    } finally {
      subscription.close();
    }
  }

  /**
   * Writes out and closes the manifest. Recording again opens it again.
   *
   * @throws if not all that was received last is recorded.
   */
  async close(): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    await this.#close();
    if (failure) throw failure.error;
  }

  async #close(): Promise<void> {
    const manifest = this.#manifest;
    this.#manifest = undefined;
    await manifest?.close();
  }

  async #record(
    subscription: Subscription,
    manifest: ManifestAppender,
    { protocol, media, observe, stop, cutoff, lost }: RecordOptions,
  ): Promise<unknown> {
    const { broadcast, track, relay, store, runs, log } = this.#options;
    const source = untilEnd(subscription.groups, stop);
    const { at } = manifest.last;
    const outage = at === undefined ? undefined : this.#outage(Date.parse(at));

    await source.groups
      .pipeThrough(
        new GroupOrder({
          ...(this.#continuity.next !== undefined && { next: this.#continuity.next }),
          ...(outage !== undefined && { cause: outage.cause }),
        }),
      )
      .pipeThrough(
        new SpanStream({
          media,
          cutoff,
          continuity: this.#continuity,
          onBytes: (bytes) => this.stats.receive(bytes),
          onMalformed: (reason) => this.#reportMalformed(reason),
          ...(observe && { observe }),
        }),
      )
      .pipeTo(
        new SpanSink({
          store,
          manifest,
          origin: {
            broadcast,
            track,
            relay,
            protocol,
            ...(subscription.timescale !== undefined && { wireTimescale: subscription.timescale }),
          },
          current: () => ({ run: runs.current, media: media() }),
          ...(outage !== undefined && { outage }),
          stats: this.stats,
          log,
        }),
      );
    await manifest.sync();
    const error = await source.ended;
    const ended = Date.now();
    const run = runs.current;
    // Whether the session or the publisher went is known a moment later only: hence a function.
    this.#outage = () => ({
      at: ended,
      run,
      cause: lost.aborted || (error !== undefined && run === runs.current)
        ? "disconnected"
        : "offline",
      ...(error instanceof Error && { reason: error.message }),
    });
    return error;
  }

  #open(): Promise<ManifestAppender> {
    const { broadcast, track, manifestDir, log } = this.#options;
    return ManifestAppender.open({
      root: manifestDir,
      broadcast,
      track,
      onTorn: ({ path, bytes, kept }) =>
        log.warn("Cut off a torn line at the end of the manifest; it is kept beside it", {
          path,
          bytes,
          kept,
        }),
    });
  }

  /** A publisher that gets it wrong does so in every group: one line for each run is enough. */
  #reportMalformed(reason: string): void {
    const { broadcast, track, runs, log } = this.#options;
    if (this.#malformed === runs.current) return;
    this.#malformed = runs.current;
    log.warn("Media makes no sense; it is recorded but may not be playable", {
      broadcast,
      track,
      reason,
    });
  }
}

/** An outage that began with the last record. */
function since(cause: GapCause, reason: string): OutageSince {
  return (recorded) => ({ at: recorded, cause, reason });
}
