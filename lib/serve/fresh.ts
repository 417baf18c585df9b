/** Something that is made anew when it is asked for and too old; only once at a time. */
export class Fresh<T> {
  readonly #make: () => Promise<T>;
  readonly #now: () => number;
  readonly #maxAge: number;
  #at = -Infinity;
  #value: Promise<T> | undefined;

  /** Makes it with `make` when it is older than `maxAge` milliseconds by the clock `now`. */
  constructor(make: () => Promise<T>, now: () => number, maxAge: number) {
    this.#make = make;
    this.#now = now;
    this.#maxAge = maxAge;
  }

  /** What there is, what is being made, or a new one. Rejected as `make` is. */
  get(): Promise<T> {
    // The clock may be set back.
    const isOld = Math.abs(this.#now() - this.#at) >= this.#maxAge;
    if (this.#value === undefined || isOld) this.#value = this.#renew();
    return this.#value;
  }

  async #renew(): Promise<T> {
    // No age: it is not old while it is being made.
    this.#at = NaN;
    try {
      const value = await this.#make();
      this.#at = this.#now();
      return value;
    } catch (error) {
      this.#at = -Infinity;
      throw error;
    }
  }
}
