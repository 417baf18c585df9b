import { assertEquals, assertMatch } from "@std/assert";
import HLS from "hls-parser";
import { renderMasterPlaylist } from "../../lib/hls/master_playlist.ts";
import { playlistNames, playlistUri } from "../../lib/hls/playlist_names.ts";
import { Rendition } from "../../lib/manifest/rendition.ts";
import { BroadcastTimeline } from "../../lib/manifest/timeline.ts";
import { BEGIN, ScriptedTrack } from "../manifest/scripted_broadcast.ts";

HLS.setOptions({ strictMode: true, silent: true });

const RUN1 = "01J00000000000000000000001";

function master(...tracks: ScriptedTrack[]): string {
  const timeline = new BroadcastTimeline("test");
  for (const { track, record } of tracks.flatMap(({ written }) => written)) {
    timeline.push(track, record);
  }
  timeline.settle(BEGIN + 1e6);
  return renderMasterPlaylist(timeline.renditions);
}

Deno.test("renderMasterPlaylist() describes a broadcast with video and audio", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0)
    .span(0, 2, { size: 250_000 }).span(2, 4, { size: 750_000 }).span(4, 6, { size: 250_000 });
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 6);
  const text = master(video, audio);
  assertEquals(
    text,
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio0",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3128000,AVERAGE-BANDWIDTH=1794667,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"
video.m3u8
`,
  );
  HLS.parse(text);
});

Deno.test("renderMasterPlaylist() takes the best and all codecs of all runs", () => {
  const first = new ScriptedTrack("video0", "video", { width: 640, height: 360 })
    .run(RUN1, 0).spans(0, 4);
  const second = new ScriptedTrack("video0", "video", {
    codec: "hvc1.1.6.L93.B0",
    framerate: 59.94,
  })
    .run("01J3", 0).spans(10, 14);
  const timeline = new BroadcastTimeline("test");
  for (const { track, record } of [...first.written, ...second.written]) {
    timeline.push(track, record);
  }
  timeline.settle(BEGIN + 1e6);
  assertMatch(
    renderMasterPlaylist(timeline.renditions),
    /CODECS="avc1.64001f,hvc1.1.6.L93.B0",RESOLUTION=1280x720,FRAME-RATE=59.940\nvideo.m3u8\n$/,
  );
});

Deno.test("renderMasterPlaylist() offers audio alone when there is nothing else", () => {
  const text = master(
    new ScriptedTrack("deu", "audio").run(RUN1, 0).spans(0, 6),
    new ScriptedTrack("eng", "audio").run(RUN1, 0).spans(0, 6),
  );
  const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist;
  assertEquals(variants.map(({ uri, codecs }) => [uri, codecs]), [
    ["audio.m3u8", "mp4a.40.2"],
    ["eng.m3u8", "mp4a.40.2"],
  ]);
});

Deno.test("renderMasterPlaylist() pairs each video rendition with all audio", () => {
  const text = master(
    new ScriptedTrack("hd", "video").run(RUN1, 0).spans(0, 6),
    new ScriptedTrack('s"d', "video", { width: 640, height: 360 }).run(RUN1, 0).spans(0, 6),
    new ScriptedTrack("deu", "audio").run(RUN1, 0).spans(0, 6),
    new ScriptedTrack('e"ng', "audio").run(RUN1, 0).spans(0, 6),
  );
  const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist;
  assertEquals(variants.map(({ uri }) => uri), ["video.m3u8", "s%22d.m3u8"]);
  for (const { audio } of variants) {
    assertEquals(audio.map(({ name, uri, isDefault }) => [name, uri, isDefault]), [
      ["deu", "audio.m3u8", true],
      ["e_ng", "e%22ng.m3u8", false],
    ]);
  }
});

Deno.test("renderMasterPlaylist() does not promise independent segments where groups were split", () => {
  const text = master(
    new ScriptedTrack("video0", "video").run(RUN1, 0).span(0, 2).span(2, 4, { key: false }),
  );
  assertEquals(text.includes("INDEPENDENT"), false);
});

Deno.test("playlistNames() gives each playlist a name of its own that never changes", () => {
  const renditions =
    ([["aac", "audio"], ["x", "video"], ["audio", "audio"], ["audio_", "audio"]] as const)
      .map(([name, role]) => new Rendition(name, role));
  for (let count = 1; count <= renditions.length; ++count) {
    assertEquals(
      [...playlistNames(renditions.slice(0, count))],
      ([
        ["audio", renditions[0]],
        ["video", renditions[1]],
        ["audio_", renditions[2]],
        ["audio__", renditions[3]],
      ] as [string, Rendition][]).slice(0, count),
    );
  }
  assertEquals(playlistUri("a/b c"), "a%2Fb%20c.m3u8");
});
