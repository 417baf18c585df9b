/** Records for tests. */

import { objectPath } from "../../lib/cas/digest.ts";
import type {
  AnchorRecord,
  GapRecord,
  ManifestRecord,
  RunRecord,
  SpanRecord,
} from "../../lib/manifest/record.ts";
import { ManifestReader } from "../../lib/manifest/reader.ts";

export const BROADCAST = "la-nbc";
export const TRACK = "video0.m4s";
export const RUN = "01JD9Z3Q4X8V6T2R5W7Y9B1C3E";
export const AT = "2026-11-22T05:00:00.000Z";
const HASH = "3f".repeat(32);

export function runRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    kind: "run",
    v: 1,
    at: AT,
    run: RUN,
    broadcast: BROADCAST,
    track: TRACK,
    relay: "https://relay.example/anon",
    protocol: "moq-lite-05",
    role: "video",
    container: "cmaf",
    codec: "avc1.64001f",
    timescale: 90_000,
    init: "ab".repeat(32),
    width: 1280,
    height: 720,
    ...changes,
  };
}

export function spanRecord(msn: number, changes: Partial<SpanRecord> = {}): SpanRecord {
  return {
    kind: "span",
    at: AT,
    run: RUN,
    msn,
    group: 1000 + msn,
    groups: 1,
    hash: HASH,
    size: 2553,
    path: objectPath(HASH),
    frames: [[1820, 733]],
    time: msn * 180_180,
    duration: 180_180,
    key: true,
    ...changes,
  };
}

export function gapRecord(changes: Partial<GapRecord> = {}): GapRecord {
  return {
    kind: "gap",
    at: AT,
    run: RUN,
    group: 7,
    groups: 3,
    cause: "reset",
    code: 26,
    ...changes,
  };
}

export function anchorRecord(changes: Partial<AnchorRecord> = {}): AnchorRecord {
  return { kind: "anchor", at: AT, run: RUN, time: 90_000, wall: AT, ...changes };
}

/** All records of the track, from the start. A bad line fails the test. */
export function readAll(root: string): Promise<ManifestRecord[]> {
  return Array.fromAsync(new ManifestReader({ root, broadcast: BROADCAST, track: TRACK }).read());
}

/** The directory of the track. */
export function trackPath(root: string): string {
  return `${root}/${BROADCAST}/${TRACK}`;
}

/** The path of a day's file. */
export function filePath(root: string, day = "2026-11-22"): string {
  return `${trackPath(root)}/${day}.jsonl`;
}

/** The names of the files that the track's directory has. */
export function fileNames(root: string): string[] {
  return Array.from(Deno.readDirSync(trackPath(root)), ({ name }) => name).sort();
}
