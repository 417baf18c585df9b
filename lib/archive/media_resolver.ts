/** Works out what a track carries, and keeps its initialisation segment. */

import { putBytes } from "../cas/put_bytes.ts";
import type { ObjectStore } from "../cas/store.ts";
import type { Logger } from "../log.ts";
import type { TrackRole } from "../manifest/record.ts";
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
   * `fallbackInit` is the broadcast's own initialisation segment, for a track without one.
   */
  async resolve(track: CatalogTrack, fallbackInit?: Uint8Array): Promise<TrackMedia> {
    const { init, name: _name, bitrate: _bitrate, ...described } = track;
    const bytes = init ?? (track.container === "cmaf" ? fallbackInit : undefined);
    const parsed = bytes && await this.#parse(track.name, track.role, bytes);
    const media: TrackMedia = { ...parsed, ...described, ...parsedTimescale(parsed) };
    const before = this.#known.get(track.name);
    if (before !== undefined && same(before, media)) return before;
    this.#known.set(track.name, media);
    return media;
  }

  async #parse(name: string, role: TrackRole, bytes: Uint8Array): Promise<Partial<TrackMedia>> {
    try {
      const whole = parseInitSegment(bytes);
      const track = whole.tracks.find((track) => track.role === role) ?? whole.tracks[0];
      if (track === undefined) throw new SyntaxError("it has no tracks");
      const own = whole.tracks.length > 1 ? selectTrack(bytes, track.id) : bytes;
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
        "Initialisation segment makes no sense: the track is kept but cannot be played",
        {
          track: name,
          reason: error.message,
        },
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
