/** What a manifest root holds. */

import { join } from "node:path";
import { StorageError } from "../cas/error.ts";
import { listDays } from "./days.ts";
import { decodeName, encodeName } from "./names.ts";

/**
 * The broadcasts that anything was recorded of, in ascending order; none when the root is not there.
 * What is not part of a manifest is passed over.
 *
 * @throws {StorageError} if a directory cannot be read.
 */
export async function listBroadcasts(root: string): Promise<string[]> {
  const broadcasts: string[] = [];
  for (const name of await listNames(root)) {
    if ((await listTracks(root, name)).length > 0) broadcasts.push(name);
  }
  return broadcasts;
}

/**
 * The tracks that anything was recorded of, in ascending order; none when the broadcast is not there.
 *
 * @throws {StorageError} if a directory cannot be read.
 * @throws {TypeError} if `broadcast` cannot be a name.
 */
export async function listTracks(root: string, broadcast: string): Promise<string[]> {
  const directory = join(root, encodeName(broadcast));
  const tracks: string[] = [];
  for (const name of await listNames(directory)) {
    if (await hasDays(join(directory, encodeName(name)))) tracks.push(name);
  }
  return tracks;
}

/** The names that the directories within `directory` stand for. */
async function listNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      const name = entry.isDirectory ? tryDecode(entry.name) : undefined;
      if (name !== undefined) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new StorageError("list", directory, error);
    }
  }
  return names.sort();
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeName(text);
  } catch {
    return undefined;
  }
}

async function hasDays(directory: string): Promise<boolean> {
  try {
    return (await listDays(directory)).length > 0;
  } catch (error) {
    throw new StorageError("list", directory, error);
  }
}
