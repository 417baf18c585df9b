/** A child process whose lines can be awaited and which never outlives its test. */

import { TextLineStream } from "@std/streams";

/** How a {@linkcode Process} is started. */
export interface ProcessOptions {
  args?: readonly string[];
  env?: Record<string, string>;
  /** "piped" gives {@linkcode Process.stdin}. Default "null". */
  stdin?: "piped" | "null";
  /** "lines" (the default) watches standard output like standard error; "piped" hands it over. */
  stdout?: "lines" | "piped";
}

/** How many of the last lines are kept to explain a failure. */
const KEPT_LINES = 400;

/** How long a process may take to end after it was asked to, in milliseconds. */
const GRACE = 20_000;

interface Waiter {
  pattern: RegExp;
  settle(match: RegExpMatchArray | Error): void;
}

/** A running program. Disposing of it ends it: SIGTERM first, SIGKILL after {@linkcode GRACE}. */
export class Process implements AsyncDisposable {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #drained: Promise<unknown>;
  #status: Deno.CommandStatus | undefined;

  constructor(name: string, command: string | URL, options: ProcessOptions = {}) {
    this.name = name;
    const { args = [], env = {}, stdin = "null", stdout = "lines" } = options;
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { NO_COLOR: "1", ...env },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const streams = [this.#watch(this.#child.stderr)];
    if (stdout === "lines") streams.push(this.#watch(this.#child.stdout));
    this.#drained = Promise.all([
      ...streams,
      this.#child.status.then((status) => this.#status = status),
    ]).then(() => {
      for (const waiter of this.#waiters) waiter.settle(this.#failure("ended before printing it"));
    });
  }

  /** Standard output of a process started with `stdout: "piped"`. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdout;
  }

  /** Standard input of a process started with `stdin: "piped"`. */
  get stdin(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#child.stdin;
  }

  /** The last lines printed, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Waits for the end and gives the exit code. */
  async exit(timeout = GRACE): Promise<number> {
    await this.#bounded(this.#drained, timeout, "did not end");
    return this.#status!.code;
  }

  /** Resolves with the first line, printed already or to come, that matches. */
  async line(pattern: RegExp, timeout = 20_000): Promise<RegExpMatchArray> {
    for (const line of this.#lines) {
      const match = line.match(pattern);
      if (match) return match;
    }
    return await this.nextLine(pattern, timeout);
  }

  /** Resolves with the first matching line printed from now on. */
  async nextLine(pattern: RegExp, timeout = 20_000): Promise<RegExpMatchArray> {
    if (this.#status) throw this.#failure(`ended before printing ${pattern}`);
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const waiter: Waiter = {
      pattern,
      settle: (result) => result instanceof Error ? reject(result) : resolve(result),
    };
    this.#waiters.add(waiter);
    try {
      return await this.#bounded(promise, timeout, `did not print ${pattern}`);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  /** Throws, with the last lines, if the process has ended. */
  assertRunning(): void {
    if (this.#status) throw this.#failure(`ended with exit code ${this.#status.code}`);
  }

  /** Sends a signal, unless the process has ended already. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Asks the process to end, waits for it and gives its exit code. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    this.kill(signal);
    return await this.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status) return;
    try {
      await this.stop();
    } catch {
      this.kill("SIGKILL");
      await this.#drained;
    }
  }

  async #watch(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#lines.push(line);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      for (const waiter of this.#waiters) {
        const match = line.match(waiter.pattern);
        if (match) waiter.settle(match);
      }
    }
  }

  async #bounded<T>(promise: Promise<T>, timeout: number, what: string): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#failure(`${what} within ${timeout} ms`)), timeout);
    });
    try {
      return await Promise.race([promise, expired]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(what: string): Error {
    return new Error(
      `${this.name} ${what}; its last lines:\n  ${this.#lines.slice(-30).join("\n  ")}`,
    );
  }
}

/** Runs a program to its end and gives what it printed. Rejects if it fails or takes too long. */
export async function run(
  command: string,
  args: readonly string[],
  timeout = 60_000,
): Promise<{ stdout: string; stderr: string }> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const output = await child.output();
  clearTimeout(timer);
  const [stdout, stderr] = [output.stdout, output.stderr].map((b) => new TextDecoder().decode(b));
  if (!output.success) {
    throw new Error(
      `${command} ${args.join(" ")} gave ${output.signal ?? output.code}:\n${stderr}`,
    );
  }
  return { stdout: stdout!, stderr: stderr! };
}
