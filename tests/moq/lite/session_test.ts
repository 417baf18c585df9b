import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProtocolError, RemoteError, TrackNotFoundError } from "../../../lib/moq/error.ts";
import type { Announcement, Subscription } from "../../../lib/moq/group.ts";
import { type MoqSession, openMoq } from "../../../lib/moq/session.ts";
import { SessionError, StreamResetError } from "../../../lib/transport/error.ts";
import { createMemorySessions, type MemorySession } from "../../support/memory_session.ts";
import { isGroup, readGroup } from "../../support/moq_groups.ts";
import { ScriptedPeer, type ScriptedStream } from "../../support/scripted_peer.ts";

const DIALECTS = ["moq-lite-01", "moq-lite-02", "moq-lite-03", "moq-lite-04", "moq-lite-05"];

type Context = {
  moq: MoqSession;
  peer: ScriptedPeer;
  version: number;
  client: MemorySession;
  /** Subscribes, with the peer confirming. */
  subscribe: () => Promise<{ subscription: Subscription; stream: ScriptedStream }>;
};

/** What our subscription to "t" of "b" looks like. */
function request(version: number, id = 0): string {
  return version < 3 ? `02 06 0${id} 0162 0174 00` : `02 0d 0${id} 0162 0174 00 01 80007530 00 00`;
}

const OK: Record<number, string> = { 1: "01 00", 2: "00", 3: "00 05 00 01 00 00 00" };
OK[4] = OK[3]!;

/** What is offered in-band, moqt-14 included, with as many requests as that takes. */
const OFFER = "20 001f 03 c0000000ff0dad02 c0000000ff0dad01 c0000000ff00000e 01 02 bfffffff";

/** Opens a session with a scripted peer, the handshake done. */
async function open(version: number) {
  const { client, server } = createMemorySessions(version < 3 ? "" : `moq-lite-0${version}`);
  const peer = new ScriptedPeer(server);
  const opened = openMoq(client, { linger: 10 });
  if (version < 3) {
    const setup = await peer.accept(OFFER);
    await setup.write(`21 0009 c0000000ff0dad0${version} 00`);
  }
  if (version === 5) await peer.acceptUni("01 01 00");
  return { moq: await opened, peer, client };
}

/** Registers a test for some dialects, all by default. */
function test(
  name: string,
  body: (context: Context) => Promise<void>,
  versions = [1, 2, 3, 4, 5],
): void {
  for (const version of versions) {
    Deno.test(`${name} (${DIALECTS[version - 1]})`, async () => {
      const { moq, peer, client } = await open(version);
      let id = 0;
      const subscribe = async () => {
        const subscribed = moq.subscribe({ broadcast: "b", track: "t" });
        if (version >= 5) {
          const info = await peer.accept("06 04 0162 0174");
          await info.write("06 00 01 5388 43e8");
          await info.finish();
          await info.expectEnd();
        }
        const stream = await peer.accept(request(version, id++));
        if (version < 5) await stream.write(OK[version]!);
        return { subscription: await subscribed, stream };
      };
      try {
        assertEquals(moq.dialect, DIALECTS[version - 1]);
        await body({ moq, peer, version, client, subscribe });
      } finally {
        moq.close();
        await moq.closed.catch(() => {});
      }
    });
  }
}

/** A group stream with one frame, "x", for subscription 0. */
function group(version: number, sequence: number): string {
  return `00 02 00 0${sequence} ${version >= 5 ? "00" : ""} 01 78`;
}

/** Waits until the groups sent so far have been sorted: one of no subscription is refused then. */
async function settle(peer: ScriptedPeer): Promise<void> {
  await (await peer.openUni("00 02 3f 00")).expectStop(0);
}

/** Sequences and notices, as they are read. */
async function readItems({ groups }: Subscription): Promise<unknown[]> {
  const items = [];
  for await (const item of groups) {
    items.push(isGroup(item) ? (await readGroup(item)).sequence : item);
  }
  return items;
}

test("tells a relay that asks that there is nothing to publish", async ({ peer, version }) => {
  const stream = await peer.open(version < 4 ? "01 01 00" : "01 02 00 07");
  await stream.expect(version < 3 ? "01 00" : version < 5 ? "" : "02 00 00");
  await stream.expectEnd();
  await stream.finish();
});

test("refuses what else a peer asks", async ({ peer, moq }) => {
  for (const type of ["02", "03", "04", "06", "00", "41 00"]) {
    const stream = await peer.open(type);
    await stream.expectReset(13);
    await stream.expectStop(13);
  }
  // The session goes on.
  const announcements = moq.announcements();
  await announcements.cancel();
});

test("ignores unidirectional streams of other types", async ({ peer, subscribe, version }) => {
  await (await peer.openUni("03 05")).expectStop(0);
  await (await peer.openUni("7f ff")).expectStop(0);
  await peer.sendUni("");
  await peer.sendUni("01 0b 01 05 08 c007c1eebefa63a0");
  const { subscription } = await subscribe();
  await peer.sendUni(group(version, 1));
  assert(isGroup((await subscription.groups.getReader().read()).value));
});

test("refuses groups of no subscription and counts them", async ({ peer, moq, subscribe }) => {
  await (await peer.openUni("00 02 07 00")).expectStop(0);
  assertEquals(moq.strayGroups, 1);
  const { subscription } = await subscribe();
  subscription.close();
  await (await peer.openUni("00 02 00 00")).expectStop(0);
  assertEquals(moq.strayGroups, 2);
});

test("takes groups that overtake the confirmation", async ({ peer, moq, version }) => {
  const subscribed = moq.subscribe({ broadcast: "b", track: "t" });
  const stream = await peer.accept(request(version));
  await peer.sendUni(group(version, 5));
  await peer.sendUni(group(version, 4));
  await stream.write(OK[version]!);
  await stream.finish();
  assertEquals(await readItems(await subscribed), [5, 4]);
}, [1, 2, 3, 4]);

test("is not held up by a header that does not come", async ({ peer, subscribe, version }) => {
  const stalled = await peer.openUni("00 02");
  const silent = await peer.openUni();
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  await peer.sendUni(group(version, 3));
  const { value } = await groups.read();
  assert(isGroup(value));
  assertEquals(value.sequence, 3);
  await stalled.write("00 02");
  await stalled.finish();
  const { value: late } = await groups.read();
  assert(isGroup(late));
  assertEquals(await readGroup(late), { sequence: 2, frames: [], timestamps: [] });
  await silent.finish();
});

test("leaves a group's bytes to flow control until it is read", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription } = await subscribe();
  const stream = await peer.openUni(`00 02 00 01 ${version >= 5 ? "00" : ""} 80100000`);
  let written = 0;
  const writing = (async () => {
    for (; written < 2 ** 20; written += 2 ** 16) await stream.write("00".repeat(2 ** 16));
    await stream.finish();
  })();
  const { value } = await subscription.groups.getReader().read();
  assert(isGroup(value));
  // Every round of the event loop would let more through if anything read on.
  for (let i = 0; i < 20; ++i) await new Promise((resolve) => setTimeout(resolve));
  assert(written <= 2 ** 17);
  const { frames } = await readGroup(value);
  assertEquals(frames[0]!.length, 2 ** 20);
  await writing;
});

test("tells a group that was cut off from a whole one", async ({ peer, subscribe, version }) => {
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const reset = await peer.openUni(group(version, 1));
  const { value: first } = await groups.read();
  assert(isGroup(first));
  const read = readGroup(first);
  await reset.reset(26);
  assertEquals((await assertRejects(() => read, StreamResetError)).code, 26);
  await peer.sendUni(`${group(version, 2)} 02`);
  const { value: second } = await groups.read();
  assert(isGroup(second));
  await assertRejects(
    () => readGroup(second),
    ProtocolError,
    "Cannot read group: stream ends within frame 1",
  );
});

test("waits for groups that the end of their track overtakes", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription, stream } = await subscribe();
  const items = readItems(subscription);
  await peer.sendUni(group(version, 1));
  if (version === 5) await stream.write("00 01 01  01 01 04");
  await stream.finish();
  // The subscription stays known to the session, and our half of its stream open, until then.
  await peer.sendUni(group(version, 3));
  await peer.sendUni(group(version, 2));
  assertEquals(await items, [1, 3, 2]);
  await stream.expectEnd();
});

test("ends at once when no group is missing", async ({ peer, subscribe, client }) => {
  const { subscription, stream } = await subscribe();
  await peer.sendUni(group(5, 2));
  await peer.sendUni(group(5, 4));
  await settle(peer);
  await stream.write("00 01 02  01 01 05  02 03 03 03 1a");
  await stream.finish();
  assertEquals(await readItems(subscription), [2, 4, { sequence: 3, count: 1, code: 26 }]);
  const empty = await subscribe();
  await empty.stream.write("01 01 00");
  await empty.stream.finish();
  assertEquals(await readItems(empty.subscription), []);
  assertEquals(client.openStreams, 0);
}, [5]);

test("reports groups missing before the end of the track", async ({ peer, subscribe }) => {
  const { subscription, stream } = await subscribe();
  await stream.write("00 01 02  01 01 09");
  await peer.sendUni(group(5, 2));
  await stream.finish();
  assertEquals(await readItems(subscription), [2, { sequence: 3, count: 6, code: 24 }]);
}, [5]);

test("reports dropped groups", async ({ subscribe, version }) => {
  const { subscription, stream } = await subscribe();
  const type = version === 5 ? "02" : "01";
  await stream.write(`${type} 03 05 07 1f  ${type} 03 09 09 00`);
  await stream.finish();
  assertEquals(await readItems(subscription), [
    { sequence: 5, count: 3, code: 31 },
    { sequence: 9, count: 1, code: 0 },
  ]);
}, [3, 4, 5]);

test("hands out what has come before it reports an error", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription, stream } = await subscribe();
  await peer.sendUni(group(version, 1));
  const groups = subscription.groups.getReader();
  assert(isGroup((await groups.read()).value));
  await peer.sendUni(group(version, 2));
  await settle(peer);
  await stream.reset(6);
  const { value } = await groups.read();
  assert(isGroup(value));
  assertEquals((await readGroup(value)).sequence, 2);
  const error = await assertRejects(
    () => groups.read(),
    RemoteError,
    'Cannot subscribe to track "t" of "b": the peer answered with error 6 (unauthorized)',
  );
  assertEquals(error.code, 6);
  // The number stands for nothing any more.
  await (await peer.openUni("00 02 00 03")).expectStop(0);
});

test("rejects a subscription that is refused", async ({ peer, moq, version }) => {
  for (
    const [code, type] of [
      [13, TrackNotFoundError],
      [30, TrackNotFoundError],
      [17, RemoteError],
    ] as const
  ) {
    const subscribed = moq.subscribe({ broadcast: "b", track: "t" });
    const stream = await peer.accept(version === 5 ? "06" : "02");
    await stream.reset(code);
    const error = await subscribed.catch((error) => error);
    assertEquals([error.constructor, error.code], [type, code]);
  }
});

test("rejects a subscription that is not answered", async ({ peer, moq, version, client }) => {
  const ended = moq.subscribe({ broadcast: "b", track: "t" });
  await (await peer.accept(version === 5 ? "06" : "02")).finish();
  await assertRejects(
    () => ended,
    TrackNotFoundError,
    'Cannot subscribe to track "t" of "b": the peer did not answer before it ended the stream',
  );
  const late = assertRejects(
    () => moq.subscribe({ broadcast: "b", track: "t", timeout: 1 }),
    TrackNotFoundError,
    'Cannot subscribe to track "t" of "b": the peer did not answer within 0.001 s',
  );
  const stream = await peer.accept(version === 5 ? "06" : "02");
  await late;
  await stream.expectStop(0);
  assertEquals(client.openStreams, version < 3 ? 2 : 0);
});

test("unsubscribes", async ({ peer, subscribe, version }) => {
  const { subscription, stream } = await subscribe();
  const waiting = await peer.openUni(group(version, 1));
  const groups = subscription.groups.getReader();
  const read = groups.read();
  await peer.openUni(group(version, 2));
  assert(isGroup((await read).value));
  subscription.close();
  subscription.close();
  assertEquals((await groups.read()).done, true);
  await stream.expectEnd();
  await stream.expectStop(0);
  await waiting.finish();
});

test("unsubscribes when the groups are cancelled", async ({ peer, subscribe, version }) => {
  const { subscription, stream } = await subscribe();
  const waiting = await peer.openUni(group(version, 1));
  await subscription.groups.cancel();
  await stream.expectEnd();
  await waiting.expectStop(0);
});

test("refuses groups when too many wait to be read", async ({ peer, subscribe, version }) => {
  const { subscription } = await subscribe();
  const header = (sequence: number) => `00 03 00 ${(0x4000 + sequence).toString(16)}`;
  for (let i = 0; i < 1024; ++i) await peer.sendUni(header(i));
  await (await peer.openUni(header(1024))).expectStop(0);
  await (await peer.openUni(header(1025))).expectStop(0);
  const groups = subscription.groups.getReader();
  for (let i = 0; i < 1024; ++i) {
    const { value } = await groups.read();
    assert(isGroup(value));
    assertEquals(value.sequence, i);
  }
  assertEquals((await groups.read()).value, { sequence: 1024, count: 2, code: 26 });
  await peer.sendUni(group(version, 9));
  assert(isGroup((await groups.read()).value));
}, [5]);

test("announces what comes, goes and is taken over", async ({ peer, moq, version }) => {
  const reader = moq.announcements("live").getReader();
  const bytes = version < 4 ? "01 05 04 6c697665" : "01 06 04 6c697665 00";
  const stream = await peer.accept(bytes);
  const hops = ["", "", "", "02", "02 07 ffffffffffffffff", "02 07 ffffffffffffffff"][version]!;
  const size = ["", "", "", "04", "0d", "0d"][version] || "03";
  const say = (status: number, name: string) => `${size} 0${status} 01 ${name} ${hops}`;
  const expect = async (...expected: Announcement[]) => {
    for (const announcement of expected) {
      assertEquals((await reader.read()).value, announcement);
    }
  };
  await stream.write(version < 3 ? "03 01 01 61" : version < 5 ? say(1, "61") : "02 00 01");
  if (version === 5) await stream.write(say(1, "61"));
  await expect({ broadcast: "live/a", status: "active" });
  await stream.write(say(1, "62") + say(0, "61") + say(0, "61"));
  await expect(
    { broadcast: "live/b", status: "active" },
    { broadcast: "live/a", status: "ended" },
  );
  await stream.write(say(1, "62"));
  await expect({ broadcast: "live/b", status: "restart" });
  if (version === 5) {
    await stream.write(say(2, "62") + say(2, "63"));
    await expect(
      { broadcast: "live/b", status: "restart" },
      { broadcast: "live/c", status: "active" },
    );
  }
  await stream.finish();
  await expect({ broadcast: "live/b", status: "ended" });
  if (version === 5) await expect({ broadcast: "live/c", status: "ended" });
  assertEquals((await reader.read()).done, true);
  await stream.expectEnd();
});

test("stops listening to announcements", async ({ peer, moq, version }) => {
  const announcements = moq.announcements();
  const stream = await peer.accept("01");
  if (version < 3) await stream.write("01 00");
  if (version === 5) await stream.write("02 00 00");
  await announcements.cancel();
  await stream.expectStop(0);
});

test("reports that announcements are refused", async ({ peer, moq }) => {
  const reader = moq.announcements("live").getReader();
  await (await peer.accept("01")).reset(6);
  const error = await assertRejects(
    () => reader.read(),
    RemoteError,
    'Cannot list broadcasts below "live": the peer answered with error 6 (unauthorized)',
  );
  assertEquals(error.code, 6);
});

test("closes the session when the peer breaks the rules", async ({ peer, moq, subscribe }) => {
  const { subscription, stream } = await subscribe();
  await stream.write("3f 01 00");
  const why = "type is 63";
  await assertRejects(() => subscription.groups.getReader().read(), ProtocolError, why);
  await assertRejects(() => moq.closed, ProtocolError, why);
  assertEquals(await peer.session.closed, {
    closeCode: 15,
    reason: "Cannot read answer to subscription: type is 63",
  });
}, [3, 4, 5]);

test("closes the session on a group header that makes no sense", async ({ peer, moq }) => {
  await peer.sendUni("00 03 00 00 00");
  await assertRejects(() => moq.closed, ProtocolError, "1 bytes left over");
  assertEquals((await peer.session.closed).closeCode, 15);
});

test("passes on that the peer wants to be left", async ({ peer, moq }) => {
  const stream = await peer.open(`05 03 02 2f61`);
  assertEquals(await moq.goaway, "/a");
  await stream.expectEnd();
}, [4, 5]);

test("passes on that the transport winds up", async ({ peer, moq }) => {
  (peer.session as MemorySession).drain();
  assertEquals(await moq.goaway, "");
});

test("passes on how the peer closed the session", async ({ peer, moq, subscribe }) => {
  const { subscription } = await subscribe();
  peer.session.close({ closeCode: 6, reason: "expired" });
  assertEquals(await moq.closed, { closeCode: 6, reason: "expired" });
  const error = await assertRejects(
    () => subscription.groups.getReader().read(),
    SessionError,
    "expired",
  );
  assertEquals(error.code, 6);
});

test("tells why a subscription or a list came to nothing", async ({ peer, moq }) => {
  const reader = moq.announcements().getReader();
  const subscribed = moq.subscribe({ broadcast: "b", track: "t" });
  await peer.accept("01");
  peer.session.close({ closeCode: 6, reason: "unauthorized" });
  const why = "Session was closed with code 6: unauthorized";
  await assertRejects(() => subscribed, SessionError, why);
  await assertRejects(() => reader.read(), SessionError, why);
});

test("takes datagrams as groups of one frame", async ({ client, subscribe, peer, moq }) => {
  const { subscription } = await subscribe();
  const writer = peer.session.datagrams.writable.getWriter();
  await writer.write(Uint8Array.of(0x40));
  await writer.write(Uint8Array.of(9, 1, 0, 0x78));
  await writer.write(Uint8Array.of(0, 7, 5, 0x68, 0x69));
  const { value } = await subscription.groups.getReader().read();
  assert(isGroup(value));
  assertEquals(await readGroup(value), { sequence: 7, frames: ["hi"], timestamps: [5] });
  assertEquals(moq.strayGroups, 1);
  assertEquals(client.openStreams, 2);
}, [5]);

Deno.test("openMoq() closes the session when the handshake fails", async () => {
  for (
    const [answer, why] of [
      ["21 0009 c0000000ff00000d 00", "the server chose version 0xff00000d"],
      ["22", "the server answered with message 34"],
    ] as const
  ) {
    const { client, server } = createMemorySessions();
    const opened = openMoq(client);
    const stream = await new ScriptedPeer(server).accept("20");
    await stream.write(answer);
    await assertRejects(() => opened, ProtocolError, why);
    assertEquals((await server.closed).closeCode, 15);
  }
});

Deno.test("openMoq() tells why the peer ended the session", async () => {
  const { client, server } = createMemorySessions();
  const opened = openMoq(client);
  await (await new ScriptedPeer(server).accept("20")).reset(0);
  server.close({ closeCode: 6, reason: "unauthorized" });
  const error = await assertRejects(
    () => opened,
    SessionError,
    "Session was closed with code 6: unauthorized",
  );
  assertEquals(error.code, 6);
});

Deno.test("openMoq() gives up on a server that does not answer", async () => {
  const { client, server } = createMemorySessions();
  await assertRejects(
    () => openMoq(client, { timeout: 1 }),
    RemoteError,
    "Cannot set up session: the peer did not answer within 0.001 s",
  );
  await server.closed;
});

Deno.test("openMoq() refuses protocols it does not know", async () => {
  for (const protocol of ["moqt-15", "moqt-14", "moqt-07", "moq-lite-02", "h3"]) {
    const { client, server } = createMemorySessions(protocol);
    await assertRejects(() => openMoq(client), TypeError, `protocol "${protocol}"`);
    await server.closed;
  }
});

Deno.test("openMoq() tells a relay without URL the path", async () => {
  const { client, server } = createMemorySessions("moq-lite-05");
  const moq = await openMoq(client, { path: "/a?jwt=b" });
  await new ScriptedPeer(server).acceptUni("01 0b 01 02 08 2f613f6a77743d62");
  moq.close();
  assertEquals(await server.closed, { closeCode: 0, reason: "" });
});
