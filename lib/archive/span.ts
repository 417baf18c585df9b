/** Spans: what becomes one object and one line of the manifest. */

import type { SpanRecord } from "../manifest/record.ts";
import type { MissingGroups } from "./group_order.ts";
import type { Run } from "./run.ts";
import type { TrackMedia } from "./track_media.ts";

/** The members of a span record that are known once its last byte has been seen. */
export type SpanContent = Pick<
  SpanRecord,
  | "group"
  | "groups"
  | "frames"
  | "timestamps"
  | "time"
  | "duration"
  | "key"
  | "frame"
  | "open"
  | "partial"
  | "late"
>;

/** Consecutive whole groups of a track on their way to the store. */
export interface Span {
  /** The run it belongs to. */
  readonly run: Run;
  /** The media it carries. */
  readonly media: TrackMedia;
  /** When its first byte arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The object's bytes. Must be read to the end or cancelled before the next span can be had. */
  readonly bytes: ReadableStream<Uint8Array>;
  /** Fulfilled once the bytes have ended or were cancelled. Never rejected. */
  readonly content: Promise<SpanContent>;
}

/** A group, or what there is of it, that is missing from the archive. */
export interface LostGroup extends MissingGroups {
  /** When the group's first byte arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Detail for people. */
  readonly reason?: string;
}

/** What a track consists of on its way to the archive: what is there, and what is not. */
export type SpanItem = Span | MissingGroups | LostGroup;
