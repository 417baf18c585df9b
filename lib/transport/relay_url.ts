/** Where a relay is and how to talk to it. */

/** A relay's URL, taken apart. */
export interface RelayUrl {
  /** What carries the session: WebTransport (`https:`, `http:`) or raw QUIC (`moqt:`, `moql:`). */
  readonly transport: "webtransport" | "quic";
  /** Name or address to connect to; IPv6 addresses without brackets. */
  readonly hostname: string;
  /** Port to connect to. */
  readonly port: number;
  /** Path with its query, which may hold a token. */
  readonly path: string;
  /** Host and port as a server is told them; the port only if it is not 443. */
  readonly authority: string;
  /** Whether the certificate's fingerprint is fetched over plain HTTP first (`http:`, for development). */
  readonly insecure: boolean;
  /** The URL without user information, query and fragment, fit for logs and error messages. */
  readonly safe: string;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/**
 * Reads the URL of a relay: `https://` for WebTransport, `http://` for a development relay with a
 * self-signed certificate, `moqt://` or `moql://` for raw QUIC. The port is 443 unless it is given.
 *
 * @throws {TypeError} if it is none of these; the message never repeats the URL, which may hold a token.
 *
 * @example
 * ```ts
 * import { parseRelayUrl } from "./relay_url.ts";
 *
 * const url = parseRelayUrl("https://relay.example/anon?jwt=secret");
 * url.path; // "/anon?jwt=secret"
 * url.safe; // "https://relay.example/anon"
 * ```
 */
export function parseRelayUrl(text: string): RelayUrl {
  const scheme = SCHEME.exec(text.trim())?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new TypeError("Cannot parse relay URL: it must look like https://relay.example/path");
  }
  if (!["https", "http", "moqt", "moql"].includes(scheme)) {
    throw new TypeError(
      `Cannot parse relay URL: "${scheme}://" is not supported, use https:// (WebTransport), ` +
        "http:// (development relay), or moqt:// or moql:// (raw QUIC)",
    );
  }
  // All four are read by the rules of https, which also makes 443 everyone's default port.
  const url = URL.parse(text.trim().replace(SCHEME, "https://"));
  if (url === null) {
    throw new TypeError("Cannot parse relay URL: its host or port is not valid");
  }
  const port = url.port === "" ? 443 : Number(url.port);
  if (port === 0) throw new TypeError("Cannot parse relay URL: its port is 0");
  return {
    transport: scheme.startsWith("http") ? "webtransport" : "quic",
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    path: url.pathname + url.search,
    authority: url.host,
    insecure: scheme === "http",
    safe: `${scheme}://${url.host}${url.pathname}`,
  };
}

/** Reads `HOST[:PORT]`; IPv6 addresses need brackets. @throws {TypeError} if it is anything else. */
export function parseHostPort(
  text: string,
  defaultPort: number,
): { hostname: string; port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?$/i.exec(text);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match === null || port < 1 || port > 65535) {
    throw new TypeError(`Cannot parse "${text}" as HOST[:PORT]`);
  }
  return { hostname: match[1]!.replace(/^\[(.*)\]$/, "$1"), port };
}
