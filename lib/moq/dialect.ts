/** The wire dialects this module speaks, and how a session's one is told from its protocol. */

/** Every dialect, the preferred ones first. */
export const DIALECTS = [
  "moq-lite-05",
  "moq-lite-04",
  "moq-lite-03",
  "moq-lite-02",
  "moq-lite-01",
  "moqt-19",
  "moqt-18",
  "moqt-17",
  "moqt-16",
  "moqt-14",
  "moqt-07",
] as const;

/** A wire dialect. */
export type Dialect = typeof DIALECTS[number];

/**
 * What to offer as WebTransport subprotocols or as ALPN identifiers, the preferred ones first.
 * "moql" leads to the in-band handshake that settles on moq-lite-02, -01 or moqt-14; "moq-00", which
 * stands for the early drafts of moq-transport, leads there as well.
 */
export const SUBPROTOCOLS: readonly string[] = [
  "moq-lite-05",
  "moq-lite-04",
  "moq-lite-03",
  "moql",
  "moqt-19",
  "moqt-18",
  "moqt-17",
  "moqt-16",
  "moq-00",
];

/** Those of {@linkcode SUBPROTOCOLS} in which we publish as well. */
export const PUBLISH_SUBPROTOCOLS: readonly string[] = SUBPROTOCOLS.filter((protocol) =>
  protocol === "moql" || protocol.startsWith("moq-lite-")
);

/** Protocols under which the dialect is agreed on in-band. */
const IN_BAND: readonly string[] = ["", "moql", "moq-00"];

/**
 * The dialect that a session's protocol stands for; undefined when the dialect is still to be
 * agreed on in-band, which is so for "moql", "moq-00" and for a server that chose nothing.
 *
 * @throws {TypeError} if the protocol is none of ours.
 */
export function dialectOf(protocol: string): Dialect | undefined {
  if (IN_BAND.includes(protocol)) return undefined;
  const dialect = DIALECTS.find((dialect) => dialect === protocol);
  if (dialect === undefined || !SUBPROTOCOLS.includes(protocol)) {
    throw new TypeError(`Cannot speak MoQ: protocol "${protocol}" is not supported`);
  }
  return dialect;
}

/** What to offer so as to end up with `dialect` and no other. */
export function offerOf(dialect: Dialect): string {
  if (SUBPROTOCOLS.includes(dialect)) return dialect;
  return dialect.startsWith("moq-lite-") ? "moql" : "moq-00";
}
