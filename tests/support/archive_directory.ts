/** What a recording left on disk, read without the code that wrote it. */

import { join } from "node:path";
import type {
  GapRecord,
  ManifestRecord,
  RunRecord,
  SpanRecord,
} from "../../lib/manifest/record.ts";

/** A temporary pair of an objects and a manifest directory, removed when disposed of. */
export class ArchiveDirectory implements AsyncDisposable {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Makes an empty one. */
  static async create(): Promise<ArchiveDirectory> {
    return new ArchiveDirectory(await Deno.makeTempDir({ prefix: "ec-node-e2e-" }));
  }

  get outputDir(): string {
    return join(this.#root, "store");
  }

  get manifestDir(): string {
    return join(this.#root, "manifest");
  }

  /** All whole lines of a track's manifest, oldest first; none if there is no such track yet. */
  async records(broadcast: string, track: string): Promise<ManifestRecord[]> {
    const directory = join(this.manifestDir, fileName(broadcast), fileName(track));
    const days = (await names(directory)).filter((name) => name.endsWith(".jsonl")).sort();
    const records: ManifestRecord[] = [];
    for (const day of days) {
      const lines = (await Deno.readTextFile(join(directory, day))).split("\n");
      // What follows the last line feed is being written.
      records.push(...lines.slice(0, -1).map((line) => JSON.parse(line)));
    }
    return records;
  }

  /** The track's span records. */
  async spans(broadcast: string, track: string): Promise<SpanRecord[]> {
    return (await this.records(broadcast, track)).filter((record) => record.kind === "span");
  }

  /** The track's gap records. */
  async gaps(broadcast: string, track: string): Promise<GapRecord[]> {
    return (await this.records(broadcast, track)).filter((record) => record.kind === "gap");
  }

  /** The first run record of a track. */
  async run(broadcast: string, track: string): Promise<RunRecord> {
    const [first] = await this.records(broadcast, track);
    if (first?.kind !== "run") throw new Error(`${track} does not start with a run record`);
    return first;
  }

  /** Bytes of a span's object. */
  async object(span: SpanRecord): Promise<Uint8Array> {
    return await Deno.readFile(join(this.outputDir, span.path));
  }

  /** Bytes of the object with this name. */
  async objectByHash(hash: string): Promise<Uint8Array> {
    return await Deno.readFile(join(this.#objects, hash.slice(0, 2), `${hash}.bin`));
  }

  /** Paths of everything that lies below the objects directory. */
  async objectPaths(): Promise<string[]> {
    const paths: string[] = [];
    for (const shard of await names(this.#objects)) {
      const directory = join(this.#objects, shard);
      paths.push(...(await names(directory)).map((name) => join(directory, name)));
    }
    return paths;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }

  get #objects(): string {
    return join(this.outputDir, "objects", "blake3");
  }
}

/** Broadcast and track names of these tests need no more encoding than this. */
function fileName(name: string): string {
  return encodeURIComponent(name);
}

async function names(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
