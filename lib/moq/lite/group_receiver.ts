import type { Session } from "../../transport/session.ts";
import { acceptStreams } from "../accept_streams.ts";
import { ByteReader } from "../byte_reader.ts";
import { ProtocolError } from "../error.ts";
import type { FramePart, Group } from "../group.ts";
import { GroupParser } from "../group_parser.ts";
import { StreamReader } from "../stream_reader.ts";
import { ErrorCode, streamReason } from "./error_code.ts";
import { decodeGroupHeader } from "./group_header.ts";
import { skipSetup } from "./setup.ts";
import { DataType } from "./stream_type.ts";
import type { LiteVersion } from "./version.ts";

/** Options of {@linkcode GroupReceiver}. */
export interface GroupReceiverOptions {
  /** Where groups come from. */
  session: Session;
  /** The session's draft. */
  version: LiteVersion;
  /** Finds the subscription with a number. */
  find: (subscription: number) => { push(group: Group): void } | undefined;
  /** Told when a stream begins with something else than a header. */
  explain: (error: unknown) => void;
}

/**
 * Accepts the unidirectional streams and the datagrams of a session and sorts the groups in them by
 * subscription.
 */
export class GroupReceiver {
  readonly #options: GroupReceiverOptions;
  #strayGroups = 0;

  /** Starts to receive. */
  constructor(options: GroupReceiverOptions) {
    this.#options = options;
    acceptStreams(options.session, (stream) => this.#accept(stream));
    if (options.version >= 5) this.#acceptDatagrams();
  }

  /** Groups refused because they belonged to no subscription, or to none any more. */
  get strayGroups(): number {
    return this.#strayGroups;
  }

  async #accept(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = new StreamReader(stream);
    try {
      // A stream given up before it began may look like an empty one.
      if (await reader.done()) return;
      const type = await reader.varint();
      if (type !== DataType.group) {
        // The peer's setup says nothing that a subscriber needs; of other types we know nothing.
        if (type === DataType.setup) await skipSetup(reader);
        return await reader.cancel(streamReason(ErrorCode.cancel));
      }
      const at = Date.now();
      const { subscription, sequence } = decodeGroupHeader(await reader.message());
      const target = this.#options.find(subscription);
      if (target === undefined) {
        this.#strayGroups++;
        return await reader.cancel(streamReason(ErrorCode.cancel));
      }
      const parser = new GroupParser({ timestamps: this.#options.version >= 5 });
      target.push({ sequence, at, frames: reader.body().pipeThrough(parser) });
    } catch (error) {
      await reader.cancel(streamReason(ErrorCode.cancel));
      this.#options.explain(error);
    }
  }

  async #acceptDatagrams(): Promise<void> {
    try {
      for await (const datagram of this.#options.session.datagrams.readable) {
        this.#acceptDatagram(new ByteReader(datagram));
      }
    } catch {
      // The session is lost, which its `closed` reports.
    }
  }

  /** A datagram is a group of one frame. One that makes no sense is as good as lost. */
  #acceptDatagram(body: ByteReader): void {
    try {
      const target = this.#options.find(body.varint());
      const sequence = body.varint();
      const timestamp = body.varint();
      const payload = body.rest();
      const parts: FramePart[] = [{ size: payload.length, timestamp }];
      if (payload.length > 0) parts.push(payload);
      if (target === undefined) this.#strayGroups++;
      else target.push({ sequence, at: Date.now(), frames: ReadableStream.from(parts) });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}
