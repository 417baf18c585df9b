/** Records one track: the ingest pipeline on one screen. */

import type { ObjectStore } from "../cas/store.ts";
import type { Logger } from "../log.ts";
import { ManifestAppender } from "../manifest/appender.ts";
import type { Subscription } from "../moq/group.ts";
import { Continuity } from "./continuity.ts";
import type { FrameObserver } from "./frame_tap.ts";
import { GroupOrder } from "./group_order.ts";
import type { Runs } from "./run.ts";
import { type Outage, SpanSink } from "./span_sink.ts";
import { SpanStream } from "./span_stream.ts";
import type { TrackMedia } from "./track_media.ts";
import { TrackStats } from "./track_stats.ts";
import { untilEnd } from "./until_end.ts";

/** Options of {@linkcode TrackRecorder.open}. */
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

/** Records a track over any number of subscriptions, one after the other. */
export class TrackRecorder implements AsyncDisposable {
  /** What was recorded so far. */
  readonly stats: TrackStats = new TrackStats();
  readonly #options: TrackRecorderOptions;
  readonly #manifest: ManifestAppender;
  readonly #continuity: Continuity;
  #outage: (() => Outage) | undefined;

  private constructor(options: TrackRecorderOptions, manifest: ManifestAppender) {
    this.#options = options;
    this.#manifest = manifest;
    this.#continuity = new Continuity(options.runs);
    const { at } = manifest.last;
    if (at !== undefined) {
      const outage: Outage = {
        at: Date.parse(at),
        cause: "stopped",
        reason: "Recorder was not running",
      };
      this.#outage = () => outage;
    }
  }

  /** Opens the track's manifest, which recovers it if need be. */
  static async open(options: TrackRecorderOptions): Promise<TrackRecorder> {
    const { broadcast, track, manifestDir, log } = options;
    const manifest = await ManifestAppender.open({
      root: manifestDir,
      broadcast,
      track,
      onTorn: ({ path, bytes }) =>
        log.warn("Cut off a torn line at the end of the manifest", { path, bytes }),
    });
    return new TrackRecorder(options, manifest);
  }

  /**
   * Records the subscription until it ends or is stopped. Fulfils with the error that ended it, or
   * undefined when the track ended or was stopped.
   *
   * @throws if the manifest cannot be written.
   */
  async record(subscription: Subscription, options: RecordOptions): Promise<unknown> {
    const { broadcast, track, relay, store, runs, log } = this.#options;
    const { protocol, media, observe, stop, cutoff, lost } = options;
    const source = untilEnd(subscription.groups, stop);
    const outage = this.#outage?.();
    this.#outage = undefined;

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
          ...(observe && { observe }),
        }),
      )
      .pipeTo(
        new SpanSink({
          store,
          manifest: this.#manifest,
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
    await this.#manifest.sync();
    subscription.close();
    const error = await source.ended;
    const at = Date.now();
    const run = runs.current;
    // Whether the session or the publisher went is known a moment later only: hence a function.
    this.#outage = () => ({
      at,
      run,
      cause: lost.aborted || (error !== undefined && run === runs.current)
        ? "disconnected"
        : "offline",
      ...(error instanceof Error && { reason: error.message }),
    });
    return error;
  }

  /** Writes out and closes the manifest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#manifest.close();
  }
}
