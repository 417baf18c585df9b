/** Waiting that ends: a signal that aborts when a time is up or when another signal does. */
export class Deadline implements Disposable {
  /** Aborted with the error given, or with the outer signal's reason. */
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout>;

  /** Aborts with what `expired` returns after `ms` milliseconds, unless disposed of before. */
  constructor(ms: number, expired: () => Error, outer?: AbortSignal) {
    const controller = new AbortController();
    this.#timer = setTimeout(() => controller.abort(expired()), ms);
    this.signal = outer ? AbortSignal.any([controller.signal, outer]) : controller.signal;
  }

  /**
   * Waits for `promise`, at most until the signal aborts. What arrives later is handed to
   * `discard`.
   */
  async race<T>(promise: Promise<T>, discard: (late: T) => void = () => {}): Promise<T> {
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(this.signal.reason);
    this.signal.addEventListener("abort", abort);
    if (this.signal.aborted) abort();
    try {
      return await Promise.race([aborted.promise, promise]);
    } catch (error) {
      promise.then(discard, () => {});
      throw error;
    } finally {
      this.signal.removeEventListener("abort", abort);
    }
  }

  /** Stops the clock. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
