/** One time that a broadcast is there: its tracks are found and recorded until they end. */

import type { Logger } from "../log.ts";
import type { CatalogTrack } from "../media/catalog.ts";
import { CATALOG_TRACK, defaultTracks, INIT_TRACK } from "../media/default_tracks.ts";
import { HangCatalog } from "../media/hang.ts";
import { RemoteError } from "../moq/error.ts";
import type { Subscription } from "../moq/group.ts";
import type { MoqSession } from "../moq/session.ts";
import { Backoff, sleep } from "./backoff.ts";
import type { FrameObserver } from "./frame_tap.ts";
import { type MediaResolver, RAW } from "./media_resolver.ts";
import { observeOnly } from "./observe_only.ts";
import type { TrackMedia } from "./track_media.ts";
import type { TrackRecorder } from "./track_recorder.ts";

/** How long to wait for the first frame of a catalog or an initialisation segment, in milliseconds. */
const FIRST_FRAME_TIMEOUT = 5000;

/** How long groups that have begun may take to end once the round is over, in milliseconds. */
const DRAIN = 5000;

/** Relays send tracks of higher priority first: without catalog and audio the rest is worth less. */
const PRIORITY: Readonly<Record<TrackMedia["role"], number>> = { data: 3, audio: 2, video: 1 };

/** Options of {@linkcode Round}. */
export interface RoundOptions {
  broadcast: string;
  /** The tracks to record; those the catalog names, and the catalog, when absent. */
  tracks?: readonly string[];
  session: MoqSession;
  resolver: MediaResolver;
  /** The recorder of a track, opened when it is asked for first. */
  recorder: (track: string) => Promise<TrackRecorder>;
  /** Aborted when no more groups are wanted. */
  over: AbortSignal;
  log: Logger;
}

/** Records the tracks of a broadcast until all media has ended. */
export class Round {
  readonly #options: RoundOptions;
  readonly #finished = new AbortController();
  readonly #cutoff = new AbortController();
  readonly #over: AbortSignal;
  /** What each track carries, by its name. */
  readonly #media = new Map<string, TrackMedia>();
  readonly #running = new Map<string, Promise<void>>();
  /** Tracks that are being received, those that are not media aside when there is media. */
  readonly #alive = new Set<string>();
  #init: Uint8Array | undefined;
  #received = false;
  #failure: { error: unknown } | undefined;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#over = AbortSignal.any([options.over, this.#finished.signal]);
  }

  /**
   * Fulfils when the tracks have ended, with whether there were any.
   *
   * @throws if a manifest cannot be written.
   */
  async run(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const drain = () => timer = setTimeout(() => this.#cutoff.abort(), DRAIN);
    if (this.#over.aborted) drain();
    else this.#over.addEventListener("abort", drain, { once: true });

    if (!await this.#followCatalog()) await this.#startDefaults();
    else await this.#startUnlisted();
    for (let running = -1; running !== this.#running.size;) {
      running = this.#running.size;
      await Promise.all(this.#running.values());
    }
    this.#finished.abort();
    clearTimeout(timer);
    if (this.#failure) throw this.#failure.error;
    return this.#received;
  }

  /** Subscribes to the catalog and starts the tracks it names, now and as it changes. */
  async #followCatalog(): Promise<boolean> {
    const { log, broadcast } = this.#options;
    const catalog = new HangCatalog();
    let applied = Promise.resolve();
    const first = Promise.withResolvers<boolean>();
    const followed = await this.#watch(CATALOG_TRACK, (frame, index) => {
      try {
        if (index === 0) catalog.reset();
        const { tracks, problems } = catalog.push(frame);
        for (const problem of problems) {
          log.warn("Catalog entry is ignored", { broadcast, problem });
        }
        applied = applied.then(() => this.#startAll(tracks)).then(() => first.resolve(true));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn("Catalog makes no sense and is ignored", { broadcast, reason });
      }
    });
    if (!followed) return false;
    await Promise.race([first.promise, this.#patience(CATALOG_TRACK)]);
    return await Promise.race([first.promise, Promise.resolve(false)]);
  }

  /** Without a catalog: the fixed list of tracks, whose initialisation segment is a track, too. */
  async #startDefaults(): Promise<void> {
    await this.#loadInit();
    await this.#startAll(this.#options.tracks?.map(byName) ?? defaultTracks());
  }

  /** Tracks that are asked for although the catalog does not name them. */
  async #startUnlisted(): Promise<void> {
    const { tracks = [] } = this.#options;
    await this.#startAll(tracks.filter((name) => !this.#media.has(name)).map(byName));
  }

  /** Waits for the initialisation segment that all tracks share. */
  async #loadInit(): Promise<void> {
    if (this.#init !== undefined) return;
    const first = Promise.withResolvers<void>();
    const followed = await this.#watch(INIT_TRACK, (frame) => {
      this.#init = frame;
      first.resolve();
    });
    if (followed) await Promise.race([first.promise, this.#patience(INIT_TRACK)]);
  }

  async #startAll(tracks: readonly CatalogTrack[]): Promise<void> {
    const wanted = tracks.filter(({ name }) => this.#isWanted(name));
    if (wanted.some(({ container, init }) => container === "cmaf" && init === undefined)) {
      await this.#loadInit();
    }
    for (const track of wanted) {
      this.#media.set(track.name, await this.#options.resolver.resolve(track, this.#init));
    }
    for (const { name } of wanted) this.#start(name);
  }

  #isWanted(track: string): boolean {
    const { tracks } = this.#options;
    return tracks === undefined || tracks.includes(track);
  }

  /** Subscribes to a track whose frames are of interest whether or not it is recorded. */
  async #watch(track: string, observe: FrameObserver): Promise<boolean> {
    const subscription = await this.#subscribe(track);
    if (subscription === undefined) return false;
    if (this.#isWanted(track)) this.#start(track, subscription, observe);
    else this.#running.set(track, observeOnly(subscription, observe, this.#over));
    return true;
  }

  /** Fulfils when there is no more point in waiting for the first frame of a track. */
  async #patience(track: string): Promise<void> {
    const ended = new AbortController();
    this.#running.get(track)?.then(() => ended.abort());
    await sleep(FIRST_FRAME_TIMEOUT, AbortSignal.any([this.#over, ended.signal]));
  }

  #start(track: string, subscription?: Subscription, observe?: FrameObserver): void {
    if (this.#running.has(track)) return;
    const running = this.#keepRecording(track, subscription, observe).catch((error) => {
      this.#failure ??= { error };
      this.#finished.abort();
    });
    this.#running.set(track, running);
  }

  /** Records a track, subscribing again when it breaks off while others go on. */
  async #keepRecording(
    track: string,
    subscription: Subscription | undefined,
    observe: FrameObserver | undefined,
  ): Promise<void> {
    const { log, broadcast, session } = this.#options;
    const backoff = new Backoff({ max: 15_000 });
    while (!this.#over.aborted) {
      subscription ??= await this.#subscribe(track);
      if (subscription === undefined) {
        if (this.#alive.size === 0) return;
        await sleep(backoff.next(), this.#over);
        continue;
      }
      log.info("Recording", { broadcast, track, protocol: session.dialect });
      this.#alive.add(track);
      this.#received = true;
      const recorder = await this.#options.recorder(track);
      const error = await recorder.record(subscription, {
        protocol: session.dialect,
        media: () => this.#media.get(track) ?? RAW,
        ...(observe && { observe }),
        stop: this.#over,
        cutoff: this.#cutoff.signal,
        lost: this.#options.over,
      });
      this.#leave(track);
      if (error === undefined || this.#over.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn("Track broke off", { broadcast, track, reason });
      subscription = undefined;
      await sleep(backoff.next(), this.#over);
    }
  }

  /** Ends the round with the last media track: catalogs may stay open without it. */
  #leave(track: string): void {
    this.#alive.delete(track);
    const isMedia = (name: string) =>
      this.#media.get(name)?.role !== "data" && this.#media.has(name);
    if (isMedia(track) && ![...this.#alive].some(isMedia)) this.#finished.abort();
  }

  async #subscribe(track: string): Promise<Subscription | undefined> {
    const { session, broadcast, log } = this.#options;
    const { role } = this.#media.get(track) ?? RAW;
    try {
      return await session.subscribe({
        broadcast,
        track,
        priority: PRIORITY[role],
        signal: this.#over,
      });
    } catch (error) {
      if (!(error instanceof RemoteError)) return undefined;
      log.debug("Track is not available", { broadcast, track, reason: error.message });
      return undefined;
    }
  }
}

/** A track that is known by its name only. */
function byName(name: string): CatalogTrack {
  return defaultTracks().find((track) => track.name === name) ??
    { name, role: "data", container: "raw" };
}
