/** A broadcast from ffmpeg through moq-cli and moq-relay, recorded twice and judged by others. */

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { basename } from "node:path";
import type { RunRecord } from "../../lib/manifest/record.ts";
import { ArchiveDirectory } from "../support/archive_directory.ts";
import { Archiver, Server } from "./support/ec_node.ts";
import { countPackets, countSegmentPackets } from "./support/ffprobe.ts";
import { b3sum, sha256 } from "./support/hash.ts";
import { AUDIO, Publisher, VIDEO } from "./support/publisher.ts";
import { Relay } from "./support/relay.ts";
import { storedGroups, unexplainedGroups } from "./support/stored_groups.ts";
import { Subscriber } from "./support/subscriber.ts";
import { e2eTest } from "./support/tools.ts";
import { until } from "../support/until.ts";

const BROADCAST = "e2e/pattern.hang";

/** Video spans to record: a group of two seconds each, so more than 20 s. */
const SPANS = 11;

const TOOLS = ["b3sum", "ffmpeg", "ffprobe", "moq", "moq-relay"] as const;

e2eTest("archive records a live broadcast byte for byte, and serve plays it", TOOLS, async (t) => {
  await using relay = await Relay.start();
  await using _publisher = await Publisher.start({ relay, broadcast: BROADCAST });
  await using subscriber = await Subscriber.start({ relay, broadcast: BROADCAST });
  await using first = await ArchiveDirectory.create();
  await using second = await ArchiveDirectory.create();

  {
    await using one = new Archiver({ directory: first, url: relay.url, broadcast: BROADCAST });
    await one.recorded(VIDEO, 2);
    await using two = new Archiver({
      directory: second,
      url: relay.secureUrl,
      broadcast: BROADCAST,
      args: ["--tls-fingerprint", relay.fingerprint],
    });
    await two.recorded(VIDEO, SPANS);
    assertEquals(await Promise.all([one.stop("SIGTERM"), two.stop("SIGINT")]), [0, 0]);
  }

  for (const [name, directory] of [["http://", first], ["https://", second]] as const) {
    await t.step(`${name}: every object has the name b3sum gives it`, async () => {
      const paths = await directory.objectPaths();
      assertGreaterOrEqual(paths.length, 2 * SPANS);
      for (const [path, hash] of await b3sum(paths)) assertEquals(basename(path), `${hash}.bin`);
    });

    for (const track of [VIDEO, AUDIO]) {
      await t.step(`${name} ${track}: the groups are those the relay gave others`, async () => {
        const groups = await storedGroups(directory, BROADCAST, track);
        const last = Math.max(...groups.keys());
        await until(`group ${last}`, () => Promise.resolve(subscriber.groups(track).has(last)));
        for (const [group, { frames, payload }] of groups) {
          const received = subscriber.groups(track).get(group);
          assertEquals({ group, frames, sha256: sha256(payload), track }, received);
        }
        assertGreaterOrEqual(groups.size, track === VIDEO ? SPANS : 40 * SPANS);
      });

      await t.step(`${name} ${track}: nothing is missing`, async () => {
        const records = await directory.records(BROADCAST, track);
        assertEquals(unexplainedGroups(records), []);
        const gaps = await directory.gaps(BROADCAST, track);
        assertEquals(gaps.filter(({ cause }) => cause !== "stopped"), []);
      });
    }
  }

  await t.step("the runs tell what was recorded and how", async () => {
    const run = await first.run(BROADCAST, VIDEO);
    const told = pick(run, ["v", "broadcast", "track", "relay", "protocol", "role", "container"]);
    assertEquals(told, {
      v: 1,
      broadcast: BROADCAST,
      track: VIDEO,
      relay: relay.url,
      protocol: "moq-lite-05",
      role: "video",
      container: "cmaf",
    });
    assertEquals([run.width, run.height], [640, 360]);
    assertEquals((await first.run(BROADCAST, AUDIO)).role, "audio");
  });

  await t.step("both archivers stored the same objects for what both saw whole", async () => {
    for (const track of [VIDEO, AUDIO]) {
      const [one, two] = await Promise.all([first, second].map(async (directory) => {
        // The first and the last span may be cut by the start and the stop.
        const whole = (await directory.spans(BROADCAST, track)).slice(1, -1);
        return whole.map(({ group, groups, hash, size }) => ({ group, groups, hash, size }));
      }));
      const from = Math.max(one![0]!.group, two![0]!.group);
      const to = Math.min(one!.at(-1)!.group, two!.at(-1)!.group);
      const shared = one!.filter(({ group }) => from <= group && group <= to);
      assertEquals(shared, two!.filter(({ group }) => from <= group && group <= to));
      assertGreaterOrEqual(shared.length, SPANS - 4);
    }
  });

  await t.step("ffprobe counts every recorded packet in what serve gives out", async () => {
    const recorded = { video: 0, audio: 0 };
    for (const [kind, track] of [["video", VIDEO], ["audio", AUDIO]] as const) {
      const { init } = await first.run(BROADCAST, track);
      const spans = (await first.spans(BROADCAST, track)).filter((span) => !span.partial);
      const segments = await Promise.all(spans.map((span) => first.object(span)));
      const counts = await countSegmentPackets(await first.objectByHash(init!), segments);
      recorded[kind] = counts[kind];
      // The publisher sends one sample per frame.
      assertEquals(counts[kind], spans.flatMap(({ frames }) => frames).flat().length);
    }
    await using server = await Server.start(first);
    await server.ended(BROADCAST);
    const count = (name: string) => countPackets(server.broadcastUrl(BROADCAST, name));
    assertEquals(await count("video.m3u8"), { video: recorded.video, audio: 0 });
    assertEquals(await count("audio.m3u8"), { video: 0, audio: recorded.audio });
    assertEquals(await count("master.m3u8"), recorded);
  });
});

/** The named members of a record. */
function pick<K extends keyof RunRecord>(
  record: RunRecord,
  keys: readonly K[],
): Pick<RunRecord, K> {
  return Object.fromEntries(keys.map((key) => [key, record[key]])) as Pick<RunRecord, K>;
}
