/** The groups of a recorded track, put together again from its spans. */

import { Buffer } from "node:buffer";
import type { ManifestRecord } from "../../../lib/manifest/record.ts";
import type { ArchiveDirectory } from "../../support/archive_directory.ts";

/** A group as it lies in the store. */
export interface StoredGroup {
  /** Lengths of its frames in bytes. */
  frames: number[];
  /** The concatenated payloads. */
  payload: Uint8Array;
}

/** Cuts the objects of a track into the groups they hold whole, by sequence number. */
export async function storedGroups(
  directory: ArchiveDirectory,
  broadcast: string,
  track: string,
): Promise<Map<number, StoredGroup>> {
  const groups = new Map<number, StoredGroup>();
  const open = new Map<number, StoredGroup>();
  for (const span of await directory.spans(broadcast, track)) {
    const object = await directory.object(span);
    let offset = 0;
    for (const [index, sizes] of span.frames.entries()) {
      const group = span.group + index;
      const isLast = index === span.frames.length - 1;
      const end = offset + sizes.reduce((sum, size) => sum + size, 0);
      // A long group lies in several spans; only its end makes it whole.
      const begun = index === 0 && span.frame ? open.get(group) : undefined;
      const stored = {
        frames: [...begun?.frames ?? [], ...sizes],
        payload: concat([begun?.payload ?? new Uint8Array(), object.subarray(offset, end)]),
      };
      if (isLast && span.open) open.set(group, stored);
      else if (!(isLast && span.partial)) groups.set(group, stored);
      offset = end;
    }
    if (offset !== object.length) {
      throw new Error(`The frames of span ${span.msn} make ${offset} of ${object.length} bytes`);
    }
  }
  return groups;
}

/** Groups between a track's first and last one that are neither recorded nor part of a gap. */
export function unexplainedGroups(records: readonly ManifestRecord[]): number[] {
  const known = new Set<number>();
  let [first, last] = [Infinity, -Infinity];
  for (const record of records) {
    if (record.kind !== "span" && record.kind !== "gap") continue;
    if (record.group === undefined) continue;
    const end = record.group + (record.groups ?? 1);
    for (let group = record.group; group < end; group++) known.add(group);
    first = Math.min(first, record.group);
    last = Math.max(last, end - 1);
  }
  const unexplained: number[] = [];
  for (let group = first; group <= last; group++) {
    if (!known.has(group)) unexplained.push(group);
  }
  return unexplained;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
