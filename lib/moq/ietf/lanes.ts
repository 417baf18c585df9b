import type { ObjectHeader, ObjectSource } from "./object_header.ts";

/** A source and what is known of it. */
export interface Lane {
  /** Where its objects come from. */
  readonly source: ObjectSource;
  /** Its next object, once it has been read. */
  head?: ObjectHeader | undefined;
  /** Its last object that was taken. */
  last?: number;
  /** Whether the next object is being read. */
  reading?: boolean;
}

/** The sources of a group, all of them read up to their next object and no further. */
export class Lanes {
  readonly #lanes = new Set<Lane>();
  readonly #news: () => void;
  #end = Infinity;
  #failure: { error: unknown } | undefined;

  /** Calls `news` whenever a source has been read. */
  constructor(news: () => void) {
    this.#news = news;
  }

  /** How many sources there are that have not ended. */
  get size(): number {
    return this.#lanes.size;
  }

  /** The id that no object reaches, as far as sources have ended that end the group. */
  get end(): number {
    return this.#end;
  }

  /** Whether a source is being read. */
  get reading(): boolean {
    for (const lane of this.#lanes) if (lane.reading) return true;
    return false;
  }

  /** Adds a source. */
  add(source: ObjectSource): void {
    this.#lanes.add({ source });
  }

  /**
   * The source with the lowest object; those whose next is not known yet are asked for it, those
   * that repeat what comes before `expected` are given up.
   *
   * @throws What went wrong with a source.
   */
  first(expected: number): Lane | undefined {
    if (this.#failure) throw this.#failure.error;
    let first: Lane | undefined;
    for (const lane of this.#lanes) {
      const { head, reading } = lane;
      if (head === undefined) {
        if (!reading) this.#read(lane);
      } else if (head.id < expected) {
        this.#lanes.delete(lane);
        lane.source.cancel();
      } else if (first === undefined || head.id < first.head!.id) {
        first = lane;
      }
    }
    return first;
  }

  /** Takes the object of a source, whose payload is to be read next. */
  take(lane: Lane): ObjectHeader {
    const head = lane.head!;
    lane.head = undefined;
    lane.last = head.id;
    return head;
  }

  /** Gives all sources up. */
  cancel(): void {
    for (const { source } of this.#lanes) source.cancel();
    this.#lanes.clear();
  }

  async #read(lane: Lane): Promise<void> {
    const { source } = lane;
    lane.reading = true;
    try {
      lane.head = await source.next();
      if (lane.head === undefined) {
        this.#lanes.delete(lane);
        if (source.endsGroup && lane.last !== undefined) this.#end = lane.last + 1;
      }
    } catch (error) {
      this.#failure ??= { error };
    }
    lane.reading = false;
    this.#news();
  }
}
