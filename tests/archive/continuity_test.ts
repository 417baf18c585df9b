import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { type Candidate, Continuity } from "../../lib/archive/continuity.ts";
import { Runs } from "../../lib/archive/run.ts";
import type { TrackMedia } from "../../lib/archive/track_media.ts";

const MEDIA: TrackMedia = { role: "video", container: "cmaf", timescale: 90_000 };

function group(
  sequence: number,
  time: number | undefined,
  { media = MEDIA, late = false, firstFrame = 1000 } = {},
): Candidate {
  const end = time === undefined ? undefined : time + 2;
  return { sequence, time, end, firstFrame, media, late };
}

/** Judges groups and stores those that are to be kept; the number of the run of each, or "-". */
function judgeAll(continuity: Continuity, groups: Candidate[]): (number | "-")[] {
  const runs: unknown[] = [];
  return groups.map((candidate) => {
    const run = continuity.judge(candidate);
    if (run === undefined) return "-";
    continuity.stored(candidate);
    if (!runs.includes(run)) runs.push(run);
    return runs.indexOf(run);
  });
}

Deno.test("Continuity keeps a publisher that goes on in one run, over holes too", () => {
  const groups = [group(4, 8), group(5, 10), group(9, 18)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, 0]);
});

Deno.test("Continuity recognises the last group when a reconnection repeats it", () => {
  const groups = [group(4, 8), group(5, 10), group(5, 10), group(6, 12)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, "-", 0]);
});

Deno.test("Continuity takes nothing but the very last group for a repetition", () => {
  const groups = [group(0, 0), group(1, 2), group(0, 0), group(1, 2)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, 1, 1]);
  const other = group(5, 10, { firstFrame: 999 });
  assertEquals(judgeAll(new Continuity(new Runs()), [group(5, 10), other]), [0, 1]);
});

Deno.test("Continuity begins a run when numbers and time start over", () => {
  const groups = [group(4, 8), group(5, 10), group(0, 0), group(1, 2)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, 1, 1]);
});

Deno.test("Continuity begins a run when a known number comes with another time", () => {
  assertEquals(judgeAll(new Continuity(new Runs()), [group(0, 100), group(0, 0)]), [0, 1]);
});

Deno.test("Continuity begins a run when time goes back while numbers go on", () => {
  assertEquals(judgeAll(new Continuity(new Runs()), [group(4, 100), group(9, 0)]), [0, 1]);
});

Deno.test("Continuity begins a run when the initialisation segment changes", () => {
  const other: TrackMedia = { ...MEDIA, initDigest: "f".repeat(64) };
  const groups = [group(4, 8), group(5, 10, { media: other })];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 1]);
});

Deno.test("Continuity keeps a late group in its run", () => {
  const groups = [group(4, 8), group(6, 12), group(5, 10, { late: true }), group(7, 14)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, 0, 0]);
});

Deno.test("Continuity always keeps groups without media time", () => {
  const groups = [group(1, undefined), group(1, undefined), group(0, undefined)];
  assertEquals(judgeAll(new Continuity(new Runs()), groups), [0, 0, 0]);
});

Deno.test("Continuity takes a track along into the run that another one began", () => {
  const runs = new Runs();
  const [video, audio] = [new Continuity(runs), new Continuity(runs)];
  judgeAll(video, [group(4, 8)]);
  judgeAll(audio, [group(70, 8)]);
  const restarted = video.judge(group(0, 0));
  assertStrictEquals(audio.judge(group(71, 10)), restarted);
  assertEquals(audio.next, undefined);
});

Deno.test("Continuity knows which group comes next", () => {
  const continuity = new Continuity(new Runs());
  assertEquals(continuity.next, undefined);
  judgeAll(continuity, [group(4, 8), group(5, 10)]);
  assertEquals(continuity.next, 6);
});

Deno.test("Continuity records what is missing once, and again for a publisher that starts over", () => {
  const continuity = new Continuity(new Runs());
  const missing = (sequence: number, count: number) => continuity.unaccounted({ sequence, count });
  judgeAll(continuity, [group(2, undefined)]);
  assertEquals(missing(3, 1), { sequence: 3, count: 1 });
  continuity.cut(group(4, undefined));
  assertEquals(missing(3, 4), { sequence: 5, count: 2 });
  assertEquals(missing(3, 4), undefined);
  judgeAll(continuity, [group(0, undefined)]);
  assertEquals(missing(1, 3), { sequence: 1, count: 3 });
  continuity.cut(group(0, undefined, { late: true }));
  assertEquals(missing(1, 3), undefined, "a late group says nothing of those after it");
});

Deno.test("Continuity takes nothing of an earlier run for recorded", () => {
  const runs = new Runs();
  const continuity = new Continuity(runs);
  judgeAll(continuity, [group(9, undefined)]);
  runs.begin();
  assertEquals(continuity.unaccounted({ sequence: 3, count: 4 }), { sequence: 3, count: 4 });
});

Deno.test("Run maps media time by the arrival that was delayed least", () => {
  const run = new Runs(1000).current;
  assertEquals(run.epoch, undefined);
  run.observe(10, 1_000_000 + 10_000 + 900);
  assertEquals(run.epoch, 1_000_900);
  run.observe(12, 1_000_000 + 12_000);
  assertEquals(run.epoch, 1_000_900, "less than a second of drift is left alone");
  run.observe(14, 1_000_000 + 14_000 - 200);
  assertEquals(run.epoch, 999_800);
  run.observe(16, 1_000_000 + 16_000 + 5000);
  assertEquals(run.epoch, 999_800, "a delayed arrival says nothing");
});

Deno.test("Run follows a clock that drifts away over many minutes", () => {
  const run = new Runs(0).current;
  for (let minute = 0; minute < 60; ++minute) {
    run.observe(minute * 60, minute * 60_000 + minute * 100);
  }
  assert(run.epoch! > 4000, `current value is ${run.epoch}`);
});

Deno.test("Runs.begin() gives the new run an id of its own", () => {
  const runs = new Runs();
  const first = runs.current;
  assertNotEquals(runs.begin().id, first.id);
});
