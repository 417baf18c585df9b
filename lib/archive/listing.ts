/** What a broadcast says of its tracks: which there are, and what each carries. */

import type { Logger } from "../log.ts";
import { encodeName } from "../manifest/names.ts";
import type { CatalogTrack } from "../media/catalog.ts";
import { CATALOG_TRACK, INIT_TRACK } from "../media/default_tracks.ts";
import { HangCatalog } from "../media/hang.ts";
import { Backoff, sleep } from "./backoff.ts";
import type { FrameObserver } from "./frame_tap.ts";
import { type MediaResolver, RAW } from "./media_resolver.ts";
import { reasonOf } from "./reason.ts";
import type { TrackMedia } from "./track_media.ts";

/** Options of {@linkcode Listing}. */
export interface ListingOptions {
  broadcast: string;
  resolver: MediaResolver;
  /** Whether the track is to be recorded. */
  isWanted: (track: string) => boolean;
  /** Waits for the initialisation segment that tracks share, if there is one. */
  findInit: () => Promise<void>;
  /** Called with the tracks to record whenever there is news of them. */
  onTracks: (tracks: readonly string[]) => void;
  /** Aborted when nobody wants to know any more. */
  over: AbortSignal;
  log: Logger;
}

/** Follows the catalog and the initialisation segment of a broadcast. */
export class Listing {
  /** Fulfilled when the tracks of the first catalog that makes sense were passed on. */
  readonly known: Promise<void>;
  /** Fulfilled when there is an initialisation segment that tracks share. */
  readonly initialised: Promise<void>;
  readonly #options: ListingOptions;
  readonly #known = Promise.withResolvers<void>();
  readonly #initialised = Promise.withResolvers<void>();
  readonly #media = new Map<string, TrackMedia>();
  #catalog: readonly CatalogTrack[] | undefined;
  #assumed: readonly CatalogTrack[] = [];
  #init: Uint8Array | undefined;
  #problems = "";
  /** There is news that was not passed on yet. */
  #stale = false;
  #passingOn: Promise<void> | undefined;

  /** Knows nothing at first. */
  constructor(options: ListingOptions) {
    this.#options = options;
    this.known = this.#known.promise;
    this.initialised = this.#initialised.promise;
  }

  /** Whether there is a catalog. */
  get hasCatalog(): boolean {
    return this.#catalog !== undefined;
  }

  /** Fulfils once everything known by now was passed on. */
  async settled(): Promise<void> {
    await this.#passingOn;
  }

  /** What the track carries, as far as is known. */
  media(track: string): TrackMedia {
    return this.#media.get(track) ?? RAW;
  }

  /** Whether the track is one that may be there. */
  has(track: string): boolean {
    return track === CATALOG_TRACK || track === INIT_TRACK ||
      this.#tracks().some(({ name }) => name === track);
  }

  /** Takes these tracks to be there, unless the catalog knows more of them. */
  async assume(tracks: readonly CatalogTrack[]): Promise<void> {
    this.#assumed = tracks;
    await this.#passOn();
  }

  /** What has to see the frames of a subscription to the track, if something has to. */
  observer(track: string): FrameObserver | undefined {
    if (track === INIT_TRACK) return (frame) => this.#readInit(frame);
    if (track !== CATALOG_TRACK) return undefined;
    const catalog = new HangCatalog();
    let newest = -1;
    return (frame, index, sequence) => {
      // A group that came late is out of date.
      if (sequence < newest) return;
      newest = sequence;
      if (index === 0) catalog.reset();
      this.#readCatalog(catalog, frame);
    };
  }

  #tracks(): readonly CatalogTrack[] {
    const catalog = this.#catalog ?? [];
    const named = new Set(catalog.map(({ name }) => name));
    return [...catalog, ...this.#assumed.filter(({ name }) => !named.has(name))];
  }

  #readInit(frame: Uint8Array): void {
    if (this.#init?.length === frame.length && this.#init.every((byte, i) => byte === frame[i])) {
      return;
    }
    this.#init = frame;
    this.#initialised.resolve();
    this.#passOn();
  }

  #readCatalog(catalog: HangCatalog, frame: Uint8Array): void {
    const { log, broadcast } = this.#options;
    try {
      const { tracks, problems } = catalog.push(frame);
      const unusable = tracks.map(problemOf);
      this.#catalog = tracks.filter((_, i) => unusable[i] === undefined);
      this.#report([...problems, ...unusable.filter((problem) => problem !== undefined)]);
      this.#passOn().then(() => this.#known.resolve());
    } catch (error) {
      const reason = reasonOf(error);
      log.warn("Catalog makes no sense; it is recorded and otherwise ignored", {
        broadcast,
        reason,
      });
    }
  }

  /** Says what is wrong with the catalog, once as long as it stays the same. */
  #report(problems: readonly string[]): void {
    const { log, broadcast } = this.#options;
    const all = problems.join("\n");
    if (all === this.#problems) return;
    this.#problems = all;
    for (const problem of problems) {
      log.warn("Catalog entry is ignored; its track is not recorded", { broadcast, problem });
    }
  }

  /** Passes on what is known, and then what has become known meanwhile. */
  #passOn(): Promise<void> {
    this.#stale = true;
    return this.#passingOn ??= this.#passAllOn();
  }

  async #passAllOn(): Promise<void> {
    do {
      this.#stale = false;
      await this.#resolve(this.#tracks().filter(({ name }) => this.#options.isWanted(name)));
    } while (this.#stale && !this.#options.over.aborted);
    this.#passingOn = undefined;
  }

  async #resolve(tracks: readonly CatalogTrack[]): Promise<void> {
    const { resolver, findInit, onTracks } = this.#options;
    if (tracks.some(({ container, init }) => container === "cmaf" && init === undefined)) {
      await findInit();
    }
    for (const track of tracks) {
      const media = await this.#persist(track.name, () => resolver.resolve(track, this.#init));
      if (media === undefined) return;
      this.#media.set(track.name, media);
    }
    onTracks(tracks.map(({ name }) => name));
  }

  /** Tries again while the store fails: without its initialisation segment no media can be played. */
  async #persist<T>(track: string, action: () => Promise<T>): Promise<T | undefined> {
    const { broadcast, over, log } = this.#options;
    const backoff = new Backoff({ max: 15_000 });
    while (!over.aborted) {
      try {
        return await action();
      } catch (error) {
        const wait = backoff.next();
        log.error("Cannot store the initialisation segment; trying again", {
          broadcast,
          track,
          reason: reasonOf(error),
          retry: `${wait / 1000}s`,
        });
        await sleep(wait, over);
      }
    }
    return undefined;
  }
}

/** Why there can be no manifest of the track, if there cannot. */
function problemOf({ name }: CatalogTrack): string | undefined {
  try {
    encodeName(name);
    return undefined;
  } catch (error) {
    return `track ${JSON.stringify(name.slice(0, 80))}: ${(error as Error).message}`;
  }
}
