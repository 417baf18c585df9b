import type { Session } from "../transport/session.ts";

/** Streams whose header may be awaited at a time; beyond, the peer's stream credit is not renewed. */
const MAX_HEADERLESS = 256;

/**
 * Gives the unidirectional streams of a session to `accept`, which reads their headers and must not
 * reject. A stream whose header is slow to come holds up no other. Fulfils when the session ends.
 */
export async function acceptStreams(
  session: Session,
  accept: (stream: ReadableStream<Uint8Array>) => Promise<void>,
): Promise<void> {
  let headerless = 0;
  let room = () => {};
  try {
    for await (const stream of session.incomingUnidirectionalStreams) {
      headerless++;
      accept(stream).finally(() => {
        headerless--;
        room();
      });
      while (headerless >= MAX_HEADERLESS) await new Promise<void>((resolve) => room = resolve);
    }
  } catch {
    // The session is lost, which its `closed` reports.
  }
}
