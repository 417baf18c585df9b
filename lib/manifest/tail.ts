import type { ManifestRecord, RunRecord } from "./record.ts";

/** Where a track's manifest stands: what must be known to go on with it. */
export interface TrackTail {
  /** The run that was begun last. */
  readonly run: RunRecord | undefined;
  /** The highest number of a span. */
  readonly msn: number | undefined;
  /** The highest group of that run which a span or gap accounts for. */
  readonly group: number | undefined;
  /** The latest time that a record names: when it began or, for a gap, when reception went on. */
  readonly at: string | undefined;
}

/** The tail of a manifest without records. */
export const EMPTY_TAIL: TrackTail = {
  run: undefined,
  msn: undefined,
  group: undefined,
  at: undefined,
};

/** The tail after one more record. */
export function advance(tail: TrackTail, record: ManifestRecord): TrackTail {
  const run = record.kind === "run" ? record : tail.run;
  const msn = record.kind === "span" ? greater(tail.msn, record.msn) : tail.msn;
  const goesOn = run?.run === tail.run?.run;
  const group = greater(goesOn ? tail.group : undefined, lastGroup(record, run));
  const until = record.kind === "gap" ? record.until : undefined;
  return { run, msn, group, at: greater(tail.at, until ?? record.at) };
}

/** The tail of `older` records followed by those of `newer`. */
export function join(older: TrackTail, newer: TrackTail): TrackTail {
  const run = newer.run ?? older.run;
  const goesOn = run?.run === older.run?.run;
  return {
    run,
    msn: greater(older.msn, newer.msn),
    group: greater(goesOn ? older.group : undefined, newer.group),
    at: greater(older.at, newer.at),
  };
}

/** The last group that a record of `run` accounts for. */
function lastGroup(record: ManifestRecord, run: RunRecord | undefined): number | undefined {
  if (record.kind !== "span" && record.kind !== "gap" || record.run !== run?.run) return undefined;
  const { group, groups } = record;
  return group === undefined || groups === undefined ? undefined : group + groups - 1;
}

/** The greater of two values, of which either may be missing. Times compare as texts. */
function greater<T extends number | string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
