/** Master (multivariant) playlists: what renditions there are of a broadcast. */

import type { Rendition } from "../manifest/rendition.ts";
import { attributes, quoted } from "./attributes.ts";
import { playlistNames, playlistUri } from "./playlist_names.ts";

/** All audio is in one group: each of it goes with any picture. */
const AUDIO_GROUP = "audio";

/**
 * The playlist of the renditions that have something listed; each video rendition with all audio, or
 * the audio renditions alone. Bit rates and codecs are those of what was recorded, over all runs.
 */
export function renderMasterPlaylist(renditions: readonly Rendition[]): string {
  const named = [...playlistNames(renditions)];
  const video = named.filter(([, { role }]) => role === "video");
  const audio = named.filter(([, { role }]) => role === "audio");
  const lines = ["#EXTM3U", "#EXT-X-VERSION:6"];
  if (renditions.every(({ independent }) => independent)) {
    lines.push("#EXT-X-INDEPENDENT-SEGMENTS");
  }
  if (video.length > 0) lines.push(...audio.map(mediaTag));
  const sound = video.length > 0 ? audio.map(([, rendition]) => rendition) : [];
  for (const [name, rendition] of video.length > 0 ? video : audio) {
    lines.push(streamTag(rendition, sound), playlistUri(name));
  }
  return lines.join("\n") + "\n";
}

/** EXT-X-MEDIA (RFC 8216bis §4.4.6.1). */
function mediaTag([name, rendition]: [string, Rendition], index: number): string {
  return `#EXT-X-MEDIA:${
    attributes({
      TYPE: "AUDIO",
      "GROUP-ID": quoted(AUDIO_GROUP),
      // Names are told apart by the playlists, which cannot be the same.
      NAME: quoted(index === 0 ? rendition.name : name),
      DEFAULT: index === 0 ? "YES" : "NO",
      AUTOSELECT: "YES",
      CHANNELS: rendition.channels > 0 ? quoted(String(rendition.channels)) : undefined,
      URI: quoted(playlistUri(name)),
    })
  }`;
}

/** EXT-X-STREAM-INF (RFC 8216bis §4.4.6.2). */
function streamTag(rendition: Rendition, sound: readonly Rendition[]): string {
  const rates = (of: (rendition: Rendition) => number) =>
    Math.ceil(of(rendition) + Math.max(0, ...sound.map(of)));
  const codecs = new Set([rendition, ...sound].flatMap((each) => [...each.codecs]));
  const { width, height, framerate } = rendition;
  return `#EXT-X-STREAM-INF:${
    attributes({
      BANDWIDTH: rates(({ peakBitrate }) => peakBitrate),
      "AVERAGE-BANDWIDTH": rates(({ averageBitrate }) => averageBitrate),
      CODECS: codecs.size > 0 ? quoted([...codecs].join(",")) : undefined,
      RESOLUTION: width > 0 && height > 0 ? `${width}x${height}` : undefined,
      "FRAME-RATE": framerate > 0 ? framerate.toFixed(3) : undefined,
      AUDIO: sound.length > 0 ? quoted(AUDIO_GROUP) : undefined,
    })
  }`;
}
