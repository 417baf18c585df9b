/** Records a broadcast, again and again as it goes and comes back. */

import type { ObjectStore } from "../cas/store.ts";
import type { Logger } from "../log.ts";
import type { MoqSession } from "../moq/session.ts";
import { sleep } from "../sleep.ts";
import { Availability } from "./availability.ts";
import { Backoff } from "./backoff.ts";
import { MediaResolver } from "./media_resolver.ts";
import { reasonOf } from "../reason.ts";
import { Round } from "./round.ts";
import { Runs } from "./run.ts";
import { TrackRecorder } from "./track_recorder.ts";
import type { TrackStats } from "./track_stats.ts";

/** How long to wait for an announcement before asking for the broadcast anyway, in milliseconds. */
const ANNOUNCE_TIMEOUT = 3000;

/** How much later than its streams a session may end, in milliseconds. */
const SETTLE = 250;

/** Options of {@linkcode BroadcastRecorder}. */
export interface BroadcastRecorderOptions {
  /** Name of the broadcast, relative to the session's URL path. */
  broadcast: string;
  /** The tracks to record; those the catalog names, and the catalog, when absent. */
  tracks?: readonly string[];
  /** Address of the relay, without secrets. */
  relay: string;
  /** Where objects go. */
  store: ObjectStore;
  /** Root of the manifests. */
  manifestDir: string;
  /** Told what happens. */
  log: Logger;
}

/** Records one broadcast over any number of sessions, one after the other. */
export class BroadcastRecorder implements AsyncDisposable {
  /** What is recorded of each track so far, by the track's name. */
  readonly stats: Map<string, TrackStats> = new Map();
  readonly #options: BroadcastRecorderOptions;
  readonly #runs = new Runs();
  readonly #resolver: MediaResolver;
  readonly #tracks = new Map<string, TrackRecorder>();

  /** Opens nothing yet: manifests are opened with the first group of their tracks. */
  constructor(options: BroadcastRecorderOptions) {
    this.#options = options;
    this.#resolver = new MediaResolver(options.store, options.log);
  }

  /**
   * Records over `session` until it ends or `stop` is aborted. Groups that have begun by then are
   * finished first.
   */
  async record(session: MoqSession, stop: AbortSignal): Promise<void> {
    const { broadcast, relay, tracks, log } = this.#options;
    const ended = new AbortController();
    const over = AbortSignal.any([stop, ended.signal]);
    session.closed.catch(() => {}).then(() => ended.abort());
    session.goaway.then(() => {
      log.info("Relay asks to connect again", { broadcast, relay });
      ended.abort();
    }, () => {});

    let restart = new AbortController();
    const availability = new Availability(session, broadcast, () => restart.abort());
    const backoff = new Backoff({ max: 15_000 });
    let waiting = false;
    let timeout = ANNOUNCE_TIMEOUT;
    while (true) {
      await availability.untilActive(timeout, over);
      if (over.aborted) break;
      restart = new AbortController();
      const round = new Round({
        broadcast,
        ...(tracks && { tracks }),
        session,
        resolver: this.#resolver,
        recorder: (track) => this.#recorder(track),
        over: AbortSignal.any([over, restart.signal]),
        lost: ended.signal,
        log,
      });
      const found = await round.run();
      // Tracks may end a moment before it turns out that the whole session does.
      await sleep(SETTLE, over);
      if (over.aborted) break;
      if (found) {
        // Whoever publishes next is a new publisher, even one that repeats what this one said.
        this.#runs.begin();
        backoff.reset();
        await this.#close();
        if (!restart.signal.aborted) {
          log.info("Broadcast ended; waiting for it to come back", { broadcast });
        }
      } else if (!waiting) {
        log.warn("Broadcast is not being published; waiting for it", { broadcast, relay });
      }
      waiting = !found;
      timeout = backoff.next();
      if (availability.isActive && !restart.signal.aborted) await sleep(timeout, over);
    }
    await availability.close();
  }

  /**
   * Writes out and closes the manifests.
   *
   * @throws if not all that was received last is recorded.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures = await this.#close();
    if (failures.length > 0) throw failures[0];
  }

  /** Closes the manifests: a broadcast that comes back may have tracks of other names. */
  async #close(): Promise<unknown[]> {
    const { broadcast, log } = this.#options;
    const failures: unknown[] = [];
    for (const [track, recorder] of this.#tracks) {
      try {
        await recorder.close();
      } catch (error) {
        failures.push(error);
        const reason = reasonOf(error);
        log.error("Recording of track is not complete", { broadcast, track, reason });
      }
    }
    return failures;
  }

  #recorder(track: string): TrackRecorder {
    let recorder = this.#tracks.get(track);
    if (recorder === undefined) {
      recorder = new TrackRecorder({ ...this.#options, track, runs: this.#runs });
      this.#tracks.set(track, recorder);
      this.stats.set(track, recorder.stats);
    }
    return recorder;
  }
}
