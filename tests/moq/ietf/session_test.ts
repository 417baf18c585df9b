import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { Dialect } from "../../../lib/moq/dialect.ts";
import { ProtocolError, RemoteError, TrackNotFoundError } from "../../../lib/moq/error.ts";
import type { Subscription } from "../../../lib/moq/group.ts";
import { type MoqSession, openMoq } from "../../../lib/moq/session.ts";
import { SessionError, StreamResetError } from "../../../lib/transport/error.ts";
import { hex } from "../../support/bytes.ts";
import { createMemorySessions, type MemorySession } from "../../support/memory_session.ts";
import { isGroup, readGroup } from "../../support/moq_groups.ts";
import { ScriptedPeer, type ScriptedStream } from "../../support/scripted_peer.ts";

const VERSIONS = [7, 14, 16, 17, 18, 19];

type Context = {
  moq: MoqSession;
  peer: ScriptedPeer;
  version: number;
  client: MemorySession;
  server: MemorySession;
  /** The stream on which the peer says what concerns the session. */
  control: ScriptedStream;
  /** Subscribes; the peer gets to see the request. */
  request: (options?: { timeout?: number }) => Promise<Requested>;
  /** Subscribes, with the peer confirming. */
  subscribe: () => Promise<Requested & { subscription: Subscription }>;
};

type Requested = {
  subscribed: Promise<Subscription>;
  /** Has the peer say something about it. */
  say: (type: string, body: string) => Promise<void>;
  /** Its stream, the control stream up to draft 16. */
  stream: ScriptedStream;
  id: number;
};

/** A control message; all integers are small enough to be the same in every draft. */
function message(version: number, type: string, body: string): string {
  const { length } = hex(body);
  return `${type} ${length.toString(16).padStart(version === 7 ? 2 : 4, "0")} ${body}`;
}

/** An id in two digits. */
function digits(id: number): string {
  return id.toString(16).padStart(2, "0");
}

/** What we call the track of a request: the publisher's choice, except in draft 07. */
function alias(version: number, id = 0): string {
  return version === 7 ? `c0000001000000${digits(id)}` : `0${7 + id / 2}`;
}

/** What our subscription to "t" of "b" looks like. */
function subscribeMessage(version: number, id: number): string {
  const name = "01 0162 0174";
  const body = version === 7
    ? `${digits(id)} ${alias(7, id)} ${name} ff 01 01 00`
    : version === 14
    ? `${digits(id)} ${name} ff 01 01 03 00 00 00`
    : version === 16
    ? `${digits(id)} ${name} 03 10 01 10 40ff 02 01`
    : `${digits(id)} ${version === 17 ? "00" : ""} ${name} 03 10 01 10 ff 02 01`;
  return message(version, "03", body);
}

/** The confirmation of a subscription, after its id. */
function ok(version: number, id = 0): string {
  if (version === 7) return "00 01 00 00";
  return `${alias(version, id)} ${version === 14 ? "00 01 00 00" : "00"}`;
}

/** A refusal, after its id. */
function refused(version: number, code: string): string {
  return `${code} ${version >= 16 ? "00" : ""} 02 6e6f ${version === 7 ? "00" : ""}`;
}

/** The code of a track that is not there. */
function notFound(version: number): string {
  return version === 7 ? "03" : version === 14 ? "04" : "10";
}

/** The header of a stream of objects without extensions; `end`: its end is the group's. */
function subgroup(version: number, sequence: number, { id = 0, end = false } = {}): string {
  if (version === 7) return `04 ${alias(7, id)} ${digits(sequence)} 00 80`;
  const type = (version >= 18 ? 0x50 : 0x10) | (end ? 8 : 0);
  return `${digits(type)} ${alias(version, id)} ${digits(sequence)} 80`;
}

/** Objects of a stream with payloads of one letter; ids are those of the objects. */
function objects(version: number, ...ids: [id: number, letter: string][]): string {
  let last = -1;
  return ids.map(([id, letter]) => {
    const delta = version === 7 ? id : id - last - 1;
    last = id;
    return `${digits(delta)} 01 ${digits(letter.charCodeAt(0))}`;
  }).join(" ");
}

/** Opens a session with a scripted peer, the handshake done. */
async function open(version: number, { maxRequestId = "4064", linger = 20 } = {}) {
  const dialect = `moqt-${digits(0).slice(0, version < 10 ? 1 : 0)}${version}` as Dialect;
  const { client, server } = createMemorySessions(version >= 16 ? dialect : "");
  const peer = new ScriptedPeer(server);
  const opened = openMoq(client, { linger, dialect });
  let control;
  if (version === 7) {
    control = await peer.accept("4040 13 01 c0000000ff000007 02 00 01 02 02 04 bfffffff");
    await control.write(`4041 0d c0000000ff000007 01 02 02 ${maxRequestId}`);
  } else if (version === 14) {
    control = await peer.accept("20 000f 01 c0000000ff00000e 01 02 bfffffff");
    await control.write(`21 000c c0000000ff00000e 01 02 ${maxRequestId}`);
  } else if (version === 16) {
    control = await peer.accept("20 0006 01 02 bfffffff");
    await control.write(`21 0004 01 02 ${maxRequestId}`);
  } else {
    control = await peer.openUni("af00 0000");
  }
  return { moq: await opened, peer, client, server, control, version };
}

/** Registers a test for some drafts, all by default. */
function test(
  name: string,
  body: (context: Context) => Promise<void>,
  versions = VERSIONS,
  options?: { maxRequestId?: string; linger?: number },
): void {
  for (const version of versions) {
    Deno.test(`${name} (draft ${version})`, async () => {
      const opened = await open(version, options);
      const { moq, peer, control } = opened;
      let id = 0;
      const request = async (options = {}) => {
        const subscribed = moq.subscribe({ broadcast: "b", track: "t", ...options });
        subscribed.catch(() => {});
        const own = id;
        id += version === 7 ? 1 : 2;
        const expected = subscribeMessage(version, own);
        const stream = version >= 17 ? await peer.accept(expected) : control;
        if (version < 17) await stream.expect(expected);
        const say = (type: string, body: string) =>
          stream.write(message(version, type, version < 17 ? `${digits(own)} ${body}` : body));
        return { subscribed, say, stream, id: own };
      };
      const subscribe = async () => {
        const requested = await request();
        await requested.say("04", ok(version, requested.id));
        return { ...requested, subscription: await requested.subscribed };
      };
      try {
        await body({ ...opened, request, subscribe });
      } finally {
        moq.close();
        await moq.closed.catch(() => {});
      }
    });
  }
}

/** The next group. */
async function nextGroup(reader: ReadableStreamDefaultReader<unknown>) {
  const { value } = await reader.read() as Awaited<
    ReturnType<ReadableStreamDefaultReader<Parameters<typeof isGroup>[0]>["read"]>
  >;
  assert(isGroup(value));
  return value;
}

/** What a subscription yields until its end. */
async function readItems({ groups }: Subscription) {
  const items = [];
  for await (const item of groups) items.push(isGroup(item) ? await readGroup(item) : item);
  return items;
}

/** A group of frames without timestamps. */
function groupOf(sequence: number, ...frames: string[]) {
  return { sequence, frames, timestamps: frames.map(() => undefined) };
}

test("takes objects as frames, the stream's end as that of the group", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  await peer.sendUni(subgroup(version, 5) + objects(version, [0, "a"], [1, "b"]));
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(5, "a", "b"));
  // An object of no bytes, another, and an object that says that the group ends before it.
  const first = version === 7 ? "00 00 00  01 01 62  02 00 03" : "00 00 00  00 01 62  00 00 03";
  await peer.openUni(subgroup(version, 6) + first);
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "", "b"));
});

test("takes streams that overtake the confirmation", async ({ peer, request, version, moq }) => {
  const { subscribed, say, id } = await request();
  await peer.sendUni(subgroup(version, 5) + objects(version, [0, "a"]));
  await peer.sendUni(subgroup(version, 6) + objects(version, [0, "b"]));
  // One of yet another track is refused once nothing is to be confirmed.
  const stray = await peer.openUni("10 3f 00 80 00 01 61");
  await say("04", ok(version, id));
  const groups = (await subscribed).groups.getReader();
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(5, "a"));
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "b"));
  await stray.expectStop(0);
  assertEquals(moq.strayGroups, 1);
}, [14, 16, 17]);

test("holds only so many streams of unknown tracks", async ({ peer, request, moq }) => {
  const { subscribed, say, id } = await request();
  const streams = [];
  for (let i = 0; i < 300; ++i) streams.push(await peer.openUni("10 3f 00 80 00 01 61"));
  await streams[299]!.expectStop(0);
  assertEquals(moq.strayGroups, 44);
  await say("04", ok(14, id));
  await subscribed;
  await streams[0]!.expectStop(0);
  assertEquals(moq.strayGroups, 300);
}, [14]);

test("hands on what is said beside an object", async ({ peer, request, version }) => {
  const { subscribed, say } = await request();
  // 25 units per second, a property of the track.
  await say("04", `07 00 08 19`);
  const subscription = await subscribed;
  assertEquals(subscription.timescale, 25);
  const type = version >= 18 ? "59" : "19";
  await peer.sendUni(`${type} 07 05 80  00 05 10 0a 01 01 ff 01 61  00 00 01 62`);
  const { frames } = await nextGroup(subscription.groups.getReader());
  assertEquals(await Array.fromAsync(frames), [
    { size: 1, timestamp: 10, extensions: hex("10 0a 01 01 ff") },
    hex("61"),
    { size: 1 },
    hex("62"),
  ]);
}, [16, 17, 18, 19]);

test("merges the streams of a group in the order of objects", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const odd = await peer.openUni(subgroup(version, 5) + objects(version, [1, "b"]));
  const group = await nextGroup(groups);
  const read = readGroup(group);
  const even = await peer.openUni(subgroup(version, 5) + objects(version, [0, "a"], [2, "c"]));
  await odd.write(version === 7 ? "03 01 64" : "01 01 64");
  await odd.finish();
  await even.write(version === 7 ? "04 01 65" : "01 01 65");
  await even.finish();
  assertEquals(await read, groupOf(5, "a", "b", "c", "d", "e"));
});

test(
  "ends a group with the stream that says so, all objects having come",
  async (context) => {
    const { peer, subscribe, version } = context;
    // There would be no end of it if another stream was waited for.
    const { subscription } = await subscribe();
    const groups = subscription.groups.getReader();
    const last = objects(version, [1, "b"]);
    await peer.sendUni(subgroup(version, 5, { end: true }) + last);
    const read = readGroup(await nextGroup(groups));
    await peer.openUni(subgroup(version, 5) + objects(version, [0, "a"]));
    assertEquals(await read, groupOf(5, "a", "b"));
  },
  [14, 16, 17, 18, 19],
  { linger: 2 ** 30 },
);

test("tells a group that lacks an object from a whole one", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  await peer.sendUni(subgroup(version, 5) + objects(version, [0, "a"], [2, "c"]));
  await assertRejects(
    async () => await readGroup(await nextGroup(groups)),
    ProtocolError,
    "Cannot read group: object 1 is missing",
  );
  // Known not to exist is not missing.
  if (version === 7 || version === 14) {
    const missing = version === 7 ? "01 00 01  02 01 63" : "00 00 01  00 01 63";
    await peer.sendUni(`${subgroup(version, 6)} 00 01 61 ${missing}`);
    assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "a", "c"));
  }
});

test("tells a group that was cut off from a whole one", async ({ peer, subscribe, version }) => {
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const whole = await peer.openUni(subgroup(version, 5) + objects(version, [0, "a"]));
  const reset = await peer.openUni(subgroup(version, 5) + objects(version, [1, "b"]));
  const group = await nextGroup(groups);
  const frames = group.frames.getReader();
  for (let i = 0; i < 4; ++i) await frames.read();
  const next = frames.read();
  await reset.reset(2);
  assertEquals((await assertRejects(() => next, StreamResetError)).code, 2);
  await whole.expectStop(0);
});

test("refuses a group that is repeated", async ({ peer, subscribe, version, moq }) => {
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const bytes = subgroup(version, 5) + objects(version, [0, "a"]);
  // The same stream twice while the group is open, and once more after it.
  await peer.sendUni(bytes);
  await peer.sendUni(bytes);
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(5, "a"));
  await (await peer.openUni(bytes)).expectStop(0);
  assertEquals(moq.strayGroups, 1);
});

test("does not mind a group that never ends", async ({ peer, subscribe, version }) => {
  const { subscription, say } = await subscribe();
  const groups = subscription.groups.getReader();
  const endless = await peer.openUni(subgroup(version, 5) + objects(version, [0, "a"]));
  const frames = (await nextGroup(groups)).frames.getReader();
  await frames.read();
  await frames.read();
  const never = frames.read();
  await peer.sendUni(subgroup(version, 6) + objects(version, [0, "b"]));
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "b"));
  await say("0b", version === 7 ? "03 00 00" : "02 00 00");
  assertEquals((await groups.read()).done, true);
  await endless.reset(1);
  await assertRejects(() => never, StreamResetError);
});

test("limits what an object claims to be", async ({ peer, subscribe, version }) => {
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const size = version >= 17 ? "f010000000" : "c000000010000000";
  const stream = await peer.openUni(`${subgroup(version, 5)} 00 ${size}`);
  await assertRejects(
    async () => await readGroup(await nextGroup(groups)),
    ProtocolError,
    "Cannot read group: object 0 is 268435456 bytes, limit is 67108864",
  );
  await stream.expectStop(0);
  const huge = version >= 17 ? "ffffffffffffffffff" : "ffffffffffffffff";
  await peer.openUni(`${subgroup(version, 6)} 00 ${huge}`);
  await assertRejects(
    async () => await readGroup(await nextGroup(groups)),
    ProtocolError,
    "integer exceeds 2^53 - 1",
  );
});

test("takes datagrams as objects", async ({ server, subscribe, version, moq }) => {
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  const writer = server.datagrams.writable.getWriter();
  const send = (bytes: string) => writer.write(hex(bytes));
  // No sense, no known track, another kind; then the last object of a group, and its first.
  for (const bytes of ["", "00", "00 3f 05 00 80 61", "10 07"]) await send(bytes);
  await send("02 07 05 01 80 62");
  await send("04 07 05 80 61");
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(5, "a", "b"));
  assertEquals(moq.strayGroups, 1);
  await send("00 07 06 00 80 63");
  await send("20 07 06 01 80 03");
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "c"));
  assertEquals(version > 7, true);
}, [14, 16, 17, 18, 19]);

test("waits for streams that the end of their track overtakes", async (context) => {
  const { peer, subscribe, version } = context;
  const { subscription, say } = await subscribe();
  const items = readItems(subscription);
  await say("0b", version === 7 ? "03 00 00" : "02 02 00");
  await peer.sendUni(subgroup(version, 1) + objects(version, [0, "a"]));
  await peer.sendUni(subgroup(version, 2) + objects(version, [0, "b"]));
  assertEquals(await items, [groupOf(1, "a"), groupOf(2, "b")]);
});

test(
  "ends at once when as many streams have come as there are",
  async (context) => {
    const { peer, subscribe, version } = context;
    const { subscription, say } = await subscribe();
    const items = readItems(subscription);
    await peer.sendUni(subgroup(version, 1, { end: true }) + objects(version, [0, "a"]));
    await say("0b", "02 01 00");
    assertEquals(await items, [groupOf(1, "a")]);
  },
  [14, 16, 17, 18, 19],
  { linger: 2 ** 30 },
);

test("ends with the object that ends the track", async ({ peer, subscribe, version }) => {
  const { subscription, stream, id } = await subscribe();
  const items = readItems(subscription);
  const end = version === 7 ? "01 00 04" : "00 00 04";
  await peer.sendUni(`${subgroup(version, 1)} 00 01 61 ${end}`);
  assertEquals(await items, [groupOf(1, "a")]);
  if (version < 17) await stream.expect(message(version, "0a", digits(id)));
  else await stream.expectReset(0);
});

test("reports a subscription that is broken off", async ({ subscribe, version }) => {
  const { subscription, say } = await subscribe();
  await say("0b", version === 7 ? "01 02 6e6f 00" : "06 00 02 6e6f");
  const error = await assertRejects(
    () => readItems(subscription),
    RemoteError,
    'Cannot subscribe to track "t" of "b": the peer answered with error',
  );
  assertEquals(error.code, version === 7 ? 1 : 6);
});

test("rejects a subscription that is refused", async ({ request, version }) => {
  const missing = await request();
  await missing.say("05", refused(version, notFound(version)));
  await assertRejects(
    () => missing.subscribed,
    TrackNotFoundError,
    `Cannot subscribe to track "t" of "b": the peer answered with error ${
      parseInt(notFound(version), 16)
    } (no)`,
  );
  const forbidden = await request();
  await forbidden.say("05", refused(version, "01"));
  const error = await assertRejects(() => forbidden.subscribed, RemoteError);
  assertEquals([error.name, error.code], ["RemoteError", 1]);
});

test("rejects a subscription that is not answered", async ({ request, version }) => {
  const { subscribed, stream, id } = await request({ timeout: 1 });
  await assertRejects(
    () => subscribed,
    TrackNotFoundError,
    "the peer did not answer within 0.001 s",
  );
  if (version < 17) await stream.expect(message(version, "0a", digits(id)));
  else await stream.expectReset(0);
});

test("unsubscribes", async ({ subscribe, peer, version, moq }) => {
  const { subscription, stream, id } = await subscribe();
  subscription.close();
  if (version < 17) await stream.expect(message(version, "0a", digits(id)));
  else await stream.expectReset(0);
  await (await peer.openUni(subgroup(version, 1))).expectStop(0);
  assertEquals(moq.strayGroups, 1);
});

test(
  "keeps to the requests it is allowed",
  async ({ request, control, version, moq }) => {
    await request();
    const blocked = moq.subscribe({ broadcast: "b", track: "t" });
    blocked.catch(() => {});
    if (version > 7) await control.expect(message(version, "1a", "01"));
    await control.write(message(version, "15", "03"));
    const id = version === 7 ? 1 : 2;
    await control.expect(subscribeMessage(version, id));
  },
  [7, 14, 16],
  { maxRequestId: "4001" },
);

test(
  "gives up waiting to be allowed a request",
  async ({ moq, control, version }) => {
    await assertRejects(
      () => moq.subscribe({ broadcast: "b", track: "t", timeout: 1 }),
      TrackNotFoundError,
      "did not answer within",
    );
    if (version > 7) await control.expect(message(version, "1a", "00"));
    // Nothing is asked for any more once it is allowed.
    await control.write(message(version, "15", "02"));
    const next = moq.subscribe({ broadcast: "b", track: "t" });
    next.catch(() => {});
    await control.expect(subscribeMessage(version, 0));
  },
  [7, 14, 16],
  { maxRequestId: "4000" },
);

test(
  "gives up on requests when the session is lost",
  async ({ moq, client, version }) => {
    const blocked = moq.subscribe({ broadcast: "b", track: "t" });
    const announcements = moq.announcements().getReader();
    const lost = [
      assertRejects(() => blocked, SessionError, "Connection was lost"),
      version > 7 ? assertRejects(() => announcements.read(), SessionError) : announcements.read(),
    ];
    // The requests have to be waiting by then.
    await new Promise((resolve) => setTimeout(resolve));
    client.lose();
    await Promise.all(lost);
  },
  [7, 14, 16],
  { maxRequestId: "4000" },
);

test("tells Cloudflare's streams from others", async ({ peer, subscribe }) => {
  await subscribe();
  const { subscription } = await subscribe();
  const groups = subscription.groups.getReader();
  await peer.sendUni(`04 01 ${alias(7, 1)} 05 00 80 ${objects(7, [0, "a"])}`);
  await peer.sendUni(subgroup(7, 6, { id: 1 }) + objects(7, [0, "b"]));
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(5, "a"));
  assertEquals(await readGroup(await nextGroup(groups)), groupOf(6, "b"));
}, [7]);

test("answers what the peer asks", async ({ control, version, peer }) => {
  const announce = version === 7
    ? "01 0161 00"
    : version === 17
    ? "01 00 01 0161 00"
    : "01 01 0161 00";
  const accepted = version === 7
    ? "01 0161"
    : version === 14
    ? "01"
    : version === 16
    ? "01 00"
    : "00";
  if (version < 17) {
    await control.write(message(version, "06", announce));
    await control.expect(message(version, "07", accepted));
  } else {
    const stream = await peer.open(message(version, "06", announce));
    await stream.expect(message(version, "07", accepted));
    await stream.finish();
    await stream.expectEnd();
  }
  // The relay's own question has a stream of its own from draft 16 on.
  const question = version >= 18 ? "50" : "11";
  const about = version === 7
    ? "00 00"
    : `03 ${version === 17 ? "00" : ""} 00 ${version === 16 || version === 17 ? "01" : ""} 00`;
  const answer = version === 7 ? "00" : version === 14 ? "03" : version === 16 ? "03 00" : "00";
  const stream = version < 16 ? control : await peer.open(message(version, question, about));
  if (version < 16) await control.write(message(version, question, about));
  await stream.expect(message(version, version < 16 ? "12" : "07", answer));
});

test("declines tracks that the peer offers", async ({ version, peer, control }) => {
  const reason = `0d ${"not asked for".split("").map((c) => digits(c.charCodeAt(0))).join("")}`;
  const offer = message(version, "1d", `01 ${version === 17 ? "00" : ""} 01 0162 0174 09 00`);
  if (version < 17) {
    await control.write(offer);
    const [type, code] = version === 14 ? ["1f", "04"] : ["05", "20 00"];
    await control.expect(message(version, type!, `01 ${code} ${reason}`));
  } else {
    const stream = await peer.open(offer);
    await stream.expect(message(version, "05", `20 00 ${reason}`));
    await stream.expectEnd();
  }
  // Its streams are not wanted either.
  await (await peer.openUni(`${version >= 18 ? "50" : "10"} 09 00 80 00 01 61`)).expectStop(0);
}, [14, 16, 17, 18, 19]);

test("ignores what it does not know", async ({ control, version, subscribe, peer }) => {
  if (version < 17) {
    await control.write(message(version, "3e", "01 02 03"));
    await control.write(message(version, "0b", "3f 02 00 00"));
  } else {
    const stream = await peer.open(message(version, "3e", "01 02 03"));
    await stream.expectReset(0);
  }
  await (await peer.openUni("3f 01 02")).expectStop(0);
  await peer.sendUni("");
  await subscribe();
});

test("announces what the peer announces and names", async (context) => {
  const { moq, control, version, peer } = context;
  const announcements = moq.announcements("live").getReader();
  const first = announcements.read();
  const prefix = "01 04 6c697665";
  const request = message(
    version,
    version >= 18 ? "50" : "11",
    `00 ${version === 17 ? "00" : ""} ${prefix} ${version === 16 || version === 17 ? "01" : ""} 00`,
  );
  const stream = version === 14 ? control : await peer.accept(request);
  if (version === 14) await control.expect(request);
  const accepted = version === 14 ? "00" : version === 16 ? "00 00" : "00";
  await stream.write(message(version, version === 14 ? "12" : "07", accepted));
  const next = async () => (await announcements.read()).value;
  // Another name, then "live/a": told to the session.
  const says: ScriptedStream[] = [];
  for (const [id, name] of [["01", "01 0162"], ["03", "02 04 6c697665 0161"]]) {
    const announce = message(version, "06", `${id} ${version === 17 ? "00" : ""} ${name} 00`);
    says.push(version < 17 ? control : await peer.open(announce));
    if (version < 17) await control.write(announce);
    const answer = version === 14 ? id! : version === 16 ? `${id} 00` : "00";
    await says.at(-1)!.expect(message(version, "07", answer));
  }
  assertEquals((await first).value, { broadcast: "live/a", status: "active" });
  // Named below the prefix: the same, which is no news, and "live/b".
  if (version > 14) {
    await stream.write(message(version, "08", "01 0161"));
    await stream.write(message(version, "08", "01 0162"));
    assertEquals(await next(), { broadcast: "live/b", status: "active" });
    await stream.write(message(version, "0e", "01 0161"));
    await stream.write(message(version, "0e", "01 0162"));
    assertEquals(await next(), { broadcast: "live/b", status: "ended" });
  }
  if (version === 14) await control.write(message(14, "09", "02 04 6c697665 0161"));
  else if (version === 16) await control.write(message(16, "09", "03"));
  else await says[1]!.finish();
  assertEquals(await next(), { broadcast: "live/a", status: "ended" });
  await announcements.cancel();
}, [14, 16, 17, 18, 19]);

test("ends announcements that the peer does not make", async ({ moq, control, version, peer }) => {
  const announcements = moq.announcements().getReader();
  const read = announcements.read();
  if (version === 14) {
    await control.expect(message(14, "11", "00 00 00"));
    await control.write(message(14, "13", "00 03 00"));
  } else if (version > 14) {
    const stream = await peer.accept(version >= 18 ? "50" : "11");
    await stream.write(message(version, "05", `${version === 16 ? "00" : ""} 03 00 00`));
    await stream.finish();
  }
  assertEquals((await read).done, true);
});

test("ends announcements whose stream is reset", async ({ moq, peer, version }) => {
  const announcements = moq.announcements().getReader();
  const stream = await peer.accept(version >= 18 ? "50" : "11");
  await stream.reset(3);
  assertEquals((await announcements.read()).done, true);
}, [16, 17, 18, 19]);

test("passes on that the peer asks to move on", async ({ moq, control, version }) => {
  const uri = "09 6d6f71743a2f2f612f";
  await control.write(message(version, "10", `${uri} ${version >= 17 ? "00" : ""}`));
  assertEquals(await moq.goaway, "moqt://a/");
});

/** Violations: what breaks the rules, the code of the session's end, and why. */
for (
  const { what, versions, code, why, does } of [
    {
      what: "a name that is not UTF-8",
      versions: [7, 14, 16],
      code: 3,
      why: "text is not UTF-8",
      does: ({ control, version }: Context) =>
        control.write(message(version, "06", `${version === 7 ? "" : "01"} 01 02 fffe 00`)),
    },
    {
      what: "a namespace of too many parts",
      versions: [14, 16],
      code: 3,
      why: "has 33 parts",
      does: ({ control, version }: Context) =>
        control.write(message(version, "06", `01 21 ${"00".repeat(33)} 00`)),
    },
    {
      what: "a message that ends early",
      versions: [7, 14, 16],
      code: 3,
      why: "ends after 1 bytes",
      does: ({ control, version }: Context) => control.write(message(version, "10", "05")),
    },
    {
      what: "a request with an id of ours",
      versions: [14, 16],
      code: 4,
      why: "its request has our id 2",
      does: ({ control, version }: Context) =>
        control.write(message(version, "06", "02 01 0161 00")),
    },
    {
      what: "more requests than allowed",
      versions: [14, 16],
      code: 7,
      why: "more requests than allowed",
      does: ({ control, version }: Context) =>
        control.write(message(version, "06", "bfffffff 01 0161 00")),
    },
    {
      what: "two tracks with one alias",
      versions: [14, 16, 18],
      code: 5,
      why: "another track has alias 7",
      does: async ({ subscribe, request, version }: Context) => {
        await subscribe();
        await (await request()).say("04", ok(version));
      },
    },
    {
      what: "an answer of the wrong kind",
      versions: [14, 16, 17, 18, 19],
      code: 3,
      why: "the peer answered with message 7",
      does: async ({ request }: Context) => await (await request()).say("07", "00"),
    },
    {
      what: "an integer that there is none of",
      versions: [17, 18, 19],
      code: 3,
      why: "no integer begins like this",
      does: async ({ peer }: Context) => void await peer.openUni("fc"),
    },
    {
      what: "a header that ends early",
      versions: VERSIONS,
      code: 3,
      why: "ends within a message",
      does: ({ peer, version }: Context) => peer.sendUni(version === 7 ? "04 07" : "10 07"),
    },
    {
      what: "a control stream that ends",
      versions: [14, 18],
      code: 3,
      why: "the peer closed the control stream",
      does: ({ control }: Context) => control.finish(),
    },
  ]
) {
  test(`closes the session on ${what}`, async (context) => {
    const { moq, server } = context;
    await does(context);
    const error = await moq.closed.catch((error) => error);
    assertInstanceOf(error, ProtocolError);
    assert(error.message.includes(why), error.message);
    assertEquals((await server.closed).closeCode, code);
    await assertRejects(() => moq.subscribe({ broadcast: "b", track: "t" }));
  }, versions);
}
