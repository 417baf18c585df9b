/** The program under test, run as a process with no more permissions than it documents. */

import { fileURLToPath } from "node:url";
import type { ArchiveDirectory } from "../../support/archive_directory.ts";
import { Process } from "../../support/process.ts";
import { until } from "../../support/until.ts";

const MAIN = fileURLToPath(new URL("../../../main.ts", import.meta.url));

/** Reading, the network and the environment are all that `serve` gets. */
const READER = ["--allow-net", "--allow-read", "--allow-env"];

function ecNode(permissions: readonly string[], args: readonly string[]): Process {
  const name = `ec-node ${args[0]}`;
  return new Process(name, Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, MAIN, ...args],
  });
}

/** What an {@linkcode Archiver} records and where to. */
export interface ArchiverOptions {
  directory: ArchiveDirectory;
  url: string;
  broadcast: string;
  /** Further arguments. */
  args?: readonly string[];
}

/** A running `ec-node archive`. */
export class Archiver implements AsyncDisposable {
  readonly #options: ArchiverOptions;
  readonly #process: Process;

  constructor(options: ArchiverOptions) {
    const { directory, url, broadcast, args = [] } = options;
    this.#options = options;
    this.#process = ecNode([...READER, "--allow-write"], [
      ...["archive", "--url", url, "--name", broadcast],
      ...directoryArguments(directory),
      ...args,
    ]);
  }

  /** Waits until so many spans of a track are on disk. */
  async recorded(track: string, count: number): Promise<void> {
    const { directory, broadcast } = this.#options;
    await until(`${count} spans of ${track}`, async () => {
      this.#process.assertRunning();
      return (await directory.spans(broadcast, track)).length >= count;
    }, 60_000).catch((error) => {
      throw new Error(`${error}; the archiver said:\n  ${this.#process.lines.join("\n  ")}`);
    });
  }

  /** Asks it to stop, waits and gives its exit code. */
  async stop(signal: "SIGINT" | "SIGTERM"): Promise<number> {
    return await this.#process.stop(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** Runs `ec-node demo`. */
export function demo(args: readonly string[]): Process {
  return ecNode([...READER, "--allow-write"], ["demo", ...args]);
}

/** A running `ec-node serve`. */
export class Server implements AsyncDisposable {
  /** Where it answers, with a slash at the end. */
  readonly url: string;
  readonly #process: Process;

  private constructor(url: string, process: Process) {
    this.url = url;
    this.#process = process;
  }

  /** Serves a directory on a free port of the loopback interface. */
  static async start(directory: ArchiveDirectory): Promise<Server> {
    const args = ["serve", ...directoryArguments(directory), "--listen", "127.0.0.1:0"];
    const process = ecNode(READER, args);
    try {
      const [, url] = await process.line(/Listening on (http:\/\/\S+\/)/);
      return new Server(url!, process);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Address of something below a broadcast, e.g. "master.m3u8". */
  broadcastUrl(broadcast: string, name: string): string {
    return new URL(`archive/${broadcast}/${name}`, this.url).href;
  }

  /** Waits until the playlists of a broadcast that is over say so. */
  async ended(broadcast: string): Promise<void> {
    for (const name of ["video.m3u8", "audio.m3u8"]) {
      await until(`the end of ${name}`, async () => {
        const response = await fetch(this.broadcastUrl(broadcast, name));
        return (await response.text()).includes("\n#EXT-X-ENDLIST\n");
      }, 60_000);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function directoryArguments({ outputDir, manifestDir }: ArchiveDirectory): string[] {
  return ["--output-dir", outputDir, "--manifest-dir", manifestDir];
}
