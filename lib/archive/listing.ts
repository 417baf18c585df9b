/** What a broadcast says of its tracks: which there are, and what each carries. */

import type { Logger } from "../log.ts";
import { encodeName } from "../manifest/names.ts";
import type { CatalogReader, CatalogTrack } from "../media/catalog.ts";
import { catalogReader } from "../media/catalog_format.ts";
import { INIT_TRACK, isReserved } from "../media/default_tracks.ts";
import { sleep } from "../sleep.ts";
import { Backoff } from "./backoff.ts";
import type { FrameObserver } from "./frame_tap.ts";
import { type FindTrack, InitTracks } from "./init_tracks.ts";
import { type MediaResolver, RAW } from "./media_resolver.ts";
import { reasonOf } from "../reason.ts";
import type { TrackMedia } from "./track_media.ts";

/** Options of {@linkcode Listing}. */
export interface ListingOptions {
  broadcast: string;
  resolver: MediaResolver;
  /** Whether the track is to be recorded. */
  isWanted: (track: string) => boolean;
  /** Asks for a track that has an initialisation segment. */
  find: FindTrack;
  /** Called with the tracks to record whenever there is news of them. */
  onTracks: (tracks: readonly string[]) => void;
  /** Aborted when nobody wants to know any more. */
  over: AbortSignal;
  log: Logger;
}

/** Follows the catalog and the initialisation segments of a broadcast. */
export class Listing {
  /** Fulfilled when the tracks of the first catalog that makes sense were passed on. */
  readonly known: Promise<void>;
  readonly #options: ListingOptions;
  readonly #known = Promise.withResolvers<void>();
  readonly #inits: InitTracks;
  readonly #media = new Map<string, TrackMedia>();
  #catalog: readonly CatalogTrack[] | undefined;
  /** The track that the catalog comes by. There may be others that say the same in another format. */
  #source: string | undefined;
  #assumed: readonly CatalogTrack[] = [];
  #problems = "";
  /** There is news that was not passed on yet. */
  #stale = false;
  #passingOn: Promise<void> | undefined;

  /** Knows nothing at first. */
  constructor(options: ListingOptions) {
    this.#options = options;
    this.known = this.#known.promise;
    this.#inits = new InitTracks(options.find);
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
    const isCatalog = isReserved(track) && (this.#source ?? track) === track;
    return isCatalog || this.#isInit(track) || this.#tracks().some(({ name }) => name === track);
  }

  /** Takes these tracks to be there, unless the catalog knows more of them. */
  async assume(tracks: readonly CatalogTrack[]): Promise<void> {
    this.#assumed = tracks;
    await this.#passOn();
  }

  /** What has to see the frames of a subscription to the track, if something has to. */
  observer(track: string): FrameObserver | undefined {
    if (this.#isInit(track)) {
      return (frame) => void (this.#inits.push(track, frame) && this.#passOn());
    }
    const catalog = catalogReader(track, this.#options.broadcast);
    if (catalog === undefined) return undefined;
    let newest = -1;
    return (frame, index, sequence) => {
      // A group that came late is out of date.
      if (sequence < newest) return;
      newest = sequence;
      if (index === 0) catalog.reset();
      if ((this.#source ?? track) === track) this.#readCatalog(track, catalog, frame);
    };
  }

  #isInit(track: string): boolean {
    return track === INIT_TRACK || this.#tracks().some(({ initTrack }) => initTrack === track);
  }

  #tracks(): readonly CatalogTrack[] {
    const catalog = this.#catalog ?? [];
    const named = new Set(catalog.map(({ name }) => name));
    return [...catalog, ...this.#assumed.filter(({ name }) => !named.has(name))];
  }

  #readCatalog(track: string, catalog: CatalogReader, frame: Uint8Array): void {
    const { log, broadcast } = this.#options;
    try {
      const { tracks, problems } = catalog.push(frame);
      const unusable = tracks.map(problemOf);
      this.#source = track;
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
    const { resolver, onTracks } = this.#options;
    const without = tracks.filter(({ container, init }) =>
      container === "cmaf" && init === undefined
    );
    await Promise.all(without.map((track) => this.#inits.find(initTrackOf(track))));
    for (const track of tracks) {
      const init = this.#inits.get(initTrackOf(track));
      const media = await this.#persist(track.name, () => resolver.resolve(track, init));
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

function initTrackOf({ initTrack = INIT_TRACK }: CatalogTrack): string {
  return initTrack;
}

/** Why there can be no manifest of the track, or of the one that initialises it. */
function problemOf({ name, initTrack = name }: CatalogTrack): string | undefined {
  try {
    encodeName(name);
    encodeName(initTrack);
    return undefined;
  } catch (error) {
    return `track ${JSON.stringify(name.slice(0, 80))}: ${(error as Error).message}`;
  }
}
