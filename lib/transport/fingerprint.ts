/** SHA-256 fingerprints of certificates, for relays whose certificate no authority has signed. */

import { ConnectError } from "./error.ts";
import type { RelayUrl } from "./relay_url.ts";

/** More than any fingerprint needs, however it is laid out. */
const MAX_RESPONSE = 1024;

/**
 * Reads a fingerprint: 64 hexadecimal digits; colons and white space are passed over.
 *
 * @throws {TypeError} if it is anything else.
 */
export function parseFingerprint(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/[\s:]/g, "");
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new TypeError("Cannot parse certificate fingerprint: it must be 64 hexadecimal digits");
  }
  return Uint8Array.fromHex(digits);
}

/**
 * Asks a development relay for its certificate's fingerprint. Whoever can forge the answer can
 * impersonate the relay, so this is for loopback and trusted networks.
 *
 * @throws {ConnectError} if it does not answer with one.
 */
export async function fetchFingerprint(
  url: RelayUrl,
  { hostname, port }: { hostname: string; port: number },
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const location = `http://${host}:${port}/certificate.sha256`;
  const fail = (failure: "unreachable" | "protocol", why: string, cause?: unknown): never => {
    throw new ConnectError(
      failure,
      `Cannot connect to ${url.safe}: ${location} ${why}; check that a development relay runs there, ` +
        "or use https:// with its fingerprint",
      { cause },
    );
  };
  let text: string;
  try {
    const response = await fetch(location, { redirect: "error", signal });
    if (!response.ok) {
      await response.body?.cancel();
      return fail("protocol", `answered ${response.status}`);
    }
    text = await readText(response);
  } catch (error) {
    if (error instanceof ConnectError || signal.aborted) throw error;
    return fail("unreachable", "did not answer", error);
  }
  try {
    return parseFingerprint(text);
  } catch (error) {
    return fail("protocol", "did not answer with a fingerprint", error);
  }
}

/** The start of the answer, enough to tell whether it is a fingerprint. */
async function readText(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > MAX_RESPONSE) break;
  }
  return text;
}
