/** Keeps a session to the relay up and records a broadcast over it. */

import { lockBroadcast } from "../manifest/lock.ts";
import type { MoqSession } from "../moq/session.ts";
import { encodeName } from "../manifest/names.ts";
import { ConnectError, type ConnectFailure } from "../transport/error.ts";
import { sleep } from "../sleep.ts";
import { Backoff } from "./backoff.ts";
import { BroadcastRecorder, type BroadcastRecorderOptions } from "./broadcast_recorder.ts";
import { UNAUTHORIZED, unauthorized } from "./dial.ts";
import type { TrackStats } from "./track_stats.ts";

/** Failures that no amount of waiting mends when the very first connection meets them. */
const FATAL: readonly ConnectFailure[] = [
  "tls",
  "unauthorized",
  "forbidden",
  "not-found",
  "protocol",
];

/** Options of {@linkcode recordBroadcast}. */
export interface RecordBroadcastOptions extends BroadcastRecorderOptions {
  /** Opens a session to the relay. Rejects with a `ConnectError` when that fails. */
  dial: (signal: AbortSignal) => Promise<MoqSession>;
  /** Aborted when recording is to end. */
  stop: AbortSignal;
  /** Is given the counters of all tracks, which change as recording goes on. */
  onStart?: (stats: ReadonlyMap<string, TrackStats>) => void;
}

/**
 * Records a broadcast until told to stop, over as many sessions as it takes.
 *
 * @throws {BroadcastLockedError} if another recorder writes this broadcast.
 * @throws {ConnectError} if the first connection fails for a reason that does not go away.
 * @throws {TypeError} if the broadcast, or a track asked for, cannot be a name.
 * @throws {StorageError} if not all that was received last is recorded.
 */
export async function recordBroadcast(options: RecordBroadcastOptions): Promise<void> {
  const { broadcast, tracks, relay, manifestDir, log, dial, stop, onStart } = options;
  tracks?.forEach(encodeName);
  await using _lock = await lockBroadcast(manifestDir, broadcast);
  await using recorder = new BroadcastRecorder(options);
  onStart?.(recorder.stats);
  const backoff = new Backoff();
  let sessions = 0;
  while (!stop.aborted) {
    let session: MoqSession;
    try {
      session = await dial(stop);
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof ConnectError)) throw error;
      if (sessions === 0 && FATAL.includes(error.failure)) throw error;
      const wait = backoff.next();
      log.warn(error.message, { retry: `${wait / 1000}s` });
      await sleep(wait, stop);
      continue;
    }
    sessions += 1;
    const since = Date.now();
    log.info("Connected", { relay, protocol: session.dialect });
    try {
      await recorder.record(session, stop);
    } finally {
      session.close();
    }
    if (stop.aborted) return;
    const { code, reason } = await endOf(session);
    // A token that let us record something was good, and one that expires may be renewed there.
    if (code === UNAUTHORIZED && sessions === 1 && recorder.stats.size === 0) {
      throw unauthorized(relay);
    }
    backoff.settle(since);
    const wait = backoff.next();
    log.warn("Session ended; connecting again", { relay, reason, retry: `${wait / 1000}s` });
    await sleep(wait, stop);
  }
}

/** How a session ended. */
function endOf(session: MoqSession): Promise<{ code: number | undefined; reason: string }> {
  return session.closed.then(
    ({ closeCode: code = 0, reason }) => ({
      code,
      reason: `closed with code ${code}${reason ? `: ${reason}` : ""}`,
    }),
    (error) => ({ code: error.code, reason: error.message }),
  );
}
