import type { Session } from "../../transport/session.ts";
import type { GroupWriter, TrackWriter } from "../broadcast.ts";
import type { Exchange } from "../exchange.ts";
import { LaggedError } from "../replay_log.ts";
import { ErrorCode, streamReason } from "./error_code.ts";
import { encodeFrameHeader, encodeGroupHeader } from "./group_header.ts";
import { encodeSubscribeResponse, type SubscribeMessage } from "./subscribe.ts";
import type { LiteVersion } from "./version.ts";

/** Options of {@linkcode TrackSender}. */
export interface TrackSenderOptions {
  /** Where the groups go. */
  session: Session;
  /** The session's draft. */
  version: LiteVersion;
  /** The stream of the subscription, with the request read. */
  exchange: Exchange;
  /** What was asked for. */
  request: SubscribeMessage;
  /** Where the groups come from. */
  track: TrackWriter;
}

/** Serves one subscription: every group on a stream of its own, all in the order of the track. */
export class TrackSender {
  readonly #options: TrackSenderOptions;
  readonly #gone = new AbortController();
  readonly #sending = new Map<GroupWriter, Promise<void>>();
  #lagged: LaggedError | undefined;

  /** Does nothing until it is run. */
  constructor(options: TrackSenderOptions) {
    this.#options = options;
  }

  /**
   * Sends groups until the track ends or the subscriber leaves.
   *
   * @throws {LaggedError} if the subscriber is too slow.
   */
  async run(): Promise<void> {
    const { version, exchange } = this.#options;
    // The subscriber may change its mind about priorities, which we do not have.
    exchange.reader.drain().catch(() => {}).then(() => this.#gone.abort());
    try {
      if (version < 5) await this.#say({ type: "ok" });
      await this.#sendGroups();
      if (this.#lagged) throw this.#lagged;
      await exchange.finish();
    } finally {
      this.#gone.abort();
    }
  }

  async #sendGroups(): Promise<void> {
    const { version, request, track: { groups } } = this.#options;
    const { start } = request;
    const position = start === undefined ? Math.max(groups.start, groups.end - 1) : groups.start;
    let started = false;
    for await (const group of groups.read(position, this.#gone.signal)) {
      const { sequence } = group;
      if (start !== undefined && sequence < start) continue;
      if (version >= 5 && !started) await this.#say({ type: "start", sequence });
      started = true;
      await this.#begin(group);
    }
    if (this.#gone.signal.aborted) return;
    if (version >= 5) await this.#say({ type: "end", sequence: this.#options.track.nextSequence });
    await Promise.all(this.#sending.values());
  }

  async #say(response: Parameters<typeof encodeSubscribeResponse>[1]): Promise<void> {
    await this.#options.exchange.write(encodeSubscribeResponse(this.#options.version, response));
  }

  /** Waits for the peer to allow one more stream, not for the group. */
  async #begin(group: GroupWriter): Promise<void> {
    for (const other of this.#sending.keys()) {
      if (other.evicted) throw new LaggedError("Cannot send group: the subscriber is too slow");
    }
    const stream = await this.#options.session.createUnidirectionalStream();
    this.#sending.set(
      group,
      this.#send(group, stream.getWriter()).finally(() => this.#sending.delete(group)),
    );
  }

  async #send(group: GroupWriter, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    const { version, request } = this.#options;
    const { sequence } = group;
    const { signal } = this.#gone;
    writer.closed.catch(() => {});
    try {
      await writer.write(encodeGroupHeader({ subscription: request.id, sequence }));
      let last = 0;
      for await (const { payload, timestamp } of group.frames.read(0, signal)) {
        const delta = version >= 5 ? timestamp - last : undefined;
        await writer.write(encodeFrameHeader(payload.length, delta));
        if (payload.length > 0) await writer.write(payload);
        last = timestamp;
      }
      signal.throwIfAborted();
      await writer.close();
    } catch (error) {
      // Unless we are to blame, the subscriber did not want the group, or anything any more.
      await writer.abort(streamReason(ErrorCode.cancel)).catch(() => {});
      if (!(error instanceof LaggedError)) return;
      this.#lagged = error;
      this.#gone.abort();
    }
  }
}
