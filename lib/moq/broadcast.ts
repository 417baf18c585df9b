import { normalizePath } from "./path.ts";
import { ReplayLog } from "./replay_log.ts";

/** Options of {@linkcode Broadcast.createTrack}. */
export interface TrackOptions {
  /** Units per second of the frames' timestamps. Default: 1,000. */
  timescale?: number;
  /** Most groups kept for subscribers that come late or fall behind. Default: 8. */
  maxGroups?: number;
  /** Most bytes of payload kept, and the largest group. Default: 64 MiB. */
  maxBytes?: number;
}

/** A frame that has been written. */
export interface WrittenFrame {
  /** What it contains. */
  readonly payload: Uint8Array;
  /** When it is to be presented, in the track's timescale. */
  readonly timestamp: number;
}

/** Something to publish: a name and tracks. */
export class Broadcast {
  /** Its name, relative to the URL path of the sessions it is published in. */
  readonly name: string;
  readonly #tracks = new Map<string, TrackWriter>();

  /** Has no tracks at first. */
  constructor(name: string) {
    this.name = normalizePath(name);
  }

  /**
   * Adds a track.
   *
   * @throws {TypeError} if there is one of that name.
   */
  createTrack(name: string, options?: TrackOptions): TrackWriter {
    if (this.#tracks.has(name)) throw new TypeError(`Cannot create track "${name}": it exists`);
    const track = new TrackWriter(name, options);
    this.#tracks.set(name, track);
    return track;
  }

  /** The track with that name. */
  track(name: string): TrackWriter | undefined {
    return this.#tracks.get(name);
  }
}

/** The writing end of a track. It remembers the latest groups for subscribers that come late. */
export class TrackWriter {
  /** Its name. */
  readonly name: string;
  /** Units per second of the frames' timestamps. */
  readonly timescale: number;
  /** The groups, in the order in which they were created. */
  readonly groups: ReplayLog<GroupWriter> = new ReplayLog();
  readonly #maxGroups: number;
  readonly #maxBytes: number;
  #next = 0;
  #bytes = 0;

  /** Made by {@linkcode Broadcast.createTrack}. */
  constructor(name: string, options: TrackOptions = {}) {
    this.name = name;
    this.timescale = options.timescale ?? 1000;
    this.#maxGroups = options.maxGroups ?? 8;
    this.#maxBytes = options.maxBytes ?? 64 * 2 ** 20;
  }

  /** The sequence that follows the latest group's. */
  get nextSequence(): number {
    return this.#next;
  }

  /**
   * Starts a group; others may still be open.
   *
   * @param sequence Higher than that of every group before. Default: by one.
   * @throws {RangeError} if it is not.
   * @throws {TypeError} if the track is closed.
   */
  createGroup(sequence: number = this.#next): GroupWriter {
    if (this.groups.closed) throw new TypeError("Cannot create group: track is closed");
    if (!Number.isSafeInteger(sequence) || sequence < this.#next) {
      throw new RangeError(
        `Cannot create group: current sequence is ${sequence}, lowest is ${this.#next}`,
      );
    }
    this.#next = sequence + 1;
    const group = new GroupWriter(sequence, {
      now: () => Math.round(performance.now() * this.timescale / 1000),
      reserve: (group, bytes) => this.#reserve(group, bytes),
    });
    this.groups.push(group);
    this.#evict();
    return group;
  }

  /** Ends the track, and the groups that are still open. */
  close(): void {
    for (const group of this.groups.items) group.close();
    this.groups.close();
  }

  #reserve(group: GroupWriter, bytes: number): void {
    if (group.size + bytes > this.#maxBytes) {
      throw new RangeError(`Cannot write frame: group would exceed ${this.#maxBytes} bytes`);
    }
    if (!this.groups.items.includes(group)) return;
    this.#bytes += bytes;
    this.#evict();
  }

  #evict(): void {
    while (
      this.groups.items.length > 1 &&
      (this.groups.items.length > this.#maxGroups || this.#bytes > this.#maxBytes)
    ) {
      const [group] = this.groups.items;
      this.#bytes -= group!.size;
      this.groups.forget(1);
      group!.evict();
    }
  }
}

/** The writing end of a group. */
export class GroupWriter {
  /** Sequence number within the track. */
  readonly sequence: number;
  /** The frames so far. */
  readonly frames: ReplayLog<WrittenFrame> = new ReplayLog();
  readonly #track: GroupWriterTrack;
  #size = 0;
  #evicted = false;

  /** Made by {@linkcode TrackWriter.createGroup}. */
  constructor(sequence: number, track: GroupWriterTrack) {
    this.sequence = sequence;
    this.#track = track;
  }

  /** Whether its frames have been forgotten. */
  get evicted(): boolean {
    return this.#evicted;
  }

  /** Bytes of payload written so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends a frame, which subscribers get at once.
   *
   * @param payload Must not be changed afterwards.
   * @param timestamp In the track's timescale. Default: that of a clock which never goes back.
   * @throws {RangeError} if the group becomes too large or the timestamp is no integer from 0 up.
   * @throws {TypeError} if the group is closed.
   */
  write(payload: Uint8Array, timestamp: number = this.#track.now()): void {
    if (this.frames.closed) throw new TypeError("Cannot write frame: group is closed");
    // Differences are written doubled, and have to stay integers.
    if (!Number.isInteger(timestamp) || timestamp < 0 || timestamp > 2 ** 52) {
      throw new RangeError(`Cannot write frame: current timestamp is ${timestamp}`);
    }
    this.#track.reserve(this, payload.length);
    this.#size += payload.length;
    this.frames.push({ payload, timestamp });
    if (this.#evicted) this.frames.forget(1);
  }

  /** Completes the group. Closing it again does nothing. */
  close(): void {
    this.frames.close();
  }

  /** Forgets all frames, and those to come: there are too many newer groups. */
  evict(): void {
    this.#evicted = true;
    this.frames.forget(this.frames.items.length);
  }
}

/** What a group needs of its track. */
interface GroupWriterTrack {
  /** The clock in the track's timescale. */
  now(): number;
  /** Makes room for `bytes` of payload. */
  reserve(group: GroupWriter, bytes: number): void;
}
