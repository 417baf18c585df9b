/** File operations that hold after a power cut. */

import { dirname } from "node:path";

/** Makes the names in a directory durable, as fsync(2) does for the bytes of a file. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  try {
    await directory.sync();
  } catch (error) {
    // File systems that cannot sync a directory at all say so in one of these ways.
    const { code } = error as { code?: string };
    if (code !== "EINVAL" && code !== "EBADF" && code !== "ENOTSUP") throw error;
  }
}

/** Creates a directory, and those above it, unless it is there. Durable when it fulfils. */
export async function createDirectory(path: string): Promise<void> {
  try {
    if (!makeDirectory(path)) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || dirname(path) === path) throw error;
    await createDirectory(dirname(path));
    if (!makeDirectory(path)) return;
  }
  await syncDirectory(dirname(path));
}

/** False when the directory was there. */
function makeDirectory(path: string): boolean {
  try {
    Deno.mkdirSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (!Deno.statSync(path).isDirectory) throw error;
    return false;
  }
}

/** Writes all of `bytes`: write(2) may take only some of them, notably before the disk is full. */
export function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) {
    const written = file.writeSync(rest);
    if (written === 0) throw new Error(`Cannot write: ${rest.length} bytes were not taken`);
    rest = rest.subarray(written);
  }
}
