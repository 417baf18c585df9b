import { assertEquals, assertMatch } from "@std/assert";
import { TrackStats } from "../../lib/archive/track_stats.ts";
import { StatusBlock } from "../../lib/cli/status_block.ts";
import { formatBytes, TrackLines } from "../../lib/cli/track_lines.ts";

Deno.test("TrackLines shows groups, bytes, rate, age and gaps of each track", () => {
  const stats = new TrackStats();
  const lines = new TrackLines("news", new Map([["video\x1b[2J", stats]]));
  const start = Date.now();
  lines.render(start);
  stats.receive(1_000_000);
  stats.store(3, { digest: "", size: 900_000, existed: false });
  stats.gaps = 1;
  const [line] = lines.render(start + 2000);
  assertMatch(line!, /^news {2}video�\[2J .* 3 groups .* 1\.0 MB .* 4\.00 Mbit\/s .*ago {2}1 gap$/);
});

Deno.test("TrackLines says so while there is no track", () => {
  assertEquals(new TrackLines("news", new Map()).render(), ["news  waiting …"]);
});

Deno.test("formatBytes() uses decimal units", () => {
  assertEquals([0, 999, 1000, 12_345_678, 5e12].map(formatBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 MB",
    "5.0 TB",
  ]);
});

Deno.test("StatusBlock keeps its lines below the log and inside the terminal", () => {
  let screen = "";
  const block = new StatusBlock((text) => screen += text, () => 8);
  {
    using _shown = block.show(() => ["0123456789", "b"]);
    assertEquals(screen, "0123456\nb\n");
    screen = "";
    block.log("logged");
    assertEquals(screen, "\x1b[2A\x1b[Jlogged\n0123456\nb\n");
    screen = "";
  }
  assertEquals(screen, "\x1b[2A\x1b[J", "nothing is left behind");
});
