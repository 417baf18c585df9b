/** Stretches of a track in which media times can be compared. */

/**
 * Where a run, or a part of it whose media time began anew, stands among the others. All renditions
 * of a broadcast name and order their epochs alike without knowing of each other.
 */
export interface Epoch {
  /** ULID of the run; ULIDs ascend with time. */
  readonly run: string;
  /** Counts up where media time, or the clock that made the ULIDs, went back. */
  readonly turn: number;
}

/** Negative when `a` comes before `b`, positive when it comes after, zero when they are the same. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.run === b.run ? a.turn - b.turn : a.run < b.run ? -1 : 1;
}
