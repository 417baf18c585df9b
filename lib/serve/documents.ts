/** What the server tells programs about the archive, as JSON. */

import { playlistNames, playlistUri } from "../hls/playlist_names.ts";
import type { GapRecord, TrackRole } from "../manifest/record.ts";
import type { BroadcastTimeline, TimeRange } from "../manifest/timeline.ts";
import { broadcastPath } from "./route.ts";

/** How many of the newest ranges the list of broadcasts has of each. */
const LISTED_RANGES = 100;

/** A stretch of time (RFC 3339, UTC). */
export interface Range {
  /** When it begins. */
  start: string;
  /** When it ends. */
  end: string;
}

/** `/archive/<broadcast>/timeline.json`. Times are RFC 3339, UTC. */
export interface TimelineDocument {
  /** Name of the broadcast. */
  broadcast: string;
  /** Whether it is being recorded. */
  live: boolean;
  /** Target duration of its playlists, in seconds. */
  targetDuration: number;
  /** What can be played, oldest first. */
  ranges: Range[];
  /** The newest lives of the publisher, oldest first. */
  runs: {
    /** ULID of the run. */
    run: string;
    /** When it began to arrive. */
    start: string;
    /** Where what can be played of it ends; absent when nothing can. */
    end?: string;
    /** Address of the relay. */
    relay: string;
    /** The MoQ dialect. */
    protocol: string;
  }[];
  /** The newest gaps of all tracks, oldest first. */
  gaps: ({
    /** Name of the track. */
    track: string;
    /** When it began. */
    start: string;
    /** When it ended, where that is known. */
    end?: string;
  } & Pick<GapRecord, "cause" | "group" | "groups" | "code" | "reason">)[];
  /** All tracks. */
  tracks: {
    /** Name of the track. */
    name: string;
    /** What it carries. */
    role?: TrackRole;
    /** How the media is wrapped. */
    container?: string;
    /** RFC 6381 codec string. */
    codec?: string;
    /** Address of its playlist relative to this document, if it can be played. */
    playlist?: string;
    /** Number of segments in the playlist. */
    segments: number;
    /** Duration of the playlist, in seconds. */
    duration: number;
    /** Number of objects recorded. */
    objects: number;
    /** Number of bytes recorded. */
    bytes: number;
    /** Number of gaps recorded. */
    gaps: number;
  }[];
}

/** `/archive`. Times are RFC 3339, UTC. */
export interface ArchiveDocument {
  /** All broadcasts, in ascending order of their names. */
  broadcasts: {
    /** Name of the broadcast. */
    name: string;
    /** Whether it is being recorded. */
    live: boolean;
    /** Path of its directory, with a slash at its end. */
    path: string;
    /** What can be played, oldest first; the newest ranges only when there are many. */
    ranges: Range[];
    /** Duration of all ranges, in seconds. */
    duration: number;
    /** Number of bytes recorded. */
    bytes: number;
  }[];
}

/** What `timeline.json` says at `now` (milliseconds since the Unix epoch). */
export function describeTimeline(timeline: BroadcastTimeline, now: number): TimelineDocument {
  const { broadcast, targetDuration, renditions, periods } = timeline;
  const playlists = new Map(
    [...playlistNames(renditions)].map((
      [name, rendition],
    ) => [rendition.name, { name, rendition }]),
  );
  const ends = new Map(periods.map(({ run, end }) => [run, end]));
  return {
    broadcast,
    live: timeline.isLive(now),
    targetDuration,
    ranges: timeline.ranges().map(describeRange),
    runs: timeline.runs().map(({ run, at, relay, protocol }) => ({
      run,
      start: at,
      ...(ends.has(run) && { end: instant(ends.get(run)!) }),
      relay,
      protocol,
    })),
    gaps: Array.from(timeline.tracks).flatMap(({ name, gaps }) =>
      gaps.map(({ at, until, cause, group, groups, code, reason }) => ({
        track: name,
        start: at,
        ...(until !== undefined && { end: until }),
        cause,
        ...(group !== undefined && { group }),
        ...(groups !== undefined && { groups }),
        ...(code !== undefined && { code }),
        ...(reason !== undefined && { reason }),
      }))
    ).sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0),
    tracks: Array.from(timeline.tracks, (track) => {
      const { name, media } = track;
      const playlist = playlists.get(name);
      return {
        name,
        ...(media && { role: media.role, container: media.container }),
        ...(media?.codec !== undefined && { codec: media.codec }),
        ...(playlist && { playlist: playlistUri(playlist.name) }),
        segments: playlist?.rendition.segments.length ?? 0,
        duration: seconds(playlist?.rendition.duration ?? 0),
        objects: track.spanCount,
        bytes: track.bytes,
        gaps: track.gapCount,
      };
    }),
  };
}

/** What `/archive` says at `now` (milliseconds since the Unix epoch). */
export function describeArchive(
  timelines: readonly BroadcastTimeline[],
  now: number,
): ArchiveDocument {
  return {
    broadcasts: timelines.map((timeline) => {
      const ranges = timeline.ranges();
      const duration = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      return {
        name: timeline.broadcast,
        live: timeline.isLive(now),
        path: `${broadcastPath(timeline.broadcast)}/`,
        ranges: ranges.slice(-LISTED_RANGES).map(describeRange),
        duration: seconds(duration / 1000),
        bytes: Array.from(timeline.tracks).reduce((sum, { bytes }) => sum + bytes, 0),
      };
    }),
  };
}

function describeRange({ start, end }: TimeRange): Range {
  return { start: instant(start), end: instant(end) };
}

function instant(milliseconds: number): string {
  return new Date(Math.round(milliseconds)).toISOString();
}

/** Rounded to milliseconds. */
function seconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}
