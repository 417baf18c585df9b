/** The wire dialects this module speaks, and how a session's one is told from its protocol. */

/** Every dialect, the preferred ones first. */
export const DIALECTS = [
  "moq-lite-05",
  "moq-lite-04",
  "moq-lite-03",
  "moq-lite-02",
  "moq-lite-01",
] as const;

/** A wire dialect. */
export type Dialect = typeof DIALECTS[number];

/**
 * What to offer as WebTransport subprotocols or as ALPN identifiers, the preferred ones first.
 * "moql" leads to the in-band handshake that settles on moq-lite-02 or -01.
 */
export const SUBPROTOCOLS: readonly string[] = [
  "moq-lite-05",
  "moq-lite-04",
  "moq-lite-03",
  "moql",
];

/**
 * The dialect that a session's protocol stands for; undefined when the dialect is still to be
 * agreed on in-band, which is so for "moql" and for a server that chose nothing.
 *
 * @throws {TypeError} if the protocol is none of ours.
 */
export function dialectOf(protocol: string): Dialect | undefined {
  if (protocol === "" || protocol === "moql") return undefined;
  const dialect = DIALECTS.find((dialect) => dialect === protocol);
  if (dialect === undefined || dialect === "moq-lite-02" || dialect === "moq-lite-01") {
    throw new TypeError(`Cannot speak MoQ: protocol "${protocol}" is not supported`);
  }
  return dialect;
}
