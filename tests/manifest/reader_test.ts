import { assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { StorageError } from "../../lib/cas/error.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import { formatRecord } from "../../lib/manifest/parse.ts";
import { type BadLine, ManifestReader } from "../../lib/manifest/reader.ts";
import type { ManifestRecord } from "../../lib/manifest/record.ts";
import { TempDir } from "../cas/temp_dir.ts";
import {
  BROADCAST,
  filePath,
  gapRecord,
  runRecord,
  spanRecord,
  TRACK,
  trackPath,
} from "./records.ts";

/** A reader, what it complains of, and the files it reads. */
class Subject implements AsyncDisposable {
  readonly bad: BadLine[] = [];
  readonly reader: ManifestReader;
  readonly #dir: TempDir;

  private constructor(dir: TempDir) {
    this.#dir = dir;
    this.reader = new ManifestReader({
      root: dir.path,
      broadcast: BROADCAST,
      track: TRACK,
      onBad: (bad) => this.bad.push(bad),
    });
  }

  static async create(): Promise<Subject> {
    return new Subject(await TempDir.create());
  }

  get root(): string {
    return this.#dir.path;
  }

  async append(text: string, day?: string): Promise<void> {
    await Deno.mkdir(trackPath(this.root), { recursive: true });
    await Deno.writeTextFile(filePath(this.root, day), text, { append: true });
  }

  read(): Promise<ManifestRecord[]> {
    return Array.fromAsync(this.reader.read());
  }

  /** What was complained of since the last time, in short. */
  complaints(): string[] {
    return this.bad.splice(0).map(({ line, offset, reason }) => `${line} @${offset}: ${reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}

function lines(...records: ManifestRecord[]): string {
  return records.map(formatRecord).join("");
}

Deno.test("ManifestReader yields what was added since the last time", async () => {
  await using subject = await Subject.create();
  assertEquals(await subject.read(), []);
  await subject.append(lines(runRecord(), spanRecord(0)));
  assertEquals(await subject.read(), [runRecord(), spanRecord(0)]);
  assertEquals(await subject.read(), []);
  await subject.append(lines(gapRecord()));
  await subject.append(lines(spanRecord(1)));
  assertEquals(await subject.read(), [gapRecord(), spanRecord(1)]);
  assertEquals(await subject.read(), []);
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader reads the days in order, also those that come", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord(), spanRecord(1)), "2026-11-22");
  await subject.append(lines(runRecord(), spanRecord(0)), "2026-09-30");
  for (
    const name of ["2026-11-22.jsonl.broken-x", "notes", "2026-11-22.json", ".2026-11-21.jsonl"]
  ) {
    await Deno.writeTextFile(`${trackPath(subject.root)}/${name}`, "garbage\n");
  }
  await Deno.mkdir(filePath(subject.root, "2026-11-21"));
  const msns = async () =>
    (await subject.read()).flatMap((record) => record.kind === "span" ? record.msn : []);
  assertEquals(await msns(), [0, 1]);
  await subject.append(lines(spanRecord(2)), "2026-11-22");
  await subject.append(lines(runRecord(), spanRecord(3)), "2026-11-23");
  await subject.append(lines(runRecord(), spanRecord(4)), "2027-01-01");
  assertEquals(await msns(), [2, 3, 4]);
  await subject.append(lines(spanRecord(5)), "2027-01-01");
  assertEquals(await msns(), [5]);
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader yields a record once its line is whole, however it comes", async () => {
  await using subject = await Subject.create();
  const line = formatRecord(gapRecord({ reason: "Ελλάδα 📺" }));
  const bytes = new TextEncoder().encode(line);
  await subject.append(lines(runRecord()));
  await subject.read();
  using file = await Deno.open(filePath(subject.root), { append: true });
  for (const [i, byte] of bytes.entries()) {
    await file.write(Uint8Array.of(byte));
    const records = await subject.read();
    assertEquals(records.length, i === bytes.length - 1 ? 1 : 0);
  }
  assertEquals(await subject.read(), []);
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader reports bad lines inside and goes on", async () => {
  await using subject = await Subject.create();
  const start = lines(runRecord(), spanRecord(0));
  const broken = formatRecord(spanRecord(1)).slice(0, 50) + "\n";
  await subject.append(start + broken + '{"kind":"span"}\n\n' + lines(spanRecord(2)));
  assertEquals(await subject.read(), [runRecord(), spanRecord(0), spanRecord(2)]);
  const path = filePath(subject.root);
  const object = "Cannot parse manifest record: it is not a JSON object";
  const offset = start.length;
  assertEquals(subject.bad, [
    { path, line: 3, offset, reason: object },
    {
      path,
      line: 4,
      offset: offset + 51,
      reason: 'Cannot parse manifest record: "at" is missing from a span',
    },
    { path, line: 5, offset: offset + 67, reason: object },
  ]);
  assertEquals(await subject.read(), []);
  assertEquals(subject.bad.length, 3);
});

Deno.test("ManifestReader fails for a bad line that it cannot report, once", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()) + '{"kind":"span"}\n' + "\0\n" + lines(spanRecord(2)));
  const reader = new ManifestReader({ root: subject.root, broadcast: BROADCAST, track: TRACK });
  const read = () => Array.fromAsync(reader.read());
  await assertRejects(read, SyntaxError, `${filePath(subject.root)}, line 2: `);
  await assertRejects(read, SyntaxError, `${filePath(subject.root)}, line 3: `);
  assertEquals(await read(), [spanRecord(2)]);
});

Deno.test("ManifestReader reads anew what a writer cut off and wrote again", async () => {
  await using subject = await Subject.create();
  const good = lines(runRecord(), spanRecord(0));
  const line = formatRecord(spanRecord(1));
  // Of the same length as the line that will come, so that only its text tells them apart.
  await subject.append(good + "\0".repeat(line.length - 1) + "\n");
  assertEquals(await subject.read(), [runRecord(), spanRecord(0)]);
  assertEquals(await subject.read(), []);
  {
    await using manifest = await ManifestAppender.open({
      root: subject.root,
      broadcast: BROADCAST,
      track: TRACK,
    });
    await manifest.append(spanRecord(1));
  }
  assertEquals(await subject.read(), [spanRecord(1)]);
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader reports the torn end of a day once the next one has begun", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()) + "torn\nto");
  assertEquals(await subject.read(), [runRecord()]);
  await subject.append("", "2026-11-23");
  assertEquals(await subject.read(), []);
  await subject.append('{"kind":"ru', "2026-11-23");
  assertEquals(await subject.read(), []);
  assertEquals(subject.complaints(), []);
  await Deno.remove(filePath(subject.root, "2026-11-23"));
  await subject.append(lines(runRecord()), "2026-11-23");
  assertEquals(await subject.read(), [runRecord()]);
  const size = lines(runRecord()).length;
  assertEquals(subject.complaints(), [
    `2 @${size}: Cannot parse manifest record: it is not a JSON object`,
    `3 @${size + 5}: the line is not complete`,
  ]);
});

Deno.test("ManifestReader goes on with a day while the next one has no whole line", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()));
  await subject.append("", "2026-11-23");
  assertEquals(await subject.read(), [runRecord()]);
  await Deno.remove(filePath(subject.root, "2026-11-23"));
  await subject.append(lines(spanRecord(0)));
  assertEquals(await subject.read(), [spanRecord(0)]);
});

Deno.test("ManifestReader reports a file that was cut below what it had read", async () => {
  await using subject = await Subject.create();
  const start = lines(runRecord(), spanRecord(0));
  await subject.append(start + lines(spanRecord(1), spanRecord(2)));
  assertEquals((await subject.read()).length, 4);
  for (const length of [start.length + 10, start.length]) {
    await Deno.truncate(filePath(subject.root), length);
    assertEquals(await subject.read(), []);
  }
  await subject.append(lines(spanRecord(8), spanRecord(9)));
  assertEquals(await subject.read(), [spanRecord(8), spanRecord(9)]);
  const size = 2 * formatRecord(spanRecord(1)).length;
  assertEquals(subject.complaints(), [
    `3 @${start.length}: the file was altered: ${size} bytes after this had been read`,
  ]);
});

Deno.test("ManifestReader finds the lines of a file that was cut and has grown again", async () => {
  await using subject = await Subject.create();
  const start = lines(runRecord(), spanRecord(0));
  await subject.append(start + lines(spanRecord(1)));
  assertEquals((await subject.read()).length, 3);
  await Deno.truncate(filePath(subject.root), start.length);
  const longer = gapRecord({ reason: "x".repeat(1000) });
  await subject.append(lines(longer, spanRecord(1)));
  assertEquals(await subject.read(), [longer, spanRecord(1)]);
  assertEquals(subject.complaints().length, 1);
});

Deno.test("ManifestReader goes on where its reader stopped", async () => {
  await using subject = await Subject.create();
  const records = [runRecord(), ...Array.from({ length: 9 }, (_, i) => spanRecord(i))];
  await subject.append(lines(...records));
  const read: ManifestRecord[] = [];
  for (let turn = 0; turn < records.length; ++turn) {
    for await (const record of subject.reader.read()) {
      read.push(record);
      break;
    }
  }
  assertEquals(read, records);
  assertEquals(await subject.read(), []);
});

Deno.test("ManifestReader refuses to be read twice at a time", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord(), spanRecord(0)));
  const first = subject.reader.read();
  await first.next();
  await assertRejects(() => subject.read(), TypeError, "being read already");
  await first.return(undefined);
  assertEquals(await subject.read(), [spanRecord(0)]);
});

Deno.test("ManifestReader passes over records of later versions", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()) + '{"kind":"toc","v":2}\n' + lines(spanRecord(0)));
  assertEquals(await subject.read(), [runRecord(), spanRecord(0)]);
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader reads lines across any boundary of what it reads at a time", async () => {
  await using subject = await Subject.create();
  const records = Array.from(
    { length: 1500 },
    (_, i) => gapRecord({ group: i, reason: "📺".repeat(i % 300) }),
  );
  await subject.append(lines(...records));
  assertEquals(await subject.read(), records);
});

Deno.test("ManifestReader does not take up a line without end", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()));
  using file = await Deno.open(filePath(subject.root), { append: true });
  const chunk = new Uint8Array(1024 * 1024).fill(0x61);
  for (let i = 0; i < 17; ++i) file.writeSync(chunk);
  assertEquals(await subject.read(), [runRecord()]);
  await subject.append("\n" + lines(spanRecord(0)));
  assertEquals(await subject.read(), [spanRecord(0)]);
  assertMatch(subject.complaints().join(), /^2 @\d+: the line is too long or not UTF-8$/);
});

Deno.test("ManifestReader reports text that is not UTF-8", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()));
  using file = await Deno.open(filePath(subject.root), { append: true });
  file.writeSync(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a));
  await subject.append(lines(spanRecord(0)));
  assertEquals(await subject.read(), [runRecord(), spanRecord(0)]);
  assertMatch(subject.complaints().join(), /not UTF-8$/);
});

Deno.test("ManifestReader reports any number of bad lines", async () => {
  await using subject = await Subject.create();
  await subject.append(lines(runRecord()) + "bad\n".repeat(1000));
  assertEquals(await subject.read(), [runRecord()]);
  assertGreater(subject.bad.length, 800);
  await subject.append(lines(spanRecord(0)));
  assertEquals(await subject.read(), [spanRecord(0)]);
  assertEquals(subject.bad.map(({ line }) => line), Array.from({ length: 1000 }, (_, i) => i + 2));
});

Deno.test("ManifestReader follows a writer without missing or repeating a record", async () => {
  await using subject = await Subject.create();
  await using manifest = await ManifestAppender.open({
    root: subject.root,
    broadcast: BROADCAST,
    track: TRACK,
  });
  const count = 600;
  const write = async () => {
    await manifest.append(runRecord());
    for (let msn = 0; msn < count; ++msn) {
      const at = new Date(Date.UTC(2026, 10, 22) + msn * 1_000_000).toISOString();
      await manifest.append(spanRecord(msn, { at }));
      if (msn % 7 === 0) await manifest.sync();
    }
  };
  const msns: number[] = [];
  const read = async () => {
    while (msns.length < count) {
      for await (const record of subject.reader.read()) {
        if (record.kind === "span") msns.push(record.msn);
      }
    }
  };
  await Promise.all([write(), read()]);
  assertEquals(msns, Array.from({ length: count }, (_, i) => i));
  assertEquals(subject.complaints(), []);
});

Deno.test("ManifestReader tells when it cannot read", async () => {
  await using subject = await Subject.create();
  await Deno.mkdir(`${subject.root}/${BROADCAST}`);
  await Deno.symlink("loop", `${subject.root}/${BROADCAST}/loop`);
  const reader = new ManifestReader({ root: subject.root, broadcast: BROADCAST, track: "loop" });
  await assertRejects(() => Array.fromAsync(reader.read()), StorageError, "ELOOP");
});
