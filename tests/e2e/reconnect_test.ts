/** The relay crashes and comes back while a broadcast is being recorded. */

import { assert, assertEquals } from "@std/assert";
import { ArchiveDirectory } from "../support/archive_directory.ts";
import { Archiver, Server } from "./support/ec_node.ts";
import { countPackets, countSegmentPackets } from "./support/ffprobe.ts";
import { Publisher, VIDEO } from "./support/publisher.ts";
import { Relay } from "./support/relay.ts";
import { unexplainedGroups } from "./support/stored_groups.ts";
import { e2eTest } from "./support/tools.ts";

const BROADCAST = "e2e/restart.hang";

e2eTest(
  "archive goes on after the relay has crashed and come back",
  ["ffmpeg", "ffprobe", "moq", "moq-relay"],
  async () => {
    await using directory = await ArchiveDirectory.create();
    {
      await using relay = await Relay.start();
      await using _publisher = await Publisher.start({ relay, broadcast: BROADCAST });
      await using archiver = new Archiver({ directory, url: relay.url, broadcast: BROADCAST });
      await archiver.recorded(VIDEO, 3);

      await relay.crash();
      await using _restarted = await Relay.start({ port: relay.port });
      const before = (await directory.spans(BROADCAST, VIDEO)).length;
      await archiver.recorded(VIDEO, before + 4);
      assertEquals(await archiver.stop("SIGTERM"), 0);
    }

    const gaps = await directory.gaps(BROADCAST, VIDEO);
    assert(gaps.some(({ cause }) => cause === "disconnected"), JSON.stringify(gaps));
    assertEquals(unexplainedGroups(await directory.records(BROADCAST, VIDEO)), []);

    const { init } = await directory.run(BROADCAST, VIDEO);
    const spans = (await directory.spans(BROADCAST, VIDEO)).filter((span) => !span.partial);
    const segments = await Promise.all(spans.map((span) => directory.object(span)));
    const recorded = await countSegmentPackets(await directory.objectByHash(init!), segments);

    await using server = await Server.start(directory);
    await server.ended(BROADCAST);
    const url = server.broadcastUrl(BROADCAST, "video.m3u8");
    const playlist = await (await fetch(url)).text();
    assertEquals(playlist.match(/^#EXT-X-DISCONTINUITY$/gm)?.length, 1, playlist);
    assertEquals(await countPackets(url), recorded);
  },
);
