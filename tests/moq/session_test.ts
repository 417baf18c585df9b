import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { TrackNotFoundError } from "../../lib/moq/error.ts";
import type { Announcement } from "../../lib/moq/group.ts";
import { type MoqSession, openMoq } from "../../lib/moq/session.ts";
import { SessionError } from "../../lib/transport/error.ts";
import { createMemorySessions, type MemorySession } from "../support/memory_session.ts";
import { isGroup, readGroup } from "../support/moq_groups.ts";
import { acceptMoqNet, Moq, textFrame } from "../support/moq_net.ts";

/** The protocols of a session, and what they lead to. */
const DIALECTS = {
  "": "moq-lite-02",
  "moql": "moq-lite-02",
  "moq-lite-03": "moq-lite-03",
  "moq-lite-04": "moq-lite-04",
  "moq-lite-05": "moq-lite-05",
  "moqt-16": "moqt-16",
  "moqt-17": "moqt-17",
  "moqt-18": "moqt-18",
  "moqt-19": "moqt-19",
} as const;

type Context = {
  moq: MoqSession;
  peer: Moq.Connection.Established;
  client: MemorySession;
  server: MemorySession;
};

/** Dialects in which @moq/net says when frames are to be presented. */
const TIMED: ReadonlySet<string> = new Set(["moq-lite-05", "moqt-17", "moqt-18", "moqt-19"]);

/** Dialects that have to be asked for, the protocol of the session being "". */
const PINNED = ["moq-lite-01", "moqt-14"] as const;

/** Registers a test for every protocol, with @moq/net at the other end. */
function test(
  name: string,
  body: (context: Context, dialect: string) => Promise<void> | void,
): void {
  const sessions = [
    ...Object.entries(DIALECTS).map(([protocol, dialect]) => ({ protocol, dialect, pin: {} })),
    ...PINNED.map((dialect) => ({ protocol: "", dialect, pin: { dialect } })),
  ];
  for (const { protocol, dialect, pin } of sessions) {
    Deno.test(`${name} (protocol "${protocol}", ${dialect})`, async () => {
      const { client, server } = createMemorySessions(protocol);
      const accepted = acceptMoqNet(server);
      const moq = await openMoq(client, { linger: 20, ...pin });
      const peer = await accepted;
      try {
        await body({ moq, peer, client, server }, dialect);
      } finally {
        moq.close();
        await moq.closed.catch(() => {});
      }
    });
  }
}

/** A broadcast of one track. */
function publishTrack(peer: Moq.Connection.Established, broadcast: string, track: string) {
  const producer = new Moq.Broadcast.Producer();
  const writer = producer.createTrack(track);
  peer.publish(Moq.Path.from(broadcast), producer);
  return { producer, writer };
}

test("openMoq() agrees on a dialect", ({ moq }, dialect) => {
  assertEquals(moq.dialect, dialect);
});

test("announcements() lists what there is, then what changes", async ({ moq, peer }) => {
  const first = publishTrack(peer, "live/tv/one", "video");
  publishTrack(peer, "liver", "video");
  publishTrack(peer, "live", "video");
  const reader = moq.announcements("/live/").getReader();
  const next = async () => (await reader.read()).value!;
  const initial = [await next(), await next()]
    .sort((a, b) => a.broadcast.localeCompare(b.broadcast));
  assertEquals<Announcement[]>(initial, [
    { broadcast: "live", status: "active" },
    { broadcast: "live/tv/one", status: "active" },
  ]);
  publishTrack(peer, "live/tv/two", "video");
  assertEquals(await next(), { broadcast: "live/tv/two", status: "active" });
  first.producer.close();
  assertEquals(await next(), { broadcast: "live/tv/one", status: "ended" });
  await reader.cancel();
});

test("subscribe() yields frames until the track ends", async ({ moq, peer }) => {
  const { writer } = publishTrack(peer, "live/tv", "video");
  const subscription = await moq.subscribe({ broadcast: "live/tv", track: "video" });
  const timed = TIMED.has(moq.dialect);
  assertEquals(subscription.timescale, timed ? 1000 : undefined);
  const groups = subscription.groups.values();
  for (const [sequence, text] of ["a", "b"].entries()) {
    const group = writer.appendGroup();
    group.writeFrame(textFrame(`${text}1`, 100));
    group.writeFrame(textFrame("", 150));
    group.writeFrame(textFrame(text.repeat(100_000), 120));
    group.close();
    const { value } = await groups.next();
    assert(isGroup(value));
    assertEquals(await readGroup(value), {
      sequence,
      frames: [`${text}1`, "", text.repeat(100_000)],
      timestamps: timed ? [100, 150, 120] : [undefined, undefined, undefined],
    });
  }
  writer.close();
  assert((await groups.next()).done);
});

test("subscribe() yields a group while it is being written", async ({ moq, peer }) => {
  const { writer } = publishTrack(peer, "live", "data");
  const group = writer.appendGroup();
  group.writeFrame(textFrame("early", 0));
  const subscription = await moq.subscribe({ broadcast: "live", track: "data" });
  const groups = subscription.groups.getReader();
  const { value } = await groups.read();
  assert(isGroup(value));
  const frames = value.frames.getReader();
  assertEquals((await frames.read()).value instanceof Uint8Array, false);
  assertEquals((await frames.read()).value, new TextEncoder().encode("early"));
  const later = frames.read();
  group.writeFrame(textFrame("late", 1));
  assertEquals((await later).value instanceof Uint8Array, false);
  assertEquals((await frames.read()).value, new TextEncoder().encode("late"));
  group.close();
  assertEquals((await frames.read()).done, true);
  subscription.close();
  assertEquals((await groups.read()).done, true);
});

test("subscribe() keeps several subscriptions apart", async ({ moq, peer }) => {
  const one = publishTrack(peer, "one", "data").writer;
  const two = publishTrack(peer, "two", "data").writer;
  const subscriptions = await Promise.all([
    moq.subscribe({ broadcast: "one", track: "data" }),
    moq.subscribe({ broadcast: "two", track: "data" }),
  ]);
  const groups = subscriptions.map((subscription) => subscription.groups.values());
  const read = Promise.all(groups.map(async (groups) => {
    const { value } = await groups.next();
    assert(isGroup(value));
    return readGroup(value);
  }));
  two.writeFrame(textFrame("2", 0));
  one.writeFrame(textFrame("1", 0));
  assertEquals((await read).map((group) => group.frames), [["1"], ["2"]]);
  one.close();
  two.close();
  for (const { done } of await Promise.all(groups.map((groups) => groups.next()))) assert(done);
});

test("subscribe() rejects what the peer does not have", async ({ moq }) => {
  const error = await assertRejects(
    () => moq.subscribe({ broadcast: "none", track: "video" }),
    Error,
    'Cannot subscribe to track "video" of "none"',
  );
  // @moq/net gives no code in moq-lite, and HTTP's in moq-transport.
  const known = moq.dialect.startsWith("moqt-");
  assertEquals(error.name, known ? "TrackNotFoundError" : "RemoteError");
});

test("subscribe() gives up when told to", async ({ moq, peer }) => {
  // On-demand tracks are confirmed when the application accepts them: never, here.
  peer.publish(Moq.Path.from("live"), new Moq.Broadcast.Producer());
  // It has a timer running until its announcement is answered.
  const announcements = moq.announcements().getReader();
  await announcements.read();
  await assertRejects(() => moq.subscribe({ broadcast: "none", track: "video" }));
  const subscription = { broadcast: "live", track: "video" };
  if (moq.dialect === "moq-lite-05") {
    const error = await assertRejects(
      () => moq.subscribe({ ...subscription, timeout: 1 }),
      TrackNotFoundError,
      'Cannot subscribe to track "video" of "live": the peer did not answer within 0.001 s',
    );
    assertEquals(error.code, 3);
  }
  await assertRejects(
    () => moq.subscribe({ ...subscription, signal: AbortSignal.abort(new Error("enough")) }),
    Error,
    "enough",
  );
});

test("session loss ends everything in an error", async ({ moq, peer, client }) => {
  const { writer } = publishTrack(peer, "live", "data");
  const group = writer.appendGroup();
  group.writeFrame(textFrame("a", 0));
  const subscription = await moq.subscribe({ broadcast: "live", track: "data" });
  const groups = subscription.groups.getReader();
  const { value } = await groups.read();
  assert(isGroup(value));
  const announcements = moq.announcements().getReader();
  await announcements.read();
  const pending = [
    assertRejects(() => announcements.read(), SessionError, "Connection was lost"),
    assertRejects(() => readGroup(value), SessionError, "Connection was lost"),
    assertRejects(() => groups.read(), SessionError, "Connection was lost"),
    assertRejects(() => moq.closed, SessionError, "Connection was lost"),
    assertRejects(() => moq.goaway, SessionError, "Connection was lost"),
  ];
  client.lose();
  await Promise.all(pending);
  assertInstanceOf(
    await moq.subscribe({ broadcast: "live", track: "data" }).catch((error) => error),
    SessionError,
  );
});
