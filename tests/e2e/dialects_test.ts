/** Every dialect the relay may be told to speak, and QUIC without WebTransport. */

import { assert, assertEquals } from "@std/assert";
import { ArchiveDirectory } from "../support/archive_directory.ts";
import { Archiver } from "./support/ec_node.ts";
import { countSegmentPackets } from "./support/ffprobe.ts";
import { GROUP_FRAMES, Publisher, VIDEO } from "./support/publisher.ts";
import { Relay } from "./support/relay.ts";
import { e2eTest } from "./support/tools.ts";

const BROADCAST = "e2e/dialects.hang";

/** What the relay is told to speak. moq-lite-05 over WebTransport is what record_test.ts is about. */
const CASES: { version: string; dialect?: string; transport?: "QUIC" }[] = [
  { version: "moq-lite-01" },
  { version: "moq-lite-02" },
  { version: "moq-lite-03" },
  { version: "moq-lite-04" },
  { version: "moq-lite-05", transport: "QUIC" },
  { version: "moq-transport-14", dialect: "moqt-14" },
  { version: "moq-transport-16", dialect: "moqt-16" },
  { version: "moq-transport-17", dialect: "moqt-17" },
  { version: "moq-transport-18", dialect: "moqt-18" },
  { version: "moq-transport-19", dialect: "moqt-19" },
  { version: "moq-transport-19", dialect: "moqt-19", transport: "QUIC" },
];

for (const { version, dialect = version, transport = "WebTransport" } of CASES) {
  const name = `archive records from a relay that speaks ${version} over ${transport}`;
  e2eTest(name, ["ffmpeg", "ffprobe", "moq", "moq-relay"], async () => {
    await using directory = await ArchiveDirectory.create();
    await using relay = await Relay.start({ version });
    await using _publisher = await Publisher.start({ relay, broadcast: BROADCAST });
    const options = transport === "QUIC"
      ? { url: relay.quicUrl, args: ["--tls-fingerprint", relay.fingerprint] }
      : { url: relay.url };
    await using archiver = new Archiver({ directory, ...options, broadcast: BROADCAST });
    await archiver.recorded(VIDEO, 2);
    assertEquals(await archiver.stop("SIGTERM"), 0);

    const run = await directory.run(BROADCAST, VIDEO);
    assertEquals([run.protocol, run.relay], [dialect, options.url]);
    const spans = (await directory.spans(BROADCAST, VIDEO)).filter((span) => !span.partial);
    assert(spans.every(({ key }) => key), "Every group starts with a key frame");
    const segments = await Promise.all(spans.map((span) => directory.object(span)));
    const packets = await countSegmentPackets(await directory.objectByHash(run.init!), segments);
    assertEquals(packets, { video: spans.length * GROUP_FRAMES, audio: 0 });
  });
}
