import { assert, assertEquals, assertMatch } from "@std/assert";
import HLS from "hls-parser";
import { renderMediaPlaylist } from "../../lib/hls/media_playlist.ts";
import { BroadcastTimeline } from "../../lib/manifest/timeline.ts";
import { BEGIN, mishaps, random, ScriptedTrack } from "../manifest/scripted_broadcast.ts";

HLS.setOptions({ strictMode: true, silent: true });

const RUN1 = "01J00000000000000000000001";
const RUN2 = "01J00000000000000000000002";

function timelineOf(...tracks: ScriptedTrack[]): BroadcastTimeline {
  const timeline = new BroadcastTimeline("test");
  for (const { track, record } of tracks.flatMap(({ written }) => written)) {
    timeline.push(track, record);
  }
  timeline.settle(BEGIN + 1e6);
  return timeline;
}

/** All playlists of the broadcast by the names of the tracks. */
function playlists(timeline: BroadcastTimeline, ended = false): Map<string, string> {
  const { targetDuration, renditions } = timeline;
  return new Map(renditions.map((rendition) => [
    rendition.name,
    renderMediaPlaylist(rendition, { targetDuration, ended }),
  ]));
}

Deno.test("renderMediaPlaylist() writes a recording with a restart", () => {
  const video = new ScriptedTrack("video0", "video")
    .run(RUN1, -100).spans(0, 4)
    .run(RUN2, 10).span(10.5, 12.502);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, -100).span(0.021, 2).span(2, 4)
    .run(RUN2, 10).span(10.5, 12);
  const timeline = timelineOf(video, audio);
  const hashes = timeline.renditions.map(({ segments }) => segments.map(({ hash }) => hash));
  const inits = timeline.renditions.map(({ segments }) => segments[0]!.init);
  assertEquals(
    playlists(timeline, true).get("video0"),
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MAP:URI="init/${inits[0]}.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:00.000Z
#EXTINF:2.00000,
segment/${hashes[0]![0]}.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:02.000Z
#EXTINF:2.00000,
segment/${hashes[0]![1]}.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init/${inits[0]}.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:10.500Z
#EXTINF:2.00200,
segment/${hashes[0]![2]}.m4s
#EXT-X-ENDLIST
`,
  );
  assertEquals(
    playlists(timeline).get("audio0"),
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MAP:URI="init/${inits[1]}.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:00.021Z
#EXTINF:1.97900,
segment/${hashes[1]![0]}.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:02.000Z
#EXTINF:2.00000,
segment/${hashes[1]![1]}.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init/${inits[1]}.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T05:00:10.500Z
#EXTINF:1.50000,
segment/${hashes[1]![2]}.m4s
`,
  );
});

Deno.test("renderMediaPlaylist() numbers the periods of a rendition that began later", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4).spans(10, 60);
  const late = new ScriptedTrack("video1", "video").run(RUN1, 0).spans(20, 60);
  const text = playlists(timelineOf(video, late)).get("video1")!;
  assertMatch(text, /^#EXT-X-DISCONTINUITY-SEQUENCE:1$/m);
  assert(!text.includes("#EXT-X-DISCONTINUITY\n"));
});

Deno.test("renderMediaPlaylist() says where a rendition has nothing for a whole period", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4)
    .run(RUN2, 0).spans(6, 12).run("01J3", 0).spans(40, 44);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 4)
    .run("01J3", 0).spans(40, 44);
  const text = playlists(timelineOf(video, audio)).get("audio0")!;
  assertMatch(text, /^#EXT-X-VERSION:8$/m);
  assertMatch(
    text,
    /\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:[^\n]*\n#EXT-X-PROGRAM[^\n]*\n#EXTINF:1.00000,\n#EXT-X-GAP\nsegment\/gap.m4s\n#EXT-X-DISCONTINUITY\n/,
  );
});

Deno.test("renderMediaPlaylist() satisfies a strict parser whatever happens", async (t) => {
  for (let seed = 1; seed <= 40; ++seed) {
    await t.step(`seed ${seed}`, () => {
      const timeline = new BroadcastTimeline("test");
      for (const { track, record } of mishaps(seed)) timeline.push(track, record);
      timeline.settle(BEGIN + 1e8);
      for (const [name, text] of playlists(timeline, true)) {
        const parsed = HLS.parse(text) as HLS.types.MediaPlaylist;
        const { segments } = timeline.renditions.find((rendition) => rendition.name === name)!;
        assertEquals(parsed.segments.length, segments.length);
        parsed.segments.forEach((segment, i) => {
          assertEquals(segment.mediaSequenceNumber, i);
          assertEquals(segment.discontinuitySequence, segments[i]!.period);
          assertEquals(segment.programDateTime?.getTime(), Math.round(segments[i]!.wall));
        });
      }
    });
  }
});

Deno.test("renderMediaPlaylist() only ever adds to what it gave before", () => {
  for (let seed = 1; seed <= 20; ++seed) {
    const chance = random(seed);
    const records = mishaps(seed).sort((a, b) => a.written - b.written);
    const timeline = new BroadcastTimeline("test");
    const before = new Map<string, string>();
    while (records.length > 0) {
      const now = records[0]!.written + chance() * 30;
      while (records[0] && records[0].written <= now) {
        timeline.push(records[0].track, records.shift()!.record);
      }
      timeline.settle(BEGIN + now * 1000);
      for (const [name, text] of playlists(timeline)) {
        // A longer segment raises the target duration, a first gap the version.
        const body = text.slice(text.indexOf("#EXT-X-MEDIA-SEQUENCE"));
        assert(body.startsWith(before.get(name) ?? ""), `Seed ${seed} changed ${name}`);
        before.set(name, body);
      }
    }
  }
});
