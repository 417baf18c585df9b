/** Files that are being written and have no name as objects yet. */

import { join } from "node:path";

/** An open file that belongs to its writer alone. */
export interface TempFile {
  /** Where it lies. */
  readonly path: string;
  /** Open for writing, and locked until it is closed. */
  readonly file: Deno.FsFile;
}

const PATTERN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;

/**
 * Creates a temporary file. Its writer holds a lock (flock(2)) on it, which ends with the process
 * however that ends: so {@linkcode sweepTempFiles} can tell abandoned files from those of other
 * processes that are alive.
 */
export function createTempFile(directory: string): TempFile {
  for (let attempts = 0; attempts < 10; ++attempts) {
    const path = join(directory, `${crypto.randomUUID()}.part`);
    const file = Deno.openSync(path, { write: true, createNew: true });
    try {
      // A sweep may have come between creating and locking: then the file is its prey.
      if (file.tryLockSync(true) && file.statSync().nlink !== 0) return { path, file };
      file.close();
    } catch (error) {
      file.close();
      Deno.removeSync(path);
      throw error;
    }
  }
  throw new Error("Cannot create temporary file: other processes keep on removing it");
}

/** Removes the temporary files of writers that are dead. Others' files are left alone. */
export function sweepTempFiles(directory: string): void {
  for (const { name } of Deno.readDirSync(directory)) {
    if (!PATTERN.test(name)) continue;
    const path = join(directory, name);
    try {
      using file = Deno.openSync(path, { read: true, write: true });
      if (file.tryLockSync(true)) Deno.removeSync(path);
    } catch (error) {
      // Its writer has given it its name as an object, or another sweep was faster.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
