/** Media playlists: what there is of one rendition. */

import type { ListedSegment } from "../manifest/media_segment.ts";
import type { Rendition } from "../manifest/rendition.ts";

/** What of a playlist is not in its rendition. */
export interface MediaPlaylistOptions {
  /** Target duration in seconds, the same in all playlists of the broadcast (RFC 8216bis §6.2.4). */
  readonly targetDuration: number;
  /** Nothing will be added: players need not load the playlist again. */
  readonly ended: boolean;
}

/** EXT-X-MAP needs 6, EXT-X-GAP 8. */
const VERSION = 6;
const VERSION_WITH_GAPS = 8;

/**
 * The playlist of everything that was listed. It is an EVENT one: whoever loads it later finds what
 * was there before, and more at its end (RFC 8216bis §6.2.1). Addresses are relative to it.
 */
export function renderMediaPlaylist(rendition: Rendition, options: MediaPlaylistOptions): string {
  const { segments, mediaSequence, discontinuitySequence } = rendition;
  const lines = [
    "#EXTM3U",
    `#EXT-X-VERSION:${segments.some(isGap) ? VERSION_WITH_GAPS : VERSION}`,
    `#EXT-X-TARGETDURATION:${options.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    "#EXT-X-PLAYLIST-TYPE:EVENT",
  ];
  let previous: ListedSegment | undefined;
  for (const segment of segments) {
    addSegment(lines, segment, previous);
    previous = segment;
  }
  if (options.ended) lines.push("#EXT-X-ENDLIST");
  return lines.join("\n") + "\n";
}

function addSegment(
  lines: string[],
  segment: ListedSegment,
  previous: ListedSegment | undefined,
): void {
  const begins = segment.period !== previous?.period;
  if (begins && previous !== undefined) lines.push("#EXT-X-DISCONTINUITY");
  if (begins || segment.init !== previous?.init) {
    lines.push(`#EXT-X-MAP:URI="init/${segment.init}.mp4"`);
  }
  lines.push(
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(segment.wall)).toISOString()}`,
    `#EXTINF:${segment.duration.toFixed(5)},`,
  );
  // Clients do not load it, but there must be an address (RFC 8216bis §4.4.4.7).
  if (isGap(segment)) lines.push("#EXT-X-GAP", "segment/gap.m4s");
  else lines.push(`segment/${segment.hash}.m4s`);
}

function isGap(segment: ListedSegment): boolean {
  return segment.hash === undefined;
}
