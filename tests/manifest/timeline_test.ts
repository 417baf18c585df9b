import { assert, assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import type { ListedSegment } from "../../lib/manifest/media_segment.ts";
import { BroadcastTimeline } from "../../lib/manifest/timeline.ts";
import {
  BEGIN,
  digest,
  mishaps,
  random,
  ScriptedTrack,
  type WrittenRecord,
} from "./scripted_broadcast.ts";

/** Reads everything at once, `later` seconds after the last line. */
function read(
  tracks: readonly (WrittenRecord[] | ScriptedTrack)[],
  later = 120,
): BroadcastTimeline {
  const records = tracks.flatMap((track) => track instanceof ScriptedTrack ? track.written : track);
  const timeline = new BroadcastTimeline("test");
  for (const { track, record } of records) timeline.push(track, record);
  const end = Math.max(...records.map(({ written }) => written));
  timeline.settle(BEGIN + (end + later) * 1000);
  return timeline;
}

/** What is listed of a track, as "period:start-end" in seconds of wall clock time. */
function lists(timeline: BroadcastTimeline): Record<string, string[]> {
  return Object.fromEntries(timeline.renditions.map(({ name, segments }) => [
    name,
    segments.map(({ hash, period, wall, duration }) => {
      const start = (wall - BEGIN) / 1000;
      const range = [start, start + duration].map((x) => Number(x.toFixed(2))).join("-");
      return `${period}:${hash === undefined ? "nothing" : range}`;
    }),
  ]));
}

const RUN1 = "01J00000000000000000000001";
const RUN2 = "01J00000000000000000000002";

Deno.test("BroadcastTimeline lists every playable span of a plain recording", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, -100).spans(0, 6);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, -100).span(0.5, 2).spans(2, 6);
  const timeline = read([video, audio]);
  assertEquals(lists(timeline), {
    video0: ["0:0-2", "0:2-4", "0:4-6"],
    audio0: ["0:0.5-2", "0:2-4", "0:4-6"],
  });
  assertEquals(timeline.targetDuration, 4);
  assertEquals(timeline.ranges(), [{ start: BEGIN, end: BEGIN + 6000 }]);
  assertEquals(timeline.runs().map(({ run }) => run), [RUN1]);
});

Deno.test("BroadcastTimeline does not list what is partial, late, not media or not CMAF", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0)
    .span(0, 2)
    .span(2, 3, { partial: true })
    .span(0, 2, { late: true })
    .span(4, 6);
  const old = new ScriptedTrack("old", "video", { container: "legacy" }).run(RUN1, 0).spans(0, 6);
  const data = new ScriptedTrack("catalog.json", "audio", { role: "data", container: "raw" })
    .run(RUN1, 0).spans(0, 6);
  const timeline = read([video, old, data]);
  assertEquals(lists(timeline), { video0: ["0:0-2", "1:4-6"] });
  const [partial, raw] = [video, data].map(({ written }) => {
    const record = written.map(({ record }) => record).findLast(({ kind }) => kind === "span");
    assert(record?.kind === "span");
    return record;
  });
  assertEquals(timeline.segment(partial!.hash), { role: "video", size: partial!.size });
  assertEquals(timeline.segment(raw!.hash)?.role, "data");
  assertEquals(timeline.segment(digest("other")), undefined);
  assertEquals(timeline.init(digest("init video0"))?.role, "video");
  assertEquals(timeline.init(partial!.hash), undefined);
});

Deno.test("BroadcastTimeline begins a new period in all renditions where one has a hole", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 6).spans(10, 16);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 16);
  assertEquals(lists(read([video, audio])), {
    video0: ["0:0-2", "0:2-4", "0:4-6", "1:10-12", "1:12-14", "1:14-16"],
    audio0: ["0:0-2", "0:2-4", "0:4-6", "1:10-12", "1:12-14", "1:14-16"],
  });
});

Deno.test("BroadcastTimeline holds out audio that runs ahead of the picture after a hole, not video", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 6).spans(11, 15);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 16);
  assertEquals(lists(read([video, audio])), {
    video0: ["0:0-2", "0:2-4", "0:4-6", "1:11-13", "1:13-15"],
    audio0: ["0:0-2", "0:2-4", "0:4-6", "1:12-14", "1:14-16"],
  });
  const whole = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 16);
  const torn = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 6).spans(11, 17);
  assertEquals(lists(read([whole, torn])), {
    video0: ["0:0-2", "0:2-4", "0:4-6", "1:10-12", "1:12-14", "1:14-16"],
    audio0: ["0:0-2", "0:2-4", "0:4-6", "1:11-13", "1:13-15", "1:15-17"],
  });
});

Deno.test("BroadcastTimeline bridges what a player bridges and gives its time to the next segment", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).span(0, 2).span(2.2, 4).span(
    4,
    6,
  );
  const timeline = read([video]);
  assertEquals(lists(timeline), { video0: ["0:0-2", "0:2-4", "0:4-6"] });
});

Deno.test("BroadcastTimeline begins a new period with a run, and its clock with the run's anchor", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4).run(RUN2, 500)
    .spans(20, 24);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 5).run(RUN2, 500)
    .spans(20.1, 24);
  const timeline = read([video, audio]);
  assertEquals(lists(timeline), {
    video0: ["0:0-2", "0:2-4", "1:20-22", "1:22-24"],
    audio0: ["0:0-2", "0:2-4", "0:4-5", "1:20.1-22.1", "1:22.1-24"],
  });
  assertEquals(timeline.periods.map(({ run }) => run), [RUN1, RUN2]);
  assertEquals(timeline.ranges(), [
    { start: BEGIN, end: BEGIN + 5000 },
    { start: BEGIN + 20_000, end: BEGIN + 24_000 },
  ]);
});

Deno.test("BroadcastTimeline takes the arrival of the first span for its time when there is no anchor", () => {
  const record = new ScriptedTrack("video0", "video").run(RUN1, -77).spans(3, 7).written
    .filter(({ record }) => record.kind !== "anchor");
  assertEquals(lists(read([record])), { video0: ["0:3-5", "0:5-7"] });
});

Deno.test("BroadcastTimeline puts the clock forward within a period and never back", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4)
    .anchor(2, 4, 1.5).spans(4, 6).anchor(4, 6, -3).spans(6, 8);
  assertEquals(lists(read([video])), { video0: ["0:0-2", "0:2-4", "0:5.5-7.5", "0:7.5-9.5"] });
});

Deno.test("BroadcastTimeline begins anew where media time goes back or leaps within a run", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4)
    .span(4, 6, { time: 0 }).span(6, 8, { time: 180_000 })
    .span(8, 10, { time: 90_000 * 1e6 }).span(10, 12, { time: 90_000 * (1e6 + 2) });
  assertEquals(lists(read([video])), {
    video0: ["0:0-2", "0:2-4", "1:4-6", "1:6-8", "2:8-10", "2:10-12"],
  });
});

Deno.test("BroadcastTimeline begins a period where the initialisation segment changes", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4);
  const changed = new ScriptedTrack("video0", "video", { init: digest("new") }).run(RUN1, 0)
    .spans(4, 8);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 8);
  assertEquals(lists(read([[...video.written, ...changed.written], audio])), {
    video0: ["0:0-2", "0:2-4", "1:4-6", "1:6-8"],
    audio0: ["0:0-2", "0:2-4", "1:4-6", "1:6-8"],
  });
});

Deno.test("BroadcastTimeline takes a run that is stated again at midnight for the same", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4).announce(4).spans(
    4,
    8,
  );
  assertEquals(lists(read([video])), { video0: ["0:0-2", "0:2-4", "0:4-6", "0:6-8"] });
});

Deno.test("BroadcastTimeline lists video from a random access point only", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0)
    .span(0, 2, { key: false }).span(2, 4).span(4, 6, { key: false })
    .span(8, 10, { key: false }).span(10, 12);
  const timeline = read([video]);
  assertEquals(lists(timeline), { video0: ["0:2-4", "0:4-6", "1:10-12"] });
  assertEquals(timeline.renditions[0]!.independent, false);
});

Deno.test("BroadcastTimeline begins when video and audio are known, or after 8 s", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 6);
  assertEquals(lists(read([video], 0)), {});
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).span(0, 2);
  assertEquals(lists(read([video, audio], 0)), { video0: ["0:0-2"], audio0: ["0:0-2"] });
  assertEquals(lists(read([video.spans(6, 10)], 0)).video0?.length, 5);
});

Deno.test("BroadcastTimeline waits for a rendition that is behind, and gives one up that stays away", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 20);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 10);
  assertEquals(lists(read([video, audio], 0)).video0?.length, 5);
  // Half a minute later it may still come back.
  video.spans(20, 40);
  assertEquals(lists(read([video, audio], 0)).video0?.at(-1), "0:8-10");
  video.spans(40, 60);
  assertEquals(lists(read([video, audio], 0)).video0?.at(-1), "0:58-60");
});

Deno.test("BroadcastTimeline takes a rendition back that was given up", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 180);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 10).spans(100, 180);
  const timeline = read([video, audio]);
  const [one, two] = timeline.renditions;
  assertEquals(one!.segments.length, 90);
  const back = two!.segments.find(({ period }) => period === 1)!;
  assertEquals((back.wall - BEGIN) / 1000, 116);
  assertEquals(one!.segments.find(({ period }) => period === 1)!.wall, back.wall);
});

Deno.test("BroadcastTimeline puts an entry without media where a rendition has nothing for a period", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4)
    .run(RUN2, 0).spans(6, 12).run("01J3", 0).spans(40, 44);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 4)
    .run("01J3", 0).spans(40, 44);
  const timeline = read([video, audio]);
  assertEquals(lists(timeline).audio0, ["0:0-2", "0:2-4", "1:nothing", "2:40-42", "2:42-44"]);
});

Deno.test("BroadcastTimeline lists the end of a run at once when the recorder was stopped", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 6);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).spans(0, 6).span(6, 6.4);
  assertEquals(lists(read([video, audio], 0)).audio0?.at(-1), "0:4-6");
  assertEquals(lists(read([video, audio], 60)).audio0?.at(-1), "0:6-6.4");
  video.gap(6, { cause: "stopped", group: 3, groups: 1 });
  assertEquals(lists(read([video, audio], 0)).audio0?.at(-1), "0:6-6.4");
});

Deno.test("BroadcastTimeline is live until nothing has come for 30 s or five target durations", () => {
  const short = read([new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4)]);
  assertEquals([33, 35].map((s) => short.isLive(BEGIN + s * 1000)), [true, false]);
  const long = read([new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 16, 8)]);
  assertEquals(long.targetDuration, 16);
  assertEquals([95, 97].map((s) => long.isLive(BEGIN + s * 1000)), [true, false]);
  assertEquals(new BroadcastTimeline("empty").isLive(BEGIN), false);
});

Deno.test("BroadcastTimeline raises the target duration for a longer segment and never lowers it", () => {
  const video = new ScriptedTrack("video0", "video").run(RUN1, 0).spans(0, 4).span(4, 11.6).span(
    11.6,
    13,
  );
  assertEquals(read([video]).targetDuration, 12 - 4);
  const audio = new ScriptedTrack("audio0", "audio").run(RUN1, 0).span(0, 2.5);
  assertEquals(read([audio]).targetDuration, 6);
});

/** Everything that must hold of the lists of one broadcast at any time. */
function checkLists(timeline: BroadcastTimeline): void {
  const runs = new Map<number, string>();
  const hashes = new Set<string>();
  for (const { segments, role } of timeline.renditions) {
    segments.forEach((segment, i) => {
      assertGreater(segment.duration, 0);
      assert(Math.round(segment.duration) <= timeline.targetDuration);
      assert(segment.hash === undefined || !hashes.has(segment.hash), "A segment is listed twice");
      if (segment.hash) hashes.add(segment.hash);
      const run = timeline.periods[segment.period]!.run;
      assertEquals(runs.get(segment.period) ?? run, run);
      runs.set(segment.period, run);
      const before = segments[i - 1];
      if (before === undefined) return;
      const step = segment.period - before.period;
      assert(step === 0 || step === 1, `Period ${segment.period} follows ${before.period}`);
      const end = before.wall + before.duration * 1000;
      assert(segment.wall > end - 0.01, `${role} goes back by ${end - segment.wall} ms`);
      if (step === 0) assertAlmostEquals(segment.wall, end, 0.01);
    });
  }
  timeline.periods.slice(1).forEach(({ start }, i) => {
    assertGreater(start, timeline.periods[i]!.end - 0.01);
  });
}

/** Reads the manifests as they are being written, each at a moment of its own. */
function* follow(records: WrittenRecord[], chance: () => number): Generator<BroadcastTimeline> {
  const timeline = new BroadcastTimeline("test");
  const queues = Map.groupBy(records, ({ track }) => track);
  const end = Math.max(...records.map(({ written }) => written));
  for (let now = 0; now < end + 120; now += chance() * 20) {
    const names = [...queues.keys()].sort(() => chance() - 0.5);
    for (const name of names) {
      const queue = queues.get(name)!;
      const until = now + chance() * 0.2;
      while (queue[0] && queue[0].written <= until) timeline.push(name, queue.shift()!.record);
    }
    timeline.settle(BEGIN + now * 1000);
    yield timeline;
  }
}

Deno.test("BroadcastTimeline comes to the same lists whenever the manifests are read", async (t) => {
  for (let seed = 1; seed <= 150; ++seed) {
    await t.step(`seed ${seed}`, () => {
      const records = mishaps(seed);
      const whole = read([records]);
      checkLists(whole);
      const listed = new Map(whole.renditions.map(({ name, segments }) => [name, segments]));
      for (let reader = 1; reader <= 3; ++reader) {
        const seen = new Map<string, ListedSegment[]>();
        for (const timeline of follow(records, random(seed * 100 + reader))) {
          for (const { name, segments } of timeline.renditions) {
            const before = seen.get(name)?.length ?? 0;
            assertEquals(segments.slice(before), listed.get(name)!.slice(before, segments.length));
            seen.set(name, [...segments]);
          }
        }
        assertEquals(seen, listed);
      }
    });
  }
});

Deno.test("BroadcastTimeline loses little of what was recorded to its boundaries", () => {
  let recorded = 0;
  let listed = 0;
  for (let seed = 1; seed <= 150; ++seed) {
    const records = mishaps(seed);
    recorded += records.filter(({ record }) => record.kind === "span" && !record.partial).length;
    for (const { segments } of read([records]).renditions) {
      listed += segments.filter(({ hash }) => hash !== undefined).length;
    }
  }
  assertGreater(listed / recorded, 0.8);
});
