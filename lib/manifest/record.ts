/** The lines of a manifest (format v1). Each is one JSON object; unknown members are ignored. */

import type { Digest } from "../cas/digest.ts";

/** What a track carries. */
export type TrackRole = "video" | "audio" | "data";

/** How media is wrapped inside a track's frames. "raw" is a track that is not media. */
export type Container = "cmaf" | "legacy" | "loc" | "raw";

/** Opens a run, and every day's file, so that the file can be read alone. */
export interface RunRecord {
  /** Tells the kinds of records apart. */
  kind: "run";
  /** Version of the manifest format. */
  v: 1;
  /** When the first byte of the run arrived (RFC 3339, UTC, milliseconds). */
  at: string;
  /** ULID of the run, the same in all tracks of the broadcast. */
  run: string;
  /** BLAKE3 of the day file before this one; absent in the first file and inside a file. */
  prev?: Digest;
  /** Name of the broadcast, as announced. */
  broadcast: string;
  /** Name of the track, as subscribed to. */
  track: string;
  /** Address of the relay without query, user or token. */
  relay: string;
  /** The MoQ dialect that was negotiated, e.g. "moq-lite-05". */
  protocol: string;
  /** What the track carries. */
  role: TrackRole;
  /** How the media is wrapped. */
  container: Container;
  /** RFC 6381 codec string, e.g. "avc1.64001f". */
  codec?: string;
  /** Media ticks per second. */
  timescale?: number;
  /** Units per second of wire timestamps, where the dialect carries them. */
  wireTimescale?: number;
  /** The initialisation segment (ftyp + moov). */
  init?: Digest;
  /** Coded width in pixels. */
  width?: number;
  /** Coded height in pixels. */
  height?: number;
  /** Frames per second. */
  framerate?: number;
  /** Audio samples per second. */
  sampleRate?: number;
  /** Number of audio channels. */
  channels?: number;
}

/** One object: consecutive whole groups of the track. */
export interface SpanRecord {
  /** Tells the kinds of records apart. */
  kind: "span";
  /** When the first byte of the span arrived. */
  at: string;
  /** ULID of the run it belongs to. */
  run: string;
  /** Number of the span in its track. Absolute: it grows by one for each and never goes back. */
  msn: number;
  /** Sequence number of the first group. */
  group: number;
  /** How many groups the span holds. */
  groups: number;
  /** The object's name. */
  hash: Digest;
  /** The object's length in bytes. */
  size: number;
  /** Where the object lies below the output directory. */
  path: string;
  /** For each group, the lengths of its frames in bytes. Their sum is `size`. */
  frames: number[][];
  /** For each group, the wire timestamps of its frames in the run's wire timescale, where the dialect has them. */
  timestamps?: number[][];
  /** Media time of the first sample, in ticks of the run's timescale. */
  time?: number;
  /** Media time covered, in ticks of the run's timescale. */
  duration?: number;
  /** Whether the span starts with a random access point. */
  key?: boolean;
  /** Index within its group of the span's first frame, when earlier frames are in an earlier span. */
  frame?: number;
  /** The (only) group went on after this span: frames that came later are in a later span. */
  open?: true;
  /** The last group was cut off before its end; never listed for playback by default. */
  partial?: true;
  /** The span came after later groups had been written; never listed for playback by default. */
  late?: true;
}

/** Why groups or time are missing. */
export type GapCause =
  /** The publisher or relay reset the group's stream. */
  | "reset"
  /** The publisher or relay said that it dropped the groups. */
  | "dropped"
  /** Later groups came, these never did. */
  | "missing"
  /** The group stood still although later groups came, and was given up. */
  | "stalled"
  /** The session was lost; nothing could be received. */
  | "disconnected"
  /** The broadcast was not being published. */
  | "offline"
  /** The group broke the protocol or a limit. */
  | "invalid"
  /** The disk failed or was full. */
  | "storage"
  /** The recorder was stopped before the group was complete. */
  | "stopped";

/** Groups known to be missing, or time in which nothing could be received. */
export interface GapRecord {
  /** Tells the kinds of records apart. */
  kind: "gap";
  /** When the gap began. */
  at: string;
  /** ULID of the run it falls into. */
  run: string;
  /** First missing group, when groups are known to be missing. */
  group?: number;
  /** How many groups are missing. */
  groups?: number;
  /** When reception went on, for a gap of time. */
  until?: string;
  /** Why. */
  cause: GapCause;
  /** Error code of the peer, if it gave one. */
  code?: number;
  /** Detail for people. */
  reason?: string;
}

/** Maps media time to wall clock time within a run. */
export interface AnchorRecord {
  /** Tells the kinds of records apart. */
  kind: "anchor";
  /** When the mapping was made. */
  at: string;
  /** ULID of the run it holds for. */
  run: string;
  /** Media time in ticks of the run's timescale. */
  time: number;
  /** The wall clock time of that media time. */
  wall: string;
}

/** A line of a manifest. */
export type ManifestRecord = RunRecord | SpanRecord | GapRecord | AnchorRecord;
