import { ProtocolError } from "../error.ts";
import type { FrameHeader, FramePart, Group } from "../group.ts";
import { type Lane, Lanes } from "./lanes.ts";
import { type ObjectSource, ObjectStatus } from "./object_header.ts";

/** Largest payload of an object, in bytes. */
const MAX_OBJECT_SIZE = 64 * 2 ** 20;
/** Largest sum of the payloads, in bytes. */
const MAX_GROUP_SIZE = 2 ** 30;
/** Most objects in a group. */
const MAX_OBJECTS = 1_000_000;
/** Most sources of a group at a time. */
const MAX_SOURCES = 1024;

/** Options of {@linkcode GroupAssembler}. */
export interface GroupAssemblerOptions {
  /** Sequence number of the group. */
  sequence: number;
  /** How long a stream is waited for that may still come, in milliseconds. */
  linger: number;
  /** Told when nothing more is taken, and whether the group was the track's last. */
  ended: (endOfTrack: boolean) => void;
}

/**
 * Merges the sources of a group into one, in the order of the objects' ids.
 *
 * The group is complete when it was said where it ends, or when all sources have ended and no other
 * has come for a while. An object that none of them has is waited for just as long; the group then
 * goes on without it and ends in a {@linkcode ProtocolError}. Sources are read no faster than the
 * group is, and all of them no further than the next object.
 */
export class GroupAssembler {
  /** The group, as its reader sees it. */
  readonly group: Group;
  readonly #options: GroupAssemblerOptions;
  readonly #lanes = new Lanes(() => this.#wake());
  #current: ObjectSource | undefined;
  #remaining = 0;
  /** The id of the next object, and the one that an object has said no other reaches. */
  #expected = 0;
  #end = Infinity;
  #missing: number | undefined;
  #objects = 0;
  #size = 0;
  #endOfTrack = false;
  #over = false;
  #settled = false;
  #patient = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => {};

  /** Has no sources at first. */
  constructor(options: GroupAssemblerOptions) {
    this.#options = options;
    this.group = {
      sequence: options.sequence,
      at: Date.now(),
      frames: new ReadableStream({
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#stop(),
      }, { highWaterMark: 0 }),
    };
  }

  /** Takes a source, unless nothing more is taken. */
  add(source: ObjectSource): boolean {
    if (this.#over || this.#lanes.size >= MAX_SOURCES) return false;
    this.#lanes.add(source);
    this.#resume();
    return true;
  }

  /** Says that no other source will come. */
  settle(): void {
    this.#settled = true;
    this.#resume();
  }

  async #pull(controller: ReadableStreamDefaultController<FramePart>): Promise<void> {
    try {
      if (this.#remaining > 0) {
        const chunk = await this.#current!.read(this.#remaining);
        this.#remaining -= chunk.length;
        if (!this.#over) controller.enqueue(chunk);
        return;
      }
      const frame = await this.#nextFrame();
      if (this.#over) return;
      if (frame !== undefined) return controller.enqueue(frame);
      if (this.#missing !== undefined) throw this.#error(`object ${this.#missing} is missing`);
      this.#stop();
      controller.close();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  /** The next frame; undefined at the end of the group. */
  async #nextFrame(): Promise<FrameHeader | undefined> {
    while (!this.#over && this.#expected < Math.min(this.#end, this.#lanes.end)) {
      const lane = this.#lanes.first(this.#expected);
      const { head } = lane ?? {};
      const { reading } = this.#lanes;
      const ready = head !== undefined &&
        (head.id - head.gap <= this.#expected || !(this.#patient || reading));
      if (ready) {
        const frame = this.#take(lane!);
        if (frame !== undefined) return frame;
      } else if (head === undefined && !reading && !this.#patient) {
        if (this.#lanes.end < Infinity) this.#missing ??= this.#expected;
        return undefined;
      } else {
        await this.#wait();
      }
    }
    return undefined;
  }

  #take(lane: Lane): FrameHeader | undefined {
    const { id, size, status, gap, timestamp, extensions } = this.#lanes.take(lane);
    if (id - gap > this.#expected) this.#missing ??= this.#expected;
    this.#expected = id + 1;
    this.#resume();
    if (status === ObjectStatus.endOfGroup || status === ObjectStatus.endOfTrack) {
      this.#endOfTrack = status === ObjectStatus.endOfTrack;
      this.#end = id;
    }
    if (status !== ObjectStatus.normal) return undefined;
    if (size > MAX_OBJECT_SIZE) {
      throw this.#error(`object ${id} is ${size} bytes, limit is ${MAX_OBJECT_SIZE}`);
    }
    this.#size += size;
    this.#objects++;
    if (this.#size > MAX_GROUP_SIZE || this.#objects > MAX_OBJECTS) {
      throw this.#error(`exceeds ${MAX_GROUP_SIZE} bytes or ${MAX_OBJECTS} objects`);
    }
    this.#current = lane.source;
    this.#remaining = size;
    return {
      size,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(extensions === undefined ? {} : { extensions }),
    };
  }

  /** Waits for news; with all sources read, for another one, though not for ever. */
  async #wait(): Promise<void> {
    const news = new Promise<void>((resolve) => this.#wake = resolve);
    if (!this.#lanes.reading && this.#patient) {
      this.#timer ??= setTimeout(() => {
        this.#patient = false;
        this.#wake();
      }, this.#options.linger);
    }
    await news;
  }

  /** Waits anew. */
  #resume(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#patient = !this.#settled;
    this.#wake();
  }

  #stop(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#lanes.cancel();
    this.#options.ended(this.#endOfTrack);
    this.#wake();
  }

  #error(what: string): ProtocolError {
    return new ProtocolError(`Cannot read group: ${what}`);
  }
}
