import { assert, assertEquals } from "@std/assert";
import { loadSample, type SampleTrack } from "../../lib/demo/sample.ts";
import { FragmentScanner, type FragmentSummary } from "../../lib/media/fragment_scanner.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";

function scan({ init, fragments }: SampleTrack): FragmentSummary[] {
  const parsed = parseInitSegment(init);
  return fragments.map((fragment) => {
    const scanner = new FragmentScanner(parsed);
    scanner.push(fragment);
    return scanner.finish();
  });
}

for (const role of ["video", "audio"] as const) {
  Deno.test(`loadSample() has eight seconds of ${role} without a seam`, () => {
    const track = loadSample()[role];
    const [described] = parseInitSegment(track.init).tracks;
    assertEquals(described!.role, role);
    let next = 0;
    for (const { time, duration } of scan(track)) {
      assertEquals(time, next);
      next += duration!;
    }
    assertEquals(next, 8 * described!.timescale);
  });
}

Deno.test("loadSample() has video that begins anew every two seconds", () => {
  const { video } = loadSample();
  const keys = scan(video).filter(({ key }) => key).map(({ time }) => time! / 90000);
  assertEquals(keys, [0, 2, 4, 6]);
});

Deno.test("loadSample() has audio in short fragments, and is small", () => {
  const { video, audio } = loadSample();
  for (const { duration } of scan(audio)) assert(duration! <= 48000 / 10);
  const size = [video, audio].flatMap(({ init, fragments }) => [init, ...fragments])
    .reduce((sum, bytes) => sum + bytes.length, 0);
  assert(size < 400_000, `${size} bytes`);
});
