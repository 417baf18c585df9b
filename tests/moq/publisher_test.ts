import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Broadcast } from "../../lib/moq/broadcast.ts";
import { ProtocolError, RemoteError, TrackNotFoundError } from "../../lib/moq/error.ts";
import type { Subscription } from "../../lib/moq/group.ts";
import { publish } from "../../lib/moq/publisher.ts";
import { openMoq } from "../../lib/moq/session.ts";
import { SessionError } from "../../lib/transport/error.ts";
import type { Session } from "../../lib/transport/session.ts";
import { createMemorySessions, type MemorySession } from "../support/memory_session.ts";
import { isGroup, readGroup, readGroups } from "../support/moq_groups.ts";
import { acceptMoqNet, connectMoqNet, Moq } from "../support/moq_net.ts";
import { ScriptedPeer } from "../support/scripted_peer.ts";

const PROTOCOLS = ["", "moql", "moq-lite-03", "moq-lite-04", "moq-lite-05"];

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Registers a test for every protocol, with something to connect to and to publish in. */
function test(
  name: string,
  body: (sessions: { client: MemorySession; server: MemorySession }) => Promise<void>,
  protocols = PROTOCOLS,
): void {
  for (const protocol of protocols) {
    Deno.test(`${name} (protocol "${protocol}")`, async () => {
      const { client, server } = createMemorySessions(protocol);
      await body({ client, server });
      client.close();
      await client.closed.catch(() => {});
    });
  }
}

/** The frames of the next group that @moq/net receives. */
async function receive(track: Moq.Track.Subscriber): Promise<string[] | undefined> {
  const group = await track.recvGroup();
  if (group === undefined) return undefined;
  const frames = [];
  for (;;) {
    const frame = await group.readFrame();
    if (frame === undefined) return frames;
    frames.push(decode(frame.payload));
  }
}

async function nextGroup(groups: AsyncIterator<unknown>): ReturnType<typeof readGroup> {
  const { value } = await groups.next();
  assert(isGroup(value));
  return await readGroup(value);
}

test("publish() announces its broadcasts to @moq/net", async ({ client, server }) => {
  const published = publish(server, [new Broadcast("live/one"), new Broadcast("/live/two/")]);
  const peer = await connectMoqNet(client);
  const announced = peer.announced(Moq.Path.from("live"));
  const paths = [(await announced.next())!, (await announced.next())!].map(({ path }) => path);
  assertEquals(paths.map(String), ["one", "two"]);
  const other = peer.announced(Moq.Path.from("other"));
  peer.close();
  assertEquals(await other.next().catch(() => undefined), undefined);
  await published;
});

test("publish() serves @moq/net", async ({ client, server }) => {
  const broadcast = new Broadcast("live/tv");
  const track = broadcast.createTrack("video", { timescale: 90_000 });
  track.createGroup().write(encode("forgotten by none, but not the latest"));
  const group = track.createGroup(7);
  group.write(encode("a1"), 90_000);
  const published = publish(server, [broadcast]);
  const peer = await connectMoqNet(client);
  const subscriber = peer.consume(Moq.Path.from("live/tv")).track("video").subscribe();
  const first = await subscriber.recvGroup();
  assertEquals(first!.sequence, 7);
  const frame = await first!.readFrame();
  assertEquals(decode(frame!.payload), "a1");
  if (server.protocol === "moq-lite-05") {
    assertEquals(frame!.timestamp.asMillis(), 1000);
    assertEquals((await subscriber.info()).timescale as number, 90_000);
  }
  const later = first!.readFrame();
  group.write(encode("a2"), 45_000);
  const second = await later;
  assertEquals(decode(second!.payload), "a2");
  if (server.protocol === "moq-lite-05") assertEquals(second!.timestamp.asMillis(), 500);
  group.close();
  assertEquals(await first!.readFrame(), undefined);
  const next = receive(subscriber);
  track.createGroup().write(encode("b".repeat(200_000)));
  track.close();
  assertEquals(await next, ["b".repeat(200_000)]);
  assertEquals(await receive(subscriber), undefined);
  peer.close();
  await published;
});

test("publish() refuses @moq/net what there is not", async ({ client, server }) => {
  const published = publish(server, [new Broadcast("live")]);
  const peer = await connectMoqNet(client);
  for (const [broadcast, track] of [["live", "none"], ["none", "none"]] as const) {
    const subscriber = peer.consume(Moq.Path.from(broadcast)).track(track).subscribe();
    assertInstanceOf(await subscriber.closed, Error);
  }
  peer.close();
  await published;
});

test("publish() publishes in a session that we connected", async ({ client, server }) => {
  const broadcast = new Broadcast("live");
  const group = broadcast.createTrack("data").createGroup();
  group.write(encode("x"));
  group.close();
  const published = publish(client, [broadcast], { connected: true });
  const peer = await acceptMoqNet(server);
  const subscriber = peer.consume(Moq.Path.from("live")).track("data").subscribe();
  assertEquals(await receive(subscriber), ["x"]);
  peer.close();
  await published;
});

/** What is published, and what to do with it. */
async function withOurs(
  { client, server }: { client: Session; server: Session },
  body: (
    track: ReturnType<Broadcast["createTrack"]>,
    subscribe: (start?: number) => Promise<Subscription>,
    published: Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const broadcast = new Broadcast("live");
  const track = broadcast.createTrack("data", { maxGroups: 3, maxBytes: 300_000 });
  const published = publish(server, [broadcast]);
  published.catch(() => {});
  const moq = await openMoq(client, { linger: 10 });
  const subscribe = (start?: number) =>
    moq.subscribe({ broadcast: "live", track: "data", ...(start === undefined ? {} : { start }) });
  await body(track, subscribe, published);
}

test("publish() and openMoq() understand each other", async (sessions) => {
  await withOurs(sessions, async (track, subscribe) => {
    const subscription = await subscribe();
    const groups = subscription.groups.values();
    for (const [sequence, text] of [[2, "a"], [4, "b"]] as const) {
      const group = track.createGroup(sequence);
      group.write(encode(text), 20);
      group.write(encode(""), 10);
      group.close();
      assertEquals(await nextGroup(groups), {
        sequence,
        frames: [text, ""],
        timestamps: subscription.timescale === undefined ? [undefined, undefined] : [20, 10],
      });
    }
    track.close();
    assertEquals((await groups.next()).done, true);
    // The latest group is still there for those who come late.
    assertEquals((await readGroups(await subscribe())).map(({ sequence }) => sequence), [4]);
  });
});

test("publish() begins where it is asked to", async (sessions) => {
  await withOurs(sessions, async (track, subscribe) => {
    for (let i = 0; i < 5; ++i) track.createGroup().write(encode("x"), 0);
    track.close();
    const sequences = async (start: number) =>
      (await readGroups(await subscribe(start))).map(({ sequence }) => sequence);
    assertEquals(await sequences(3), [3, 4]);
    // Only three groups are kept.
    assertEquals(await sequences(0), [2, 3, 4]);
    assertEquals(await sequences(9), []);
  });
}, ["moq-lite-03", "moq-lite-04", "moq-lite-05"]);

test("publish() forgets unsubscribed tracks", async (sessions) => {
  await withOurs(sessions, async (track, subscribe) => {
    const subscription = await subscribe();
    const groups = subscription.groups.getReader();
    const group = track.createGroup();
    group.write(encode("x"), 0);
    const { value } = await groups.read();
    assert(isGroup(value));
    const read = readGroup(value);
    subscription.close();
    // The group is cut off, as nobody wants it any more.
    await assertRejects(() => read, Error, "Stream was reset by the peer with code 0");
    const { openStreams } = sessions.server;
    assertEquals(openStreams, sessions.server.protocol.startsWith("moq-lite") ? 0 : 2);
  });
});

test("publish() gives up a subscriber that is too slow to read", async (sessions) => {
  await withOurs(sessions, async (track, subscribe, published) => {
    const subscription = await subscribe();
    const groups = subscription.groups.values();
    const slow = track.createGroup();
    for (let i = 0; i < 3; ++i) slow.write(new Uint8Array(100_000), 0);
    slow.close();
    const { value } = await groups.next();
    assert(isGroup(value));
    for (let i = 0; i < 4; ++i) {
      track.createGroup().write(new Uint8Array(1), 0);
      // Every group but the slow one is read.
      const { done } = await groups.next().catch(() => ({ done: true }));
      if (done) break;
    }
    assertEquals((await sessions.client.closed).closeCode, 26);
    await assertRejects(() => readGroup(value), SessionError, "too slow");
    await published;
  });
});

test("publish() tells how the session ended", async (sessions) => {
  await withOurs(sessions, async (_track, _subscribe, published) => {
    sessions.client.lose();
    await assertRejects(() => published, SessionError, "Connection was lost");
  });
});

Deno.test("publish() closes the session when the peer breaks the rules", async () => {
  const { client, server } = createMemorySessions("moq-lite-04");
  const published = publish(server, []);
  await new ScriptedPeer(client).open("02 02 00 00");
  await assertRejects(() => published, ProtocolError, "ends after 2 bytes");
  assertEquals((await client.closed).closeCode, 15);
});

Deno.test("publish() chooses the first version it knows of a client's offer", async () => {
  const { client, server } = createMemorySessions();
  const published = publish(server, []);
  const offer = "20 001a 03 c0000000ff00000e c0000000ff0dad01 c0000000ff0dad02 00";
  const stream = await new ScriptedPeer(client).open(offer);
  await stream.expect("21 0009 c0000000ff0dad01 00");
  client.close();
  await published;
});

Deno.test("publish() refuses clients it shares no version with", async () => {
  for (
    const [offer, why] of [
      ["20 000a 01 c0000000ff00000e 00", "the client offers no version we speak"],
      ["40 40 01 00", "the client began with message 64"],
    ] as const
  ) {
    const { client, server } = createMemorySessions();
    const published = publish(server, []);
    await new ScriptedPeer(client).open(offer);
    await assertRejects(() => published, ProtocolError, why);
    await client.closed;
  }
});

Deno.test("publish() refuses protocols it does not know", async () => {
  const { server } = createMemorySessions("moqt-16");
  await assertRejects(() => publish(server, []), TypeError, 'protocol "moqt-16"');
});

Deno.test("Broadcast refuses a second track of the same name", () => {
  const broadcast = new Broadcast("live");
  broadcast.createTrack("data");
  assertThrows(() => broadcast.createTrack("data"), TypeError, 'Cannot create track "data"');
});

Deno.test("TrackWriter refuses groups out of order and after its end", () => {
  const track = new Broadcast("live").createTrack("data");
  track.createGroup(3);
  assertThrows(
    () => track.createGroup(3),
    RangeError,
    "Cannot create group: current sequence is 3, lowest is 4",
  );
  track.close();
  assertThrows(() => track.createGroup(), TypeError, "Cannot create group: track is closed");
});

Deno.test("GroupWriter refuses frames that are too large, untimely or too late", () => {
  const group = new Broadcast("live").createTrack("data", { maxBytes: 10 }).createGroup();
  group.write(new Uint8Array(8));
  assertThrows(() => group.write(new Uint8Array(3)), RangeError, "group would exceed 10 bytes");
  assertThrows(
    () => group.write(new Uint8Array(), -1),
    RangeError,
    "Cannot write frame: current timestamp is -1",
  );
  group.close();
  assertThrows(() => group.write(new Uint8Array()), TypeError, "group is closed");
});

Deno.test("TrackNotFoundError is what a missing track leads to", async () => {
  const { client, server } = createMemorySessions("moq-lite-05");
  const published = publish(server, []);
  const moq = await openMoq(client);
  const error = await moq.subscribe({ broadcast: "live", track: "data" }).catch((error) => error);
  assertInstanceOf(error, TrackNotFoundError);
  assertInstanceOf(error, RemoteError);
  assertEquals(error.code, 13);
  moq.close();
  await published;
});
