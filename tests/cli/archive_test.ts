/** What people get to see when something is wrong, and what it does to the archive. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ArchiveDirectory } from "../support/archive_directory.ts";
import type { Process } from "../support/process.ts";
import { until } from "../support/until.ts";
import type { TrackWriter } from "../../lib/moq/broadcast.ts";
import { TestOrigin } from "../support/origin.ts";
import { program } from "../support/program.ts";

/** Where an archive goes; a real directory or one that cannot be. */
type Roots = Pick<ArchiveDirectory, "outputDir" | "manifestDir">;

function archive(
  { outputDir, manifestDir }: Roots,
  { url, broadcast, args = [] }: { url: string; broadcast: string; args?: string[] },
): Process {
  return program([
    ...["archive", "--url", url, "--name", broadcast],
    ...["--output-dir", outputDir, "--manifest-dir", manifestDir],
    ...args,
  ]);
}

/** Waits until so many spans of the track are on disk. */
async function recorded(directory: ArchiveDirectory, track: string, count: number): Promise<void> {
  await until(
    `${count} spans of ${track}`,
    async () => (await directory.spans("news", track)).length >= count,
  );
}

/** Records `broadcast` from a test origin. */
function record(
  directory: ArchiveDirectory,
  origin: TestOrigin,
  broadcast: string,
  args: string[] = [],
) {
  return archive(directory, {
    url: origin.url,
    broadcast,
    args: [
      ...["--tls-fingerprint", origin.fingerprint, "--connect", `127.0.0.1:${origin.port}`],
      ...args,
    ],
  });
}

/** Publishes a whole group of one frame. */
function write(track: TrackWriter, frame: string | Uint8Array, sequence?: number): void {
  const group = track.createGroup(sequence);
  group.write(typeof frame === "string" ? new TextEncoder().encode(frame) : frame);
  group.close();
}

/** The lines that are not part of the log. */
function complaints(process: Process): string[] {
  return process.lines.filter((line) => line.startsWith("ec-node: "));
}

Deno.test("archive stores what is published and exits 0 on SIGTERM", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const track = origin.broadcast("news").createTrack("notes");
  write(track, "first");
  write(track, "second");
  await using process = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  assertEquals(await process.stop(), 0);
  const spans = await directory.spans("news", "notes");
  assertEquals(new TextDecoder().decode(await directory.object(spans[0]!)), "second");
});

Deno.test("archive finishes the groups that have begun before it ends", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const group = origin.broadcast("news").createTrack("notes").createGroup();
  group.write(new TextEncoder().encode("begun, "));
  await using process = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  process.kill("SIGINT");
  await process.line(/SIGINT received/);
  group.write(new TextEncoder().encode("finished"));
  group.close();
  assertEquals(await process.exit(), 0);
  const spans = await directory.spans("news", "notes");
  const texts = await Promise.all(spans.map((span) => directory.object(span)));
  assertEquals(texts.map((text) => new TextDecoder().decode(text)), ["begun, ", "finished"]);
  assertEquals(await directory.gaps("news", "notes"), []);
});

Deno.test("archive says that a relay does not answer, tries again, and can be stopped", async () => {
  await using directory = await ArchiveDirectory.create();
  const url = "https://127.0.0.1:9/anon?jwt=secret";
  await using process = archive(directory, { url, broadcast: "news" });
  const [line] = await process.line(/warn .*127\.0\.0\.1:9.*retry=.*/);
  assertEquals(await process.stop(), 0);
  assert(!process.lines.join("\n").includes("secret"), line);
});

Deno.test("archive ends when the certificate is not the expected one", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const args = ["--tls-fingerprint", "00".repeat(32)];
  await using process = archive(directory, { url: origin.url, broadcast: "news", args });
  assertEquals(await process.exit(), 1);
  assertEquals(complaints(process).length, 1);
  assertMatch(complaints(process)[0]!, /localhost.*(certificate|fingerprint)/);
});

for (const [status, word] of [[401, "token"], [403, "403"], [404, "404"]] as const) {
  Deno.test(`archive ends when the relay refuses the path with ${status}`, async () => {
    await using origin = await TestOrigin.start({ refuse: status });
    await using directory = await ArchiveDirectory.create();
    await using process = record(directory, origin, "news");
    assertEquals(await process.exit(), 1);
    assertEquals(complaints(process).length, 1);
    assertMatch(complaints(process)[0]!, new RegExp(`${status}|${word}`));
  });
}

Deno.test("archive waits for a broadcast that nobody publishes, and records it once it is there", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  await using process = record(directory, origin, "later", ["--track", "notes"]);
  await process.line(/not being published.*broadcast=later/);
  write(origin.broadcast("later").createTrack("notes"), "here");
  origin.dropSessions();
  await until("a span", async () => (await directory.spans("later", "notes")).length > 0);
  assertEquals(await process.stop(), 0);
});

Deno.test("archive refuses an output directory that it cannot write to", async () => {
  await using directory = await ArchiveDirectory.create();
  const file = await Deno.makeTempFile();
  await using process = archive(
    { outputDir: `${file}/below`, manifestDir: directory.manifestDir },
    { url: "https://127.0.0.1:9/", broadcast: "news" },
  );
  assertEquals(await process.exit(), 1);
  assertEquals(complaints(process).length, 1);
  assertStringIncludes(complaints(process)[0]!, `${file}/below`);
  await Deno.remove(file);
});

Deno.test("archive refuses a manifest root inside the objects tree", async () => {
  await using directory = await ArchiveDirectory.create();
  await using process = archive(
    {
      outputDir: directory.outputDir,
      manifestDir: `${directory.outputDir}/objects/manifests`,
    },
    { url: "https://127.0.0.1:9/", broadcast: "news" },
  );
  assertEquals(await process.exit(), 1);
  assertEquals(complaints(process).length, 1);
  assertStringIncludes(complaints(process)[0]!, "manifest");
});

Deno.test("archive refuses to be the second writer of a broadcast, and the first goes on", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const track = origin.broadcast("news").createTrack("notes");
  write(track, "first");
  await using first = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  await using second = record(directory, origin, "news", ["--track", "notes"]);
  assertEquals(await second.exit(), 1);
  assertEquals(complaints(second).length, 1);
  assertMatch(complaints(second)[0]!, /"?news"?/);
  write(track, "second");
  await recorded(directory, "notes", 2);
  assertEquals(await first.stop(), 0);
});

for (const name of ["..", "a/../b", "a//b", "/a", ""]) {
  Deno.test(`archive refuses the broadcast name "${name}"`, async () => {
    await using directory = await ArchiveDirectory.create();
    await using process = archive(directory, { url: "https://127.0.0.1:9/", broadcast: name });
    assertEquals(await process.exit(), 2);
    assertEquals(complaints(process).length, 1);
    assertStringIncludes(complaints(process)[0]!, "archive --help");
  });
}

Deno.test("archive refuses a relay URL of a scheme it does not know, and unknown options", async () => {
  await using directory = await ArchiveDirectory.create();
  await using ftp = archive(directory, { url: "ftp://relay.example/", broadcast: "news" });
  assertEquals(await ftp.exit(), 2);
  assertMatch(complaints(ftp)[0]!, /https:/);
  await using wat = archive(directory, {
    url: "https://relay.example/",
    broadcast: "news",
    args: ["--wat"],
  });
  assertEquals(await wat.exit(), 2);
  assertStringIncludes(complaints(wat)[0]!, "--wat");
});

Deno.test("archive speaks the dialect it is told to, if it knows it", async () => {
  // The origin chooses no subprotocol: what is spoken then is agreed on in-band, or laid down.
  await using origin = await TestOrigin.start({ protocol: "moql" });
  await using directory = await ArchiveDirectory.create();
  write(origin.broadcast("news").createTrack("notes"), "first");
  const args = ["--track", "notes", "--protocol", "moq-lite-01"];
  await using process = record(directory, origin, "news", args);
  await recorded(directory, "notes", 1);
  assertEquals((await directory.run("news", "notes")).protocol, "moq-lite-01");
  assertEquals(await process.stop(), 0);
  await using unknown = record(directory, origin, "news", ["--protocol", "moq-lite-99"]);
  assertEquals(await unknown.exit(), 2);
  assertStringIncludes(complaints(unknown)[0]!, "moq-lite-05");
});

Deno.test("archive records garbage on a group stream as a gap and goes on", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const track = origin.broadcast("news").createTrack("notes");
  write(track, "first");
  await using process = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  await origin.injectGroups((subscription) => // Group 1: a frame of more bytes than there are atoms in a relay.
  [0x00, 0x02, subscription, 0x01, 0x00, 0xff, ...Array(7).fill(0xff), 1, 2, 3]);
  await until("the gap", async () => (await directory.gaps("news", "notes")).length > 0);
  write(track, "third", 2);
  await recorded(directory, "notes", 2);
  assertEquals(await process.stop(), 0);
  const gaps = await directory.gaps("news", "notes");
  assertEquals(gaps.map(({ group, cause }) => ({ group, cause })), [{
    group: 1,
    cause: "invalid",
  }]);
});

Deno.test("archive goes on after its session was lost, and says what it missed", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const track = origin.broadcast("news").createTrack("notes");
  write(track, "first");
  await using process = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  origin.dropSessions();
  await process.line(/Session ended/);
  write(track, "second");
  write(track, "third");
  await recorded(directory, "notes", 2);
  assertEquals(await process.stop(), 0);
  const [gap] = await directory.gaps("news", "notes");
  assertEquals([gap?.group, gap?.groups, gap?.cause], [1, 1, "disconnected"]);
  assert(gap!.until! >= gap!.at);
});

Deno.test("archive takes no group for complete that a lost session cut off", async () => {
  await using origin = await TestOrigin.start();
  await using directory = await ArchiveDirectory.create();
  const track = origin.broadcast("news").createTrack("notes");
  track.createGroup().write(new TextEncoder().encode("begun, "));
  await using process = record(directory, origin, "news", ["--track", "notes"]);
  await recorded(directory, "notes", 1);
  origin.dropSessions();
  await until("the gap", async () => (await directory.gaps("news", "notes")).length > 0);
  const [gap] = await directory.gaps("news", "notes");
  assertEquals([gap?.group, gap?.groups, gap?.cause], [0, 1, "disconnected"]);
  track.close();
  assertEquals(await process.stop(), 0);
});
