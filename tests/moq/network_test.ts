import { assert, assertEquals, assertRejects } from "@std/assert";
import { Broadcast } from "../../lib/moq/broadcast.ts";
import { DIALECTS, PUBLISH_SUBPROTOCOLS, SUBPROTOCOLS } from "../../lib/moq/dialect.ts";
import { TrackNotFoundError } from "../../lib/moq/error.ts";
import { publish } from "../../lib/moq/publisher.ts";
import { openMoq } from "../../lib/moq/session.ts";
import { connect } from "../../lib/transport/connect.ts";
import { listen } from "../../lib/transport/listen.ts";
import { parseRelayUrl } from "../../lib/transport/relay_url.ts";
import { createSelfSigned } from "../../lib/transport/self_signed.ts";
import type { Session } from "../../lib/transport/session.ts";
import { isGroup, readGroup } from "../support/moq_groups.ts";
import { acceptMoqNet, connectMoqNet, Moq, textFrame } from "../support/moq_net.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Dialects in which @moq/net says when frames are to be presented. */
const TIMED: ReadonlySet<string> = new Set(["moq-lite-05", "moqt-17", "moqt-18", "moqt-19"]);

/** Registers a test for every transport and protocol, with both ends of a session on loopback. */
function test(
  name: string,
  body: (sessions: { client: Session; server: Session; dialect: string }) => Promise<void>,
  protocols = PUBLISH_SUBPROTOCOLS,
): void {
  for (const scheme of ["https", "moqt"]) {
    for (const protocol of ["", ...protocols]) {
      // Raw QUIC always agrees on a protocol.
      if (scheme === "moqt" && protocol === "") continue;
      Deno.test(`${name} (${scheme}, protocol "${protocol}")`, async () => {
        const certificate = await createSelfSigned(["localhost"]);
        await using listener = listen({
          hostname: "127.0.0.1",
          port: 0,
          ...certificate,
          alpnProtocols: ["h3", ...SUBPROTOCOLS],
        });
        const connecting = connect(
          parseRelayUrl(`${scheme}://localhost:${listener.addr.port}/live?jwt=secret`),
          {
            protocols: protocol === "" ? ["other"] : [protocol],
            fingerprint: certificate.fingerprint,
            connectTo: "127.0.0.1",
          },
        );
        const { value: request } = await listener[Symbol.asyncIterator]().next();
        const server: Session = await request.accept({ protocol });
        const client = await connecting;
        assertEquals(client.protocol, protocol);
        const dialect = DIALECTS.find((dialect) => dialect === protocol) ?? "moq-lite-02";
        try {
          await body({ client, server, dialect });
        } finally {
          client.close();
          await Promise.all([client.closed, server.closed.catch(() => {})]);
        }
      });
    }
  }
}

test("openMoq() receives what publish() publishes", async ({ client, server, dialect }) => {
  const broadcast = new Broadcast("live/tv");
  const track = broadcast.createTrack("video");
  const published = publish(server, [broadcast]);
  const moq = await openMoq(client, { linger: 50 });
  assertEquals(moq.dialect, dialect);
  const announcements = moq.announcements("live").getReader();
  assertEquals((await announcements.read()).value, { broadcast: "live/tv", status: "active" });
  await announcements.cancel();
  const subscription = await moq.subscribe({ broadcast: "live/tv", track: "video" });
  const groups = subscription.groups.values();
  for (let sequence = 0; sequence < 3; ++sequence) {
    const group = track.createGroup();
    group.write(encode("a".repeat(500_000)), 10);
    const { value } = await groups.next();
    assert(isGroup(value));
    const read = readGroup(value);
    group.write(encode(""), 5);
    group.close();
    assertEquals(await read, {
      sequence,
      frames: ["a".repeat(500_000), ""],
      timestamps: dialect === "moq-lite-05" ? [10, 5] : [undefined, undefined],
    });
  }
  track.close();
  assertEquals((await groups.next()).done, true);
  await assertRejects(
    () => moq.subscribe({ broadcast: "live/tv", track: "none" }),
    TrackNotFoundError,
    'Cannot subscribe to track "none" of "live/tv"',
  );
  moq.close();
  await moq.closed;
  await published;
});

test("openMoq() receives what @moq/net publishes", async ({ client, server, dialect }) => {
  const accepted = acceptMoqNet(server);
  const moq = await openMoq(client, { linger: 50 });
  const peer = await accepted;
  const producer = new Moq.Broadcast.Producer();
  const track = producer.createTrack("video");
  peer.publish(Moq.Path.from("live/tv"), producer);
  const announcements = moq.announcements().getReader();
  assertEquals((await announcements.read()).value, { broadcast: "live/tv", status: "active" });
  const subscription = await moq.subscribe({ broadcast: "live/tv", track: "video" });
  const groups = subscription.groups.values();
  for (let sequence = 0; sequence < 3; ++sequence) {
    const group = track.appendGroup();
    group.writeFrame(textFrame("a".repeat(500_000), 10));
    const { value } = await groups.next();
    assert(isGroup(value));
    const read = readGroup(value);
    group.writeFrame(textFrame("b", 5));
    group.close();
    assertEquals(await read, {
      sequence,
      frames: ["a".repeat(500_000), "b"],
      timestamps: TIMED.has(dialect) ? [10, 5] : [undefined, undefined],
    });
  }
  track.close();
  assertEquals((await groups.next()).done, true);
  producer.close();
  assertEquals((await announcements.read()).value, { broadcast: "live/tv", status: "ended" });
  await announcements.cancel();
  moq.close();
  await moq.closed;
}, SUBPROTOCOLS.filter((protocol) => protocol !== "moq-00"));

test("publish() serves @moq/net", async ({ client, server, dialect }) => {
  const broadcast = new Broadcast("live/tv");
  const track = broadcast.createTrack("video");
  const group = track.createGroup(4);
  group.write(encode("a".repeat(500_000)), 10);
  const published = publish(server, [broadcast]);
  const peer = await connectMoqNet(client);
  const announced = peer.announced();
  assertEquals(String((await announced.next())!.path), "live/tv");
  const subscriber = peer.consume(Moq.Path.from("live/tv")).track("video").subscribe();
  const received = await subscriber.recvGroup();
  assertEquals(received!.sequence, 4);
  const first = await received!.readFrame();
  assertEquals(first!.payload, encode("a".repeat(500_000)));
  if (dialect === "moq-lite-05") assertEquals(first!.timestamp.asMillis(), 10);
  group.write(encode("b"), 5);
  group.close();
  assertEquals((await received!.readFrame())!.payload, encode("b"));
  assertEquals(await received!.readFrame(), undefined);
  track.close();
  // For the end of others @moq/net waits without reading, which no byte stream of Deno's reports.
  if (dialect === "moq-lite-05") assertEquals(await subscriber.recvGroup(), undefined);
  peer.close();
  await published;
});
