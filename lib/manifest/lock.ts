/** One writer for each broadcast. */

import { join } from "node:path";
import { createDirectory, writeFully } from "../cas/durable.ts";
import { StorageError } from "../cas/error.ts";
import { encodeName } from "./names.ts";

/** Another writer, of this process or another one, is recording the broadcast. */
export class BroadcastLockedError extends Error {
  /** The name of the class. */
  override readonly name = "BroadcastLockedError";
  /** The broadcast. */
  readonly broadcast: string;
  /** Who has it, for people: process, host and time. Undefined when that cannot be told. */
  readonly holder: string | undefined;
  /** Says that `holder` has the lock of `broadcast`. */
  constructor(broadcast: string, holder: string | undefined, options?: ErrorOptions) {
    super(
      `Cannot record ${JSON.stringify(broadcast)}: another recorder is writing to its manifest` +
        (holder ? ` (${holder})` : "") + "; stop that one, or choose another manifest directory",
      options,
    );
    this.broadcast = broadcast;
    this.holder = holder;
  }
}

/**
 * Makes this the only writer of the broadcast until the result is disposed of or the process ends,
 * however it ends. The lock is advisory (flock(2)); its file stays behind.
 *
 * @throws {BroadcastLockedError} if there is another writer.
 * @throws {StorageError} if the lock's file cannot be used.
 * @throws {TypeError} if `broadcast` cannot be a name.
 */
export async function lockBroadcast(root: string, broadcast: string): Promise<AsyncDisposable> {
  const directory = join(root, encodeName(broadcast));
  const path = join(directory, ".lock");
  let file: Deno.FsFile | undefined;
  try {
    await createDirectory(directory);
    file = Deno.openSync(path, { read: true, write: true, create: true });
    if (file.tryLockSync(true)) {
      file.truncateSync(0);
      writeFully(file, new TextEncoder().encode(describeSelf()));
      return new FileLock(file);
    }
  } catch (error) {
    file?.close();
    throw new StorageError("lock", path, error);
  }
  file.close();
  throw new BroadcastLockedError(broadcast, readHolder(path));
}

/** Holds the lock of an open file. */
class FileLock implements AsyncDisposable {
  #file: Deno.FsFile | undefined;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  // deno-lint-ignore require-await -- Locks kept elsewhere take time to give back
  async [Symbol.asyncDispose](): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
  }
}

function describeSelf(): string {
  const mayTell = Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted";
  const host = mayTell ? ` on ${Deno.hostname()}` : "";
  return `process ${Deno.pid}${host} since ${new Date().toISOString()}\n`;
}

function readHolder(path: string): string | undefined {
  try {
    const holder = Deno.readTextFileSync(path).trim();
    // Printed to terminals, and anyone may have written it.
    return /^[\x20-\x7e]{1,300}$/.test(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}
