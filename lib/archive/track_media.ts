/** What the recorder knows of the media in a track. */

import type { Digest } from "../cas/digest.ts";
import type { Container, RunRecord, TrackRole } from "../manifest/record.ts";
import type { InitSegment } from "../media/init_segment.ts";

/** What a track carries, as the catalog or its initialisation segment says. Never changes: a change makes a new one. */
export interface TrackMedia {
  readonly role: TrackRole;
  readonly container: Container;
  /** RFC 6381 codec string. */
  readonly codec?: string;
  /** Media ticks per second. */
  readonly timescale?: number;
  /** The initialisation segment, parsed. */
  readonly init?: InitSegment;
  /** The initialisation segment's name in the store. */
  readonly initDigest?: Digest;
  readonly width?: number;
  readonly height?: number;
  readonly framerate?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
}

/** The members of a run record that describe the media. */
export function describeMedia(
  { init: _, role, container, codec, timescale, initDigest, ...rest }: TrackMedia,
): Pick<RunRecord, "role" | "container"> {
  return {
    role,
    container,
    ...(codec !== undefined && { codec }),
    ...(timescale !== undefined && { timescale }),
    ...(initDigest !== undefined && { init: initDigest }),
    ...rest,
  };
}
