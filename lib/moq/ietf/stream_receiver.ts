import type { Session } from "../../transport/session.ts";
import { acceptStreams } from "../accept_streams.ts";
import { ProtocolError } from "../error.ts";
import { StreamReader } from "../stream_reader.ts";
import { readDatagram } from "./datagram.ts";
import { cancelled } from "./error_code.ts";
import { MessageType } from "./message_type.ts";
import type { ObjectSource } from "./object_header.ts";
import { readSubgroupHeader, Subgroup, type SubgroupHeader } from "./subgroup.ts";
import { codingOf, type IetfVersion } from "./version.ts";

/** Streams of unknown tracks held for subscriptions that are not confirmed yet. */
const MAX_HELD = 256;

/** What takes the objects of a track. */
export interface ObjectSink {
  /** Units per second of the objects' timestamps, where the track has them. */
  readonly timescale: number | undefined;
  /** Takes objects of a group; false if they are not wanted. */
  take(sequence: number, source: ObjectSource, kind: "stream" | "datagram"): boolean;
}

/** Options of {@linkcode StreamReceiver}. */
export interface StreamReceiverOptions {
  /** Where streams come from. */
  session: Session;
  /** The draft. */
  version: IetfVersion;
  /** Finds the subscription whose track has an alias. */
  find: (alias: number) => ObjectSink | undefined;
  /** Whether a number is the id of a request of ours. */
  isRequest: (id: number) => boolean;
  /** Handed the peer's control stream, from draft 17 on, its type read. */
  control: (reader: StreamReader) => void;
  /** Told when a stream begins with something else than a header. */
  explain: (error: unknown) => void;
}

/**
 * Accepts the unidirectional streams and the datagrams of a session and sorts the objects in them by
 * subscription.
 */
export class StreamReceiver {
  readonly #options: StreamReceiverOptions;
  readonly #held = new Map<number, { header: SubgroupHeader; reader: StreamReader }[]>();
  #heldCount = 0;
  #expected = 0;
  #strayGroups = 0;

  /** Starts to receive. */
  constructor(options: StreamReceiverOptions) {
    this.#options = options;
    acceptStreams(options.session, (stream) => this.#accept(stream));
    if (options.version > 7) this.#acceptDatagrams();
  }

  /** Streams and datagrams refused because they belonged to no subscription, or to none any more. */
  get strayGroups(): number {
    return this.#strayGroups;
  }

  /** Holds streams of unknown tracks from now on: a subscription may be about to be confirmed. */
  expect(): void {
    this.#expected++;
  }

  /**
   * Ends what {@linkcode expect} began.
   *
   * @param alias What the track turned out to be called, unless there is none: streams of it that
   * are held are sorted now.
   */
  resolve(alias: number | undefined): void {
    this.#expected--;
    if (alias !== undefined) this.#release(alias);
    if (this.#expected === 0) { for (const key of [...this.#held.keys()]) this.#release(key); }
  }

  async #accept(stream: ReadableStream<Uint8Array>): Promise<void> {
    const { version, isRequest, control, explain } = this.#options;
    const reader = new StreamReader(stream, codingOf(version));
    try {
      // A stream given up before it began may look like an empty one.
      if (await reader.done()) return;
      const type = await reader.varint();
      if (version >= 17 && type === MessageType.setup) return control(reader);
      const header = await readSubgroupHeader(version, type, reader, isRequest);
      // Of other types we know nothing, or have not asked for them.
      if (header === undefined) return await reader.cancel(cancelled());
      this.#sort(header, reader);
    } catch (error) {
      await reader.cancel(cancelled());
      explain(error);
    }
  }

  #sort(header: SubgroupHeader, reader: StreamReader): void {
    const { version, find } = this.#options;
    const sink = find(header.alias);
    if (sink !== undefined) {
      const source = new Subgroup(version, reader, header, sink.timescale);
      if (sink.take(header.sequence, source, "stream")) return;
    } else if (this.#expected > 0 && this.#heldCount < MAX_HELD) {
      this.#heldCount++;
      const held = this.#held.get(header.alias);
      if (held === undefined) this.#held.set(header.alias, [{ header, reader }]);
      else held.push({ header, reader });
      return;
    }
    this.#strayGroups++;
    reader.cancel(cancelled());
  }

  #release(alias: number): void {
    const held = this.#held.get(alias) ?? [];
    this.#held.delete(alias);
    this.#heldCount -= held.length;
    for (const { header, reader } of held) this.#sort(header, reader);
  }

  async #acceptDatagrams(): Promise<void> {
    try {
      for await (const datagram of this.#options.session.datagrams.readable) {
        this.#acceptDatagram(datagram);
      }
    } catch {
      // The session is lost, which its `closed` reports.
    }
  }

  /** A datagram that makes no sense is as good as lost. */
  #acceptDatagram(bytes: Uint8Array): void {
    try {
      const object = readDatagram(this.#options.version, bytes);
      if (object === undefined) return;
      const sink = this.#options.find(object.alias);
      const taken = sink?.take(object.sequence, object.source(sink.timescale), "datagram");
      if (!taken) this.#strayGroups++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}
