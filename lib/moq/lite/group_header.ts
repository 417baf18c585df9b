import type { ByteReader } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { DataType } from "./stream_type.ts";

/** What precedes the frames of a group. */
export interface GroupHeader {
  /** Number of the subscription it is sent for. */
  subscription: number;
  /** Sequence number within the track. */
  sequence: number;
}

/** Writes the header of a group, the stream's type included. */
export function encodeGroupHeader({ subscription, sequence }: GroupHeader): Uint8Array {
  return new ByteWriter().varint(DataType.group)
    .message((body) => body.varint(subscription).varint(sequence)).finish();
}

/** Reads the header of a group. */
export function decodeGroupHeader(body: ByteReader): GroupHeader {
  const subscription = body.varint();
  const sequence = body.varint();
  body.end();
  return { subscription, sequence };
}

/** Writes the header of a frame; with a timestamp relative to the one before from moq-lite-05 on. */
export function encodeFrameHeader(size: number, delta?: number): Uint8Array {
  const writer = new ByteWriter();
  // Zigzag: even numbers are zero and up, odd ones negative.
  if (delta !== undefined) writer.varint(delta >= 0 ? 2 * delta : -2 * delta - 1);
  return writer.varint(size).finish();
}
