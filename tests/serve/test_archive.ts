/** A small archive on disk, and requests to it. */

import { putBytes } from "../../lib/cas/put_bytes.ts";
import { FileStore } from "../../lib/cas/file_store.ts";
import { encodeName } from "../../lib/manifest/names.ts";
import { formatRecord } from "../../lib/manifest/parse.ts";
import type { ManifestRecord } from "../../lib/manifest/record.ts";
import { createHandler, type HandlerOptions } from "../../lib/serve/handler.ts";
import { TempDir } from "../cas/temp_dir.ts";
import { BEGIN, ScriptedTrack } from "../manifest/scripted_broadcast.ts";

/** The run of all broadcasts. */
export const RUN = "01J00000000000000000000001";

/** Options of {@linkcode TestArchive.record}. */
export interface RecordOptions {
  broadcast?: string;
  track?: string;
  role?: "video" | "audio" | "data";
  /** Seconds since the script began. */
  from?: number;
  until: number;
}

/** An archive whose clock stands where it is put. */
export class TestArchive implements AsyncDisposable {
  readonly manifestDir: string;
  readonly store: FileStore;
  /** The time in seconds since the script began. */
  now = 0;
  /** Objects by their digests. */
  readonly objects = new Map<string, Uint8Array>();
  readonly #dir: TempDir;
  readonly #handle: (request: Request) => Promise<Response>;

  private constructor(dir: TempDir, store: FileStore, options: Partial<HandlerOptions>) {
    this.#dir = dir;
    this.store = store;
    this.manifestDir = `${dir.path}/manifests`;
    this.#handle = createHandler({
      store,
      manifestDir: this.manifestDir,
      now: () => BEGIN + this.now * 1000,
      ...options,
    });
  }

  static async create(options: Partial<HandlerOptions> = {}): Promise<TestArchive> {
    const dir = await TempDir.create();
    return new TestArchive(dir, await FileStore.open(`${dir.path}/out`, { create: true }), options);
  }

  /** Asks for the path as it is written here. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await this.#handle(new Request(`http://archive.test${path}`, init));
  }

  /** The handler, for a server. */
  get handler(): (request: Request) => Promise<Response> {
    return this.#handle;
  }

  /** Records spans of 2 s with bytes of their own and puts the clock to their end. */
  async record(
    { broadcast = "test", track = "video0", role = "video", from = 0, until }: RecordOptions,
  ): Promise<{ init: string; hashes: string[] }> {
    const init = await this.put(`init of ${track}`);
    const script = new ScriptedTrack(track, role === "audio" ? "audio" : "video", { init, role })
      .run(RUN, -100).spans(from, until);
    const records: ManifestRecord[] = [];
    const hashes: string[] = [];
    for (const { record } of script.written) {
      if (record.kind !== "span") {
        records.push(record);
        continue;
      }
      const bytes = `${track} from ${record.at} `.repeat(1000);
      const hash = await this.put(bytes);
      hashes.push(hash);
      const path = `objects/blake3/${hash.slice(0, 2)}/${hash}.bin`;
      records.push({ ...record, hash, path, size: bytes.length, frames: [[bytes.length]] });
    }
    await this.append(records, broadcast, track);
    this.now = Math.max(this.now, until);
    return { init, hashes };
  }

  /** Adds records to a manifest. */
  async append(records: ManifestRecord[], broadcast = "test", track = "video0"): Promise<void> {
    const directory = `${this.manifestDir}/${encodeName(broadcast)}/${encodeName(track)}`;
    await Deno.mkdir(directory, { recursive: true });
    const path = `${directory}/2026-11-22.jsonl`;
    await Deno.writeTextFile(path, records.map(formatRecord).join(""), { append: true });
  }

  async put(text: string): Promise<string> {
    const bytes = new TextEncoder().encode(text);
    const { digest } = await putBytes(this.store, bytes);
    this.objects.set(digest, bytes);
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}
