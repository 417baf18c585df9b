/** ffprobe as a judge of what was recorded and served. */

import { run } from "../../support/process.ts";
import { tool } from "./tools.ts";

/** Number of packets by kind of stream; a kind that is not there has none. */
export interface PacketCounts {
  video: number;
  audio: number;
}

/**
 * Counts the packets of a file or of an HLS playlist that has ended. Rejects if ffprobe finds
 * an error in it.
 */
export async function countPackets(source: string): Promise<PacketCounts> {
  const { stdout, stderr } = await run(tool("ffprobe"), [
    ...["-v", "error", "-count_packets", "-of", "json"],
    ...["-show_entries", "stream=codec_type,nb_read_packets"],
    source,
  ], 120_000);
  if (stderr !== "") throw new Error(`ffprobe finds errors in ${source}:\n${stderr}`);
  const { streams } = JSON.parse(stdout) as {
    streams: { codec_type: "video" | "audio"; nb_read_packets: string }[];
  };
  const counts = { video: 0, audio: 0 };
  for (const stream of streams) counts[stream.codec_type] += Number(stream.nb_read_packets);
  return counts;
}

/** Counts the packets of an initialisation segment followed by media segments. */
export async function countSegmentPackets(
  init: Uint8Array,
  segments: Iterable<Uint8Array>,
): Promise<PacketCounts> {
  const path = await Deno.makeTempFile({ prefix: "ec-node-e2e-", suffix: ".mp4" });
  try {
    await Deno.writeFile(path, init);
    for (const segment of segments) await Deno.writeFile(path, segment, { append: true });
    return await countPackets(path);
  } finally {
    await Deno.remove(path);
  }
}
