/** Initialisation segments that come by tracks of their own. */

/** An initialisation segment larger than this, in bytes, is not one. */
const MAX_SIZE = 1024 * 1024;

/** Asks for a track and waits until it was seen, or until there is no more point in that. */
export type FindTrack = (track: string, seen: Promise<void>) => Promise<void>;

/** What is known of them, by the names of the tracks. */
export class InitTracks {
  readonly #find: FindTrack;
  readonly #found = new Map<string, Promise<void>>();
  readonly #seen = new Map<string, () => void>();
  readonly #inits = new Map<string, Uint8Array>();

  /** Asks for them by `find`. */
  constructor(find: FindTrack) {
    this.#find = find;
  }

  /** Asks for the track, once, and waits for its segment if there is one. */
  find(track: string): Promise<void> {
    const known = this.#found.get(track);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#seen.set(track, resolve);
    const found = this.#find(track, promise);
    this.#found.set(track, found);
    return found;
  }

  /** The segment that came by the track last. */
  get(track: string): Uint8Array | undefined {
    return this.#inits.get(track);
  }

  /** Takes a frame of the track. Returns whether it is a segment, and not the one before. */
  push(track: string, frame: Uint8Array): boolean {
    const before = this.#inits.get(track);
    if (before?.length === frame.length && before.every((byte, i) => byte === frame[i])) {
      return false;
    }
    if (frame.length > MAX_SIZE) return false;
    this.#inits.set(track, frame);
    this.#seen.get(track)?.();
    return true;
  }
}
