/** The event model that every dialect is mapped to: a subscription yields groups, a group yields frames. */

/** Announces a frame; its payload follows as chunks that add up to `size` bytes. */
export interface FrameHeader {
  /** Length of the payload in bytes, 0 or more. */
  readonly size: number;
  /** Timestamp carried beside the payload, in the track's timescale, where the dialect has one. */
  readonly timestamp?: number;
  /** Extension headers (moq-transport's object properties) as they were sent, where there are any. */
  readonly extensions?: Uint8Array;
}

/** What a group stream consists of: a header, then chunks of that frame's payload, and again. */
export type FramePart = FrameHeader | Uint8Array;

/** A group as it arrives. */
export interface Group {
  /** Sequence number within the track. */
  readonly sequence: number;
  /** When its first bytes (the group header) arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  /**
   * The frames, in order. Closes after a complete group; errors with a `StreamResetError` when the
   * publisher cut it off and with a `ProtocolError` when its bytes make no sense.
   */
  readonly frames: ReadableStream<FramePart>;
}

/** Groups the publisher or relay said will never come. */
export interface DroppedGroups {
  /** First group of the range. */
  readonly sequence: number;
  /** Number of groups. */
  readonly count: number;
  /** The error code given. */
  readonly code: number;
}

/** A track being received. */
export interface Subscription {
  /** Units per second of {@linkcode FrameHeader.timestamp}, where the dialect has timestamps. */
  readonly timescale: number | undefined;
  /**
   * Groups and drop notices in the order of their arrival: not always that of their sequence.
   * Closes when the track ends, errors when the subscription or the session fails. Groups must be
   * read to their end, or the peer's stream credit runs out.
   */
  readonly groups: ReadableStream<Group | DroppedGroups>;
  /** Unsubscribes. Groups in flight are lost: read what matters first. */
  close(): void;
}

/** A broadcast coming or going. */
export interface Announcement {
  /** Full name of the broadcast, relative to the session's URL path. */
  readonly broadcast: string;
  /** "restart": a new publisher took over under the same name. */
  readonly status: "active" | "ended" | "restart";
}
