/** QUIC streams as the session's users see them: with our errors, and still byte streams. */

import { SessionError, StreamResetError } from "./error.ts";
import type { BidirectionalStream } from "./session.ts";

/** Finds the application's code in the code of a RESET_STREAM or STOP_SENDING frame. */
export type CodeDecoder = (code: number) => number | undefined;

/** Size of the reads done for readers that bring no buffer. */
const CHUNK_SIZE = 32 * 1024;

/** The code of the RESET_STREAM or STOP_SENDING an error of Deno's tells of, if it does. */
export function resetCode(error: unknown): number | undefined {
  if (!(error instanceof Deno.errors.ConnectionReset)) return undefined;
  const code = /by peer: error (\d+)$/.exec(error.message)?.[1];
  return code === undefined ? undefined : Number(code);
}

/**
 * What the peer sends on a stream. Buffers of BYOB readers are passed through to Deno, so their bytes are
 * never copied; for other readers short reads are, so that a small chunk does not keep a large buffer.
 *
 * Cancelling sends STOP_SENDING with the connection's code 0: Deno takes no other. If a read is
 * pending, Deno sends it only once the next bytes arrive.
 */
export function readableFrom(
  stream: ReadableStream<Uint8Array>,
  decode: CodeDecoder,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  let spare = new Uint8Array();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view as Uint8Array<ArrayBuffer> | null | undefined;
      try {
        if (view) {
          const { value, done } = await reader.read(view);
          if (value === undefined) return; // Cancelled meanwhile.
          if (done) controller.close();
          request!.respondWithNewView(value);
        } else {
          if (spare.length === 0) spare = new Uint8Array(CHUNK_SIZE);
          const { value, done } = await reader.read(spare);
          if (value === undefined) return;
          if (done) return controller.close();
          const short = value.length * 2 < CHUNK_SIZE;
          controller.enqueue(short ? value.slice() : value);
          spare = short ? new Uint8Array(value.buffer) : new Uint8Array();
        }
      } catch (error) {
        throw streamError(error, decode);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * What we send on a stream. A write is done once QUIC has taken the bytes, so writers that await it are held
 * back by the peer's flow control.
 *
 * Closing sends FIN. Aborting does too: Deno offers no way to send RESET_STREAM, save by closing the
 * connection. STOP_SENDING shows at the next write.
 */
export function writableTo(
  stream: WritableStream<Uint8Array>,
  decode: CodeDecoder,
): WritableStream<Uint8Array> {
  const writer = stream.getWriter();
  // Errors are reported by the calls below.
  writer.closed.catch(() => {});
  return new WritableStream({
    async write(chunk) {
      try {
        await writer.write(chunk);
      } catch (error) {
        throw streamError(error, decode);
      }
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

/** Both halves of a stream. */
export function bidirectional(
  stream: Deno.QuicBidirectionalStream,
  decode: CodeDecoder,
): BidirectionalStream {
  return {
    readable: readableFrom(stream.readable, decode),
    writable: writableTo(stream.writable, decode),
  };
}

function streamError(cause: unknown, decode: CodeDecoder): Error {
  const code = resetCode(cause);
  // Codes of HTTP/3's own carry nothing for the application.
  if (code !== undefined) return new StreamResetError(decode(code) ?? 0, { cause });
  return new SessionError("Stream ended with its session", { cause });
}
