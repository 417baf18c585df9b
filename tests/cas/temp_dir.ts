/** Directories for tests. */

/** An empty directory that goes with its block. */
export class TempDir implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TempDir> {
    return new TempDir(await Deno.makeTempDir({ prefix: "ec-node-" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A small file system of its own, which can be full or read-only. Needs the right to mount. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(options: string): Promise<SmallDisk> {
    const path = await Deno.makeTempDir({ prefix: "ec-node-disk-" });
    await mount(["-t", "tmpfs", "-o", options, "tmpfs", path]);
    return new SmallDisk(path);
  }

  /** Whether tests may mount file systems here. Those that need it are reported as ignored if not. */
  static available(): boolean {
    if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
    const path = Deno.makeTempDirSync();
    try {
      if (!run("mount", ["-t", "tmpfs", "tmpfs", path])) return false;
      return run("umount", [path]);
    } finally {
      Deno.removeSync(path);
    }
  }

  async remount(options: string): Promise<void> {
    await mount(["-o", `remount,${options}`, this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    run("umount", [this.path]);
    await Deno.remove(this.path);
  }
}

function run(command: string, args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function mount(args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("mount", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
