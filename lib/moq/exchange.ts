import type { BidirectionalStream, Session } from "../transport/session.ts";
import { StreamReader } from "./stream_reader.ts";
import type { VarintCoding } from "./varint_coding.ts";

/** A bidirectional stream on which messages are exchanged. */
export class Exchange {
  /** What the peer says. */
  readonly reader: StreamReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** Takes a stream over for good; varints are QUIC's unless said otherwise. */
  constructor(stream: BidirectionalStream, coding?: VarintCoding) {
    this.reader = new StreamReader(stream.readable, coding);
    this.#writer = stream.writable.getWriter();
    // A stream given up by the peer shows in what is read or written next, or does not matter.
    this.#writer.closed.catch(() => {});
  }

  /** Opens a stream and says `request`. */
  static async open(
    session: Session,
    request: Uint8Array,
    coding?: VarintCoding,
  ): Promise<Exchange> {
    const exchange = new Exchange(await session.createBidirectionalStream(), coding);
    await exchange.write(request);
    return exchange;
  }

  /** Says `message`. */
  async write(message: Uint8Array): Promise<void> {
    await this.#writer.write(message);
  }

  /** Says that nothing more follows. Never rejects. */
  async finish(): Promise<void> {
    await this.#writer.close().catch(() => {});
  }

  /** Ends both directions: cleanly ours, by asking the peer to stop its own. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([this.finish(), this.reader.cancel()]);
  }

  /**
   * Gives both directions up, for `reason`. Where the transport cannot reset a stream, the peer
   * sees ours end. Never rejects.
   */
  async abort(reason: unknown): Promise<void> {
    await Promise.all([this.#writer.abort(reason).catch(() => {}), this.reader.cancel(reason)]);
  }
}
