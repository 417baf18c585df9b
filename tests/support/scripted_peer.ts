/** The other end of a session, which says what a test has it say, byte by byte. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { StreamResetError } from "../../lib/transport/error.ts";
import type { BidirectionalStream, Session } from "../../lib/transport/session.ts";
import { hex } from "./bytes.ts";

/** A peer that follows a script. */
export class ScriptedPeer {
  readonly session: Session;
  readonly #streams: ReadableStreamDefaultReader<BidirectionalStream>;
  readonly #uni: ReadableStreamDefaultReader<ReadableStream<Uint8Array>>;

  constructor(session: Session) {
    this.session = session;
    this.#streams = session.incomingBidirectionalStreams.getReader();
    this.#uni = session.incomingUnidirectionalStreams.getReader();
  }

  /** Takes the next bidirectional stream, which has to begin with `bytes`. */
  async accept(bytes: string): Promise<ScriptedStream> {
    const { value } = await this.#streams.read();
    const stream = new ScriptedStream(value!);
    await stream.expect(bytes);
    return stream;
  }

  /** Takes the next unidirectional stream, which has to consist of `bytes`. */
  async acceptUni(bytes: string): Promise<void> {
    const { value } = await this.#uni.read();
    assertEquals(await new Response(value).bytes(), hex(bytes));
  }

  /** Opens a bidirectional stream and says `bytes`. */
  async open(bytes: string): Promise<ScriptedStream> {
    const stream = new ScriptedStream(await this.session.createBidirectionalStream());
    await stream.write(bytes);
    return stream;
  }

  /** Opens a unidirectional stream and says `bytes`. */
  async openUni(bytes = ""): Promise<ScriptedStream> {
    const stream = new ScriptedStream({
      readable: new ReadableStream(),
      writable: await this.session.createUnidirectionalStream(),
    });
    await stream.write(bytes);
    return stream;
  }

  /** Sends a whole stream. */
  async sendUni(bytes: string): Promise<void> {
    await (await this.openUni(bytes)).finish();
  }
}

/** A stream of such a peer. */
export class ScriptedStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor({ readable, writable }: BidirectionalStream) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  /** Waits for `bytes`. */
  async expect(bytes: string): Promise<void> {
    const expected = hex(bytes);
    while (this.#rest.length < expected.length) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      this.#rest = Uint8Array.of(...this.#rest, ...value);
    }
    assertEquals(this.#rest.subarray(0, expected.length).toHex(), expected.toHex());
    this.#rest = this.#rest.subarray(expected.length);
  }

  /** Waits for the end, before which nothing may come. */
  async expectEnd(): Promise<void> {
    assertEquals(this.#rest.length, 0);
    assert((await this.#reader.read()).done);
  }

  /** Waits for the stream to be reset. */
  async expectReset(code: number): Promise<void> {
    assertReset(await this.#reader.read().catch((error) => error), code);
  }

  /** Waits for being told to stop. */
  async expectStop(code: number): Promise<void> {
    assertReset(await this.#writer.closed.catch((error) => error), code);
  }

  /** Says `bytes`. */
  async write(bytes: string): Promise<void> {
    await this.#writer.write(hex(bytes));
  }

  /** Says that nothing follows. */
  async finish(): Promise<void> {
    await this.#writer.close();
  }

  /** Resets the stream. */
  async reset(code: number): Promise<void> {
    await this.#writer.abort(new StreamResetError(code));
  }
}

function assertReset(error: unknown, code: number): void {
  assertInstanceOf(error, StreamResetError);
  assertEquals(error.code, code);
}
