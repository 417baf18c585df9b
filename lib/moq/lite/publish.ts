import type { BidirectionalStream, Session } from "../../transport/session.ts";
import type { Broadcast, TrackWriter } from "../broadcast.ts";
import type { Dialect } from "../dialect.ts";
import { ProtocolError } from "../error.ts";
import { Exchange } from "../exchange.ts";
import { connectHandshake } from "../handshake.ts";
import { stripPrefix } from "../path.ts";
import type { PublishOptions } from "../publisher.ts";
import { LaggedError } from "../replay_log.ts";
import { StreamReader } from "../stream_reader.ts";
import { decodeAnnounceRequest, encodeInitialAnnounces } from "./announce.ts";
import { ErrorCode, streamReason } from "./error_code.ts";
import { acceptHandshake, type Handshake } from "./handshake.ts";
import { skipSetup } from "./setup.ts";
import { DataType, StreamType } from "./stream_type.ts";
import { decodeSubscribe } from "./subscribe.ts";
import { decodeTrack, encodeTrackInfo } from "./track.ts";
import { TrackSender } from "./track_sender.ts";
import { type LiteVersion, versionOf } from "./version.ts";

/** Publishes broadcasts over moq-lite; see `publish`. */
export async function publishLite(
  session: Session,
  dialect: Dialect | undefined,
  broadcasts: Iterable<Broadcast>,
  options: PublishOptions,
): Promise<void> {
  const { version, control } = options.connected
    ? await connect(session, dialect, options)
    : await acceptHandshake(session, dialect);
  const publisher = new LitePublisher(session, version, broadcasts);
  control?.reader.drain().catch(() => {});
  await publisher.closed;
}

async function connect(
  session: Session,
  dialect: Dialect | undefined,
  options: PublishOptions,
): Promise<Handshake> {
  const handshake = await connectHandshake(session, dialect, { ...options, publishing: true });
  return { version: versionOf(handshake.dialect), control: handshake.control };
}

class LitePublisher {
  /** Rejected if the connection is lost, and if we closed it because the peer broke the rules. */
  readonly closed: Promise<void>;
  readonly #session: Session;
  readonly #version: LiteVersion;
  readonly #broadcasts: ReadonlyMap<string, Broadcast>;
  /** Identity among the hops that a broadcast takes through relays: random, and never 0. */
  readonly #hop = crypto.getRandomValues(new Uint32Array(1))[0]! + 1;
  #violation: ProtocolError | undefined;

  constructor(session: Session, version: LiteVersion, broadcasts: Iterable<Broadcast>) {
    this.#session = session;
    this.#version = version;
    this.#broadcasts = new Map(Array.from(broadcasts, (broadcast) => [broadcast.name, broadcast]));
    this.#acceptBidirectional();
    this.#acceptUnidirectional();
    this.closed = session.closed.then(() => {
      if (this.#violation) throw this.#violation;
    });
  }

  async #acceptBidirectional(): Promise<void> {
    try {
      for await (const stream of this.#session.incomingBidirectionalStreams) this.#serve(stream);
    } catch {
      // The session is lost, which `closed` reports.
    }
  }

  async #acceptUnidirectional(): Promise<void> {
    try {
      for await (const stream of this.#session.incomingUnidirectionalStreams) {
        this.#refuse(new StreamReader(stream));
      }
    } catch {
      // The session is lost, which `closed` reports.
    }
  }

  /** All that a subscriber sends there is its setup, which does not matter to us. */
  async #refuse(reader: StreamReader): Promise<void> {
    try {
      if (await reader.varint() === DataType.setup) await skipSetup(reader);
    } catch {
      // Nothing was wanted of it.
    }
    await reader.cancel(streamReason(ErrorCode.cancel));
  }

  async #serve(stream: BidirectionalStream): Promise<void> {
    const exchange = new Exchange(stream);
    try {
      await this.#answer(await exchange.reader.varint(), exchange);
    } catch (error) {
      await exchange.abort(streamReason(ErrorCode.cancel));
      if (error instanceof ProtocolError) this.#close(error.code, error);
      if (error instanceof LaggedError) this.#close(ErrorCode.lagged, error);
    }
  }

  async #answer(type: number, exchange: Exchange): Promise<void> {
    const { reader } = exchange;
    if (type === StreamType.announce) {
      const prefix = decodeAnnounceRequest(this.#version, await reader.message());
      const suffixes = [...this.#broadcasts.keys()]
        .map((name) => stripPrefix(prefix, name)).filter((suffix) => suffix !== undefined);
      const all = encodeInitialAnnounces(this.#version, suffixes, this.#hop);
      if (all.length > 0) await exchange.write(all);
      // What there is does not change, but ending the stream would take it back.
      await reader.drain();
      return await exchange.finish();
    }
    if (type === StreamType.subscribe) {
      const request = decodeSubscribe(this.#version, await reader.message());
      const track = this.#find(request);
      if (track !== undefined) {
        return await new TrackSender({
          session: this.#session,
          version: this.#version,
          exchange,
          request,
          track,
        }).run();
      }
    }
    if (type === StreamType.track && this.#version >= 5) {
      const track = this.#find(decodeTrack(await reader.message()));
      if (track !== undefined) {
        await exchange.write(encodeTrackInfo(track.timescale));
        await exchange.finish();
        return await reader.drain();
      }
    }
    await exchange.abort(streamReason(ErrorCode.notFound));
  }

  #find({ broadcast, track }: { broadcast: string; track: string }): TrackWriter | undefined {
    return this.#broadcasts.get(broadcast)?.track(track);
  }

  #close(closeCode: number, error: Error): void {
    if (error instanceof ProtocolError) this.#violation ??= error;
    this.#session.close({ closeCode, reason: error.message });
  }
}
