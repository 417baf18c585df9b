/** Waiting with a limit. */

/** Waits for `promise` to be fulfilled or rejected, but no longer than `milliseconds`. */
export async function settleWithin(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([promise.catch(() => {}), elapsed]);
  clearTimeout(timer);
}

/** Waits for `promise`, but fails with the signal's reason once it is aborted. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
