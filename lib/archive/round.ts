/** One time that a broadcast is there: its tracks are found and recorded until they end. */

import type { Logger } from "../log.ts";
import type { CatalogTrack } from "../media/catalog.ts";
import { catalogTracks } from "../media/catalog_format.ts";
import { defaultTracks } from "../media/default_tracks.ts";
import type { Subscription } from "../moq/group.ts";
import type { MoqSession } from "../moq/session.ts";
import { sleep } from "../sleep.ts";
import { Backoff } from "./backoff.ts";
import { Listing } from "./listing.ts";
import type { MediaResolver } from "./media_resolver.ts";
import { observeOnly } from "./observe_only.ts";
import { reasonOf } from "../reason.ts";
import type { TrackMedia } from "./track_media.ts";
import type { TrackRecorder } from "./track_recorder.ts";

/** How long to wait for the first frame of a catalog or an initialisation segment, in milliseconds. */
const FIRST_FRAME_TIMEOUT = 5000;

/** How long groups that have begun may take to end once the round is over, in milliseconds. */
const DRAIN = 5000;

/** How many tracks may be received at once, so that no publisher can have us open ever more files. */
const MAX_TRACKS = 256;

/** Relays send tracks of higher priority first: without catalog and audio the rest is worth less. */
const PRIORITY: Readonly<Record<TrackMedia["role"], number>> = { data: 3, audio: 2, video: 1 };

/** Options of {@linkcode Round}. */
export interface RoundOptions {
  broadcast: string;
  /** The tracks to record; those the catalog names, and the catalog, when absent. */
  tracks?: readonly string[];
  session: MoqSession;
  resolver: MediaResolver;
  /** The recorder of a track, made when it is asked for first. */
  recorder: (track: string) => TrackRecorder;
  /** Aborted when no more groups are wanted. */
  over: AbortSignal;
  /** Aborted once the session is over. */
  lost: AbortSignal;
  log: Logger;
}

/** Records the tracks of a broadcast until all media has ended. */
export class Round {
  readonly #options: RoundOptions;
  readonly #finished = new AbortController();
  readonly #cutoff = new AbortController();
  readonly #over: AbortSignal;
  readonly #listing: Listing;
  readonly #running = new Map<string, Promise<void>>();
  /** Tracks to record that are being received, or were asked for and may be there. */
  readonly #open = new Set<string>();
  /** Tracks that have ended, and are not asked for again unless they go off the list and come back. */
  readonly #ended = new Set<string>();
  #received = false;

  constructor(options: RoundOptions) {
    const { broadcast, resolver, log } = options;
    this.#options = options;
    this.#over = AbortSignal.any([options.over, this.#finished.signal]);
    this.#listing = new Listing({
      broadcast,
      resolver,
      isWanted: (track) => this.#isWanted(track),
      find: (track, seen) => this.#find(track, seen),
      onTracks: (tracks) => this.#update(tracks),
      over: this.#over,
      log,
    });
  }

  /** Fulfils when the tracks have ended, with whether there were any. */
  async run(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const drain = () => timer = setTimeout(() => this.#cutoff.abort(), DRAIN);
    if (this.#over.aborted) drain();
    else this.#over.addEventListener("abort", drain, { once: true });

    const listing = this.#listing;
    const { tracks, broadcast } = this.#options;
    const catalogs = catalogTracks(broadcast);
    await this.#findCatalog(catalogs);
    const unlisted = listing.hasCatalog ? [] : [...catalogs.map(byName), ...defaultTracks()];
    await listing.assume(tracks?.map(byName) ?? unlisted);
    while (this.#recorded().length > 0) await Promise.all(this.#recorded());
    this.#finished.abort();
    await Promise.all([...this.#running.values(), listing.settled()]);
    clearTimeout(timer);
    return this.#received;
  }

  #isWanted(track: string): boolean {
    return this.#options.tracks?.includes(track) ?? true;
  }

  #recorded(): Promise<void>[] {
    return [...this.#running].filter(([track]) => this.#isWanted(track)).map(([, end]) => end);
  }

  /** Asks for catalogs, one after the other, until there is one. All together get the time of one. */
  async #findCatalog(catalogs: readonly string[]): Promise<void> {
    const deadline = Date.now() + FIRST_FRAME_TIMEOUT;
    for (const track of catalogs) {
      if (this.#listing.hasCatalog) return;
      await this.#find(track, this.#listing.known, deadline);
    }
  }

  /** Starts a track and waits for its first frame, or until there is no more point in that. */
  async #find(
    track: string,
    seen: Promise<void>,
    deadline: number = Date.now() + FIRST_FRAME_TIMEOUT,
  ): Promise<void> {
    const enough = new AbortController();
    seen.then(() => enough.abort());
    this.#start(track, () => enough.abort());
    await sleep(Math.max(0, deadline - Date.now()), AbortSignal.any([this.#over, enough.signal]));
  }

  #update(listed: readonly string[]): void {
    for (const track of this.#ended) if (!listed.includes(track)) this.#ended.delete(track);
    for (const track of listed) if (!this.#ended.has(track)) this.#start(track);
  }

  /** Keeps a track unless that is done already. Calls `onAbsent` when it is not there, or not any more. */
  #start(track: string, onAbsent: () => void = () => {}): void {
    if (this.#running.has(track) || this.#over.aborted) return;
    if (this.#running.size >= MAX_TRACKS) {
      const { broadcast, log } = this.#options;
      return log.warn("Track is not recorded: there are too many", { broadcast, track });
    }
    if (this.#isWanted(track)) this.#open.add(track);
    const running = this.#keep(track, onAbsent).finally(() => {
      onAbsent();
      this.#running.delete(track);
    });
    this.#running.set(track, running);
  }

  /** Receives a track, asking for it again when it is not there or breaks off while others go on. */
  async #keep(track: string, onAbsent: () => void): Promise<void> {
    const { broadcast, log } = this.#options;
    const backoff = new Backoff({ max: 15_000 });
    while (!this.#over.aborted) {
      const subscription = await this.#subscribe(track);
      const since = Date.now();
      if (subscription === undefined) {
        this.#open.delete(track);
        if (this.#open.size === 0 || !this.#listing.has(track)) return;
      } else {
        try {
          const error = await this.#receive(track, subscription);
          if (this.#over.aborted) return;
          if (error === undefined) return this.#end(track);
          log.warn("Track broke off; asking for it again", {
            broadcast,
            track,
            reason: reasonOf(error),
          });
        } catch (error) {
          // The fault is ours: the track is there, and the broadcast not over.
          log.error("Cannot record track; trying again", {
            broadcast,
            track,
            reason: reasonOf(error),
          });
        }
        backoff.settle(since);
      }
      onAbsent();
      await sleep(backoff.next(), this.#over);
    }
  }

  #end(track: string): void {
    const { broadcast, log } = this.#options;
    if (this.#listing.has(track)) this.#ended.add(track);
    log.info("Track ended", { broadcast, track });
  }

  /**
   * Receives a track until it ends. Fulfils with what ended it, if that was an error.
   *
   * @throws if its manifest cannot be written.
   */
  async #receive(track: string, subscription: Subscription): Promise<unknown> {
    const { log, broadcast, session, lost } = this.#options;
    const observe = this.#listing.observer(track);
    if (!this.#isWanted(track)) return await observeOnly(subscription, observe!, this.#over);
    log.info("Recording", { broadcast, track, protocol: session.dialect });
    this.#open.add(track);
    this.#received = true;
    const error = await this.#options.recorder(track).record(subscription, {
      protocol: session.dialect,
      media: () => this.#listing.media(track),
      ...(observe && { observe }),
      stop: this.#over,
      cutoff: this.#cutoff.signal,
      lost,
    });
    this.#leave(track);
    return error;
  }

  /** Ends the round with the last media track: catalogs may stay open without it. */
  #leave(track: string): void {
    this.#open.delete(track);
    const isMedia = (name: string) => this.#listing.media(name).role !== "data";
    if (isMedia(track) && ![...this.#open].some(isMedia)) this.#finished.abort();
  }

  async #subscribe(track: string): Promise<Subscription | undefined> {
    const { session, broadcast, log } = this.#options;
    const { role } = this.#listing.media(track);
    try {
      return await session.subscribe({
        broadcast,
        track,
        priority: PRIORITY[role],
        signal: this.#over,
      });
    } catch (error) {
      log.debug("Track is not available", { broadcast, track, reason: reasonOf(error) });
      return undefined;
    }
  }
}

/** A track that is known by its name only. */
function byName(name: string): CatalogTrack {
  return defaultTracks().find((track) => track.name === name) ??
    { name, role: "data", container: "raw" };
}
