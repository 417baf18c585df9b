/** The timelines of all broadcasts, kept up to date with their manifests. */

import { listBroadcasts, listTracks } from "../manifest/directory.ts";
import { encodeName } from "../manifest/names.ts";
import { type BadLine, ManifestReader } from "../manifest/reader.ts";
import { BroadcastTimeline } from "../manifest/timeline.ts";
import { Fresh } from "./fresh.ts";

/** Options of {@linkcode ArchiveIndex}. */
export interface ArchiveIndexOptions {
  /** Root of the manifests. */
  readonly manifestDir: string;
  /** The time in milliseconds since the Unix epoch. @default {Date.now} */
  readonly now?: () => number;
  /** How old the timelines may be that are given out, in milliseconds. @default {200} */
  readonly maxAge?: number;
  /** Told of lines of manifests that cannot be read, which are passed over. */
  readonly onBad?: (bad: BadLine) => void;
}

/** A broadcast that is followed. */
interface Entry {
  readonly timeline: BroadcastTimeline;
  /** The timeline with all that is in the manifests, or undefined when there are none. */
  readonly current: Fresh<BroadcastTimeline | undefined>;
}

/**
 * Reads manifests when they are asked for and follows them from then on. However many requests come,
 * each broadcast is read by one of them at a time, and not more often than `maxAge` allows.
 */
export class ArchiveIndex {
  readonly #options: ArchiveIndexOptions;
  readonly #now: () => number;
  readonly #maxAge: number;
  readonly #broadcasts = new Map<string, Entry>();
  readonly #names: Fresh<string[]>;

  /** Reads nothing yet. */
  constructor(options: ArchiveIndexOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#maxAge = options.maxAge ?? 200;
    this.#names = new Fresh(
      () => listBroadcasts(options.manifestDir),
      this.#now,
      this.#maxAge,
    );
  }

  /**
   * The timeline of the broadcast; undefined if nothing was recorded of it. Always the same object.
   *
   * @throws {StorageError} if a directory or file cannot be read.
   */
  async get(broadcast: string): Promise<BroadcastTimeline | undefined> {
    let entry = this.#broadcasts.get(broadcast);
    if (entry === undefined) {
      if (!canBeName(broadcast)) return undefined;
      entry = this.#follow(broadcast);
      this.#broadcasts.set(broadcast, entry);
    }
    let timeline: BroadcastTimeline | undefined;
    try {
      return timeline = await entry.current.get();
    } finally {
      // What cannot be read for the moment is kept, names that somebody made up are not.
      const known = timeline !== undefined || entry.timeline.read > 0;
      if (!known && this.#broadcasts.get(broadcast) === entry) this.#broadcasts.delete(broadcast);
    }
  }

  /**
   * All timelines in ascending order of the broadcasts' names.
   *
   * @throws {StorageError} if a directory or file cannot be read.
   */
  async list(): Promise<BroadcastTimeline[]> {
    const timelines: BroadcastTimeline[] = [];
    for (const name of await this.#names.get()) {
      const timeline = await this.get(name);
      if (timeline !== undefined) timelines.push(timeline);
    }
    return timelines;
  }

  #follow(broadcast: string): Entry {
    const { manifestDir: root, onBad = () => {} } = this.#options;
    const timeline = new BroadcastTimeline(broadcast);
    const readers = new Map<string, ManifestReader>();
    const refresh = async () => {
      const tracks = await listTracks(root, broadcast);
      if (tracks.length === 0) return undefined;
      for (const track of tracks) {
        let reader = readers.get(track);
        if (reader === undefined) {
          reader = new ManifestReader({ root, broadcast, track, onBad });
          readers.set(track, reader);
        }
        for await (const record of reader.read()) timeline.push(track, record);
      }
      timeline.settle(this.#now());
      return timeline;
    };
    return { timeline, current: new Fresh(refresh, this.#now, this.#maxAge) };
  }
}

/** Nothing is looked for on the disk that cannot be there. */
function canBeName(broadcast: string): boolean {
  try {
    encodeName(broadcast);
    return true;
  } catch {
    return false;
  }
}
