/** Where the files of a track's manifest lie: one for each UTC day. */

import { join } from "node:path";
import { encodeName } from "./names.ts";

const PATTERN = /^(\d{4}-\d\d-\d\d)\.jsonl$/;

/** The directory of a track's manifest. */
export function trackDirectory(root: string, broadcast: string, track: string): string {
  return join(root, encodeName(broadcast), encodeName(track));
}

/** The UTC day (YYYY-MM-DD) of an RFC 3339 time in UTC. */
export function dayOf(at: string): string {
  return at.slice(0, 10);
}

/** The file of a day in a track's directory. */
export function dayPath(directory: string, day: string): string {
  return join(directory, `${day}.jsonl`);
}

/** The days that a track's directory has files of, in order; none when it is not there. */
export async function listDays(directory: string): Promise<string[]> {
  const days: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      const day = PATTERN.exec(name)?.[1];
      if (isFile && day) days.push(day);
    }
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!missing) throw error;
  }
  return days.sort();
}
