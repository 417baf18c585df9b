/** Waits for a condition that another process brings about and announces nowhere. */

/** How long to wait between two looks, in milliseconds. */
const INTERVAL = 100;

/**
 * Looks again and again until `probe` gives something truthy, and resolves with it.
 * Rejects after `timeout` milliseconds, or with whatever `probe` throws.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false | "">,
  timeout = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeout;
  while (true) {
    const result = await probe();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`Cannot wait any longer for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
