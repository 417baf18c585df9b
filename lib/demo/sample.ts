/** The sample that the demo publishes, made by `sample/make.sh`. */

import { readBoxes } from "../media/box.ts";
import audio from "./sample/audio.mp4" with { type: "bytes" };
import video from "./sample/video.mp4" with { type: "bytes" };

/** One track of the sample. */
export interface SampleTrack {
  /** ftyp and moov. */
  readonly init: Uint8Array;
  /** Pairs of moof and mdat, in order. */
  readonly fragments: readonly Uint8Array[];
}

/** Eight seconds of 640x360 H.264 in four GOPs, and of AAC, that can be repeated without a seam. */
export function loadSample(): { video: SampleTrack; audio: SampleTrack } {
  return { video: split(video), audio: split(audio) };
}

/** Takes a fragmented file apart. What is neither initialisation nor fragment is left out. */
function split(file: Uint8Array): SampleTrack {
  const boxes = [...readBoxes(file)];
  const moov = boxes.find(({ type }) => type === "moov")!;
  const fragments = boxes.flatMap((box, i) =>
    box.type === "moof" ? [file.subarray(box.start, boxes[i + 1]!.end)] : []
  );
  return { init: file.subarray(0, moov.end), fragments };
}
