/** The live status of a recording, for people. */

import type { TrackStats } from "../archive/track_stats.ts";
import { printable } from "../log.ts";
import type { CommandContext } from "./command.ts";

/** How far back the rate looks, in milliseconds. */
const RATE_WINDOW = 5000;

/** Renders one line per track: groups, bytes, rate, age of the last group, gaps. */
export class TrackLines {
  readonly #broadcast: string;
  readonly #tracks: ReadonlyMap<string, TrackStats>;
  readonly #samples = new Map<string, { at: number; received: number }[]>();

  /** Shows the counters of `broadcast` in `tracks`, which change as recording goes on. */
  constructor(broadcast: string, tracks: ReadonlyMap<string, TrackStats>) {
    this.#broadcast = broadcast;
    this.#tracks = tracks;
  }

  /** The lines as of `now` (milliseconds since the Unix epoch). */
  render(now: number = Date.now()): string[] {
    if (this.#tracks.size === 0) return [`${printable(this.#broadcast)}  waiting …`];
    const width = Math.max(...[...this.#tracks.keys()].map((name) => printable(name).length));
    return [...this.#tracks].map(([name, stats]) =>
      [
        printable(this.#broadcast),
        printable(name).padEnd(width),
        `${stats.groups} groups`.padStart(13),
        formatBytes(stats.received).padStart(9),
        `${(this.#rate(name, stats, now) / 1e6).toFixed(2)} Mbit/s`.padStart(13),
        `last ${stats.lastAt === undefined ? "never" : `${formatAge(now - stats.lastAt)} ago`}`,
        `${stats.gaps} ${stats.gaps === 1 ? "gap" : "gaps"}`,
      ].join("  ")
    );
  }

  /** Bits per second over the last few seconds. */
  #rate(name: string, stats: TrackStats, now: number): number {
    const samples = this.#samples.get(name) ?? [];
    this.#samples.set(name, samples);
    samples.push({ at: now, received: stats.received });
    while (samples.length > 2 && now - samples[0]!.at > RATE_WINDOW) samples.shift();
    const oldest = samples[0]!;
    const seconds = (now - oldest.at) / 1000;
    return seconds > 0 ? (stats.received - oldest.received) * 8 / seconds : 0;
  }
}

/** Shows the state of a recording where there is a terminal, until disposed of. */
export function showRecording(
  broadcast: string,
  status: CommandContext["status"],
): Disposable & { onStart(tracks: ReadonlyMap<string, TrackStats>): void } {
  let lines = () => [`${printable(broadcast)}  connecting …`];
  const shown = status?.(() => lines());
  return {
    onStart(tracks) {
      const table = new TrackLines(broadcast, tracks);
      lines = () => table.render();
    },
    [Symbol.dispose]: () => shown?.[Symbol.dispose](),
  };
}

/** Bytes in decimal units, e.g. "24.1 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min`;
}
