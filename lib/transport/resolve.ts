/** Resolving names. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Addresses of a name that are worth trying. */
const MAX_ADDRESSES = 4;

/** The name does not resolve. */
export class NameError extends Error {
  /** The class's name. */
  override readonly name = "NameError";
}

/**
 * The addresses of `hostname`, alternating between IPv6 and IPv4 from the system's first choice on; or
 * `hostname` itself where permission is given for the name and port alone, so that it has to be Deno who
 * resolves it.
 *
 * @throws {NameError} if it does not resolve.
 */
export async function resolve(hostname: string): Promise<string[]> {
  if (isIP(hostname) !== 0) return [hostname];
  // Deno would resolve the name itself, but without letting anything else run meanwhile, and would
  // use the first address only.
  let found: { address: string; family: number }[];
  try {
    found = await lookup(hostname, { all: true });
  } catch (cause) {
    if ((cause as { code?: string }).code === "EPERM") return [hostname];
    throw new NameError(`name "${hostname}" does not resolve`, { cause });
  }
  const preferred = found.filter(({ family }) => family === found[0]!.family);
  const others = found.filter(({ family }) => family !== found[0]!.family);
  return preferred.flatMap((entry, i) => [entry, ...others.slice(i, i + 1)])
    .concat(others.slice(preferred.length))
    .slice(0, MAX_ADDRESSES)
    .map(({ address }) => address);
}
