/** Makes the manifests that a recorder would write of a broadcast that goes as told. */

import type {
  AnchorRecord,
  GapRecord,
  ManifestRecord,
  RunRecord,
  SpanRecord,
} from "../../lib/manifest/record.ts";

/** 2026-11-22T05:00:00.000Z, where all scripts begin. */
export const BEGIN: number = Date.UTC(2026, 10, 22, 5);

/** A record and when its line is written, in seconds since {@linkcode BEGIN}. */
export interface WrittenRecord {
  readonly track: string;
  readonly record: ManifestRecord;
  readonly written: number;
}

/** A digest that is the same for the same text (FNV-1a, eight times). */
export function digest(text: string): string {
  let digest = "";
  for (let i = 0; i < 8; ++i) {
    let hash = 0x811c9dc5 ^ i;
    for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    digest += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return digest;
}

/** RFC 3339 of a time in seconds since {@linkcode BEGIN}. */
export function instant(seconds: number): string {
  return new Date(BEGIN + Math.round(seconds * 1000)).toISOString();
}

/** Whole milliseconds: what a manifest can say exactly. */
function exact(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

const VIDEO = {
  role: "video",
  container: "cmaf",
  codec: "avc1.64001f",
  timescale: 90_000,
  width: 1280,
  height: 720,
  framerate: 30,
} as const;

const AUDIO = {
  role: "audio",
  container: "cmaf",
  codec: "mp4a.40.2",
  timescale: 48_000,
  sampleRate: 48_000,
  channels: 2,
} as const;

/** Writes one track. Times are in seconds; media time zero of a run is where the run begins. */
export class ScriptedTrack {
  /** What was written. */
  readonly written: WrittenRecord[] = [];
  readonly #name: string;
  readonly #media: typeof VIDEO | typeof AUDIO;
  readonly #extra: Partial<RunRecord>;
  #run = "";
  #began = 0;
  #msn = 0;
  #announced = false;

  constructor(name: string, role: "video" | "audio", extra: Partial<RunRecord> = {}) {
    this.#name = name;
    this.#media = role === "video" ? VIDEO : AUDIO;
    this.#extra = extra;
  }

  /** Begins the run, whose media time zero is at `began`. Its record is written with its first span. */
  run(id: string, began: number): this {
    this.#run = id;
    this.#began = exact(began);
    this.#announced = false;
    return this;
  }

  /** A span of media from `start` to `end` (seconds since {@linkcode BEGIN}). */
  span(start: number, end: number, extra: Partial<SpanRecord> = {}): this {
    const ticks = (seconds: number) => Math.round(exact(seconds) * this.#media.timescale);
    const first = !this.#announced;
    if (first) this.announce(start, end);
    const hash = digest(`${this.#name} ${this.#run} ${this.#msn}`);
    const size = Math.round((end - start) * (this.#media === VIDEO ? 250_000 : 16_000));
    this.#write({
      kind: "span",
      at: instant(start),
      run: this.#run,
      msn: this.#msn,
      group: this.#msn,
      groups: 1,
      hash,
      size,
      path: `objects/blake3/${hash.slice(0, 2)}/${hash}.bin`,
      frames: [[size]],
      time: ticks(start) - ticks(this.#began),
      duration: ticks(end) - ticks(start),
      key: true,
      ...extra,
    }, end);
    this.#msn += 1;
    if (first) this.anchor(start, end);
    return this;
  }

  /** Spans of `length` seconds each from `start` to `end`. */
  spans(start: number, end: number, length = 2): this {
    for (let i = 0; start + i * length < end - 1e-9; ++i) {
      this.span(start + i * length, Math.min(end, start + (i + 1) * length));
    }
    return this;
  }

  /** The run record, as it is written with the first span and again at the start of a day. */
  announce(at: number, written = at): this {
    this.#announced = true;
    return this.#write({
      kind: "run",
      v: 1,
      at: instant(at),
      run: this.#run,
      broadcast: "test",
      track: this.#name,
      relay: "https://relay.example/anon",
      protocol: "moq-lite-05",
      init: digest(`init ${this.#name}`),
      ...this.#media,
      ...this.#extra,
    }, written);
  }

  /** Says that media of time `at` was live `offset` seconds after `at`. */
  anchor(at: number, written = at, offset = 0): this {
    const record: AnchorRecord = {
      kind: "anchor",
      at: instant(written),
      run: this.#run,
      time: Math.round((exact(at) - this.#began) * this.#media.timescale),
      wall: instant(exact(at) + offset),
    };
    return this.#write(record, written);
  }

  /** A gap. */
  gap(at: number, extra: Partial<GapRecord>, written = at): this {
    return this.#write(
      { kind: "gap", at: instant(at), run: this.#run, cause: "missing", ...extra },
      written,
    );
  }

  #write(record: ManifestRecord, written: number): this {
    // A line is written after the line before it.
    const at = Math.max(written, this.written.at(-1)?.written ?? -Infinity);
    this.written.push({ track: this.#name, record, written: at });
    return this;
  }
}

/** Deterministic random numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Something of everything that can go wrong, in an order that depends on the seed. */
export function mishaps(seed: number): WrittenRecord[] {
  const chance = random(seed);
  const pick = <T>(...choices: T[]) => choices[Math.floor(chance() * choices.length)]!;
  const length = pick(1, 2, 2, 4, 6.4);
  const video = new ScriptedTrack("video0", "video");
  const small = new ScriptedTrack("video1", "video", { width: 640, height: 360 });
  const audio = new ScriptedTrack("audio0", "audio");
  const tracks = chance() < 0.3 ? [video, small, audio] : [video, audio];
  const lengthOf = (track: ScriptedTrack) => track === audio ? 2 : length;
  // Media time up to which each track is written; their segments do not begin together.
  const position = new Map(tracks.map((track) => [track, 0]));
  let time = 0;
  let run = 0;
  const begin = () => {
    const id = `01J${String(++run).padStart(23, "0")}`;
    const began = time - 1000 * chance();
    for (const track of tracks) {
      track.run(id, began);
      position.set(track, time + chance() * pick(0.1, 3));
    }
  };
  const record = (until: number, except?: ScriptedTrack) => {
    for (const track of tracks) {
      let at = position.get(track)!;
      const end = track === except ? at : until;
      while (at + lengthOf(track) <= end) {
        // Every recorder cuts audio at the same places.
        const next = track === audio ? (Math.floor(at / 2) + 1) * 2 : at + length;
        track.span(at, next);
        at = next;
      }
      position.set(track, at);
    }
    time = until;
  };
  const resume = (track: ScriptedTrack) => {
    track.gap(position.get(track)!, { cause: "dropped", group: 1, groups: 1 });
    position.set(track, Math.max(position.get(track)!, time + chance() * length));
  };
  begin();
  record(10 + 20 * chance());
  for (let i = 0; i < 12; ++i) {
    const victim = pick(...tracks);
    switch (pick("hole", "hole", "outage", "restart", "lost", "split", "stop")) {
      case "hole": // One track misses something.
        record(time + pick(0.1, 1, 3, 8, 14) * (0.5 + chance()), victim);
        resume(victim);
        break;
      case "lost": // One track stays away for long.
        record(time + 20 + 120 * chance(), victim);
        resume(victim);
        break;
      case "outage": // All tracks miss something, within the run.
        time += pick(1, 5, 20, 50, 600) * chance();
        tracks.forEach(resume);
        break;
      case "restart":
        time += pick(0, 0.5, 3, 40, 600) * chance();
        begin();
        break;
      case "stop": // The recorder is stopped, and started again.
        video.gap(position.get(video)!, { cause: "stopped", group: 1, groups: 1 });
        time += pick(1, 5, 60);
        begin();
        break;
      case "split": { // A group that is not whole, and one in two parts.
        const at = position.get(video)!;
        video.span(at, at + length / 2, { partial: true });
        video.span(at + length, at + 1.5 * length, { open: true });
        video.span(at + 1.5 * length, at + 2 * length, { key: false, frame: 5 });
        position.set(video, at + 2 * length);
        time = Math.max(time, at + 2 * length);
        break;
      }
    }
    record(time + pick(1, 10, 60, 90) * chance());
  }
  return tracks.flatMap((track) => track.written);
}
