/** Works out what a track carries, and keeps its initialisation segment. */

import { putBytes } from "../cas/put_bytes.ts";
import type { ObjectStore } from "../cas/store.ts";
import type { Logger } from "../log.ts";
import type { CatalogTrack } from "../media/catalog.ts";
import { parseInitSegment } from "../media/init_segment.ts";
import { selectTrack } from "../media/select_track.ts";
import type { TrackMedia } from "./track_media.ts";

/** A track that is not media. */
export const RAW: TrackMedia = { role: "data", container: "raw" };

/** Turns what catalogs and initialisation segments say into {@linkcode TrackMedia}. */
export class MediaResolver {
  readonly #store: ObjectStore;
  readonly #log: Logger;
  readonly #known = new Map<string, TrackMedia>();

  /** Initialisation segments go to `store`. */
  constructor(store: ObjectStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * What `track` carries. As long as nothing changes, the answer is the very same object.
   * `sharedInit` is an initialisation segment for several tracks, for one that has none, of which it
   * gets its own part. One that a catalog gives to the track alone is kept as it is.
   *
   * @throws if the initialisation segment cannot be stored.
   */
  async resolve(track: CatalogTrack, sharedInit?: Uint8Array): Promise<TrackMedia> {
    const { init, initTrack: _i, name: _n, bitrate: _b, ...described } = track;
    const shared = track.container === "cmaf" ? sharedInit : undefined;
    const parsed = init
      ? await this.#parse(track, init, (bytes) => bytes)
      : shared && await this.#parse(track, shared, selectTrack);
    const media: TrackMedia = { ...parsed, ...described, ...parsedTimescale(parsed) };
    const before = this.#known.get(track.name);
    if (before !== undefined && same(before, media)) return before;
    this.#known.set(track.name, media);
    return media;
  }

  /** `select` takes what is stored for a track out of a segment with several. */
  async #parse(
    { name, role }: CatalogTrack,
    bytes: Uint8Array,
    select: (bytes: Uint8Array, trackId: number) => Uint8Array,
  ): Promise<Partial<TrackMedia>> {
    try {
      const { tracks } = parseInitSegment(bytes);
      const alike = tracks.filter((track) => track.role === role);
      // Some publishers have several of a role in one segment, and call tracks by their ids.
      const track = alike.find(({ id }) => name === `${id}.m4s`) ?? alike[0] ?? tracks[0]!;
      const own = tracks.length > 1 ? select(bytes, track.id) : bytes;
      const { digest } = await putBytes(this.#store, own);
      return {
        init: { tracks: [track] },
        initDigest: digest,
        timescale: track.timescale,
        codec: track.codec,
        ...(track.width !== undefined && { width: track.width }),
        ...(track.height !== undefined && { height: track.height }),
        ...(track.sampleRate !== undefined && { sampleRate: track.sampleRate }),
        ...(track.channels !== undefined && { channels: track.channels }),
      };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#log.warn(
        "Initialisation segment makes no sense; the track is recorded but cannot be played",
        { track: name, reason: error.message },
      );
      return {};
    }
  }
}

/** Fragments count in the timescale of their initialisation segment, whatever the catalog says. */
function parsedTimescale(parsed: Partial<TrackMedia> | undefined): Pick<TrackMedia, "timescale"> {
  return parsed?.timescale === undefined ? {} : { timescale: parsed.timescale };
}

function same(a: TrackMedia, b: TrackMedia): boolean {
  const { init: _a, ...restA } = a;
  const { init: _b, ...restB } = b;
  const keys = Object.keys({ ...restA, ...restB }) as (keyof typeof restA)[];
  return keys.every((key) => restA[key] === restB[key]);
}
