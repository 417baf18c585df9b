/**
 * The program `ec-node`: picks the command, reads arguments and environment, wires signals, log and
 * exit code. Nothing else does.
 *
 * @module
 */

import { archiveCommand } from "./lib/cli/archive_command.ts";
import { type Command, COMMON_FLAGS, renderHelp } from "./lib/cli/command.ts";
import { demoCommand } from "./lib/cli/demo_command.ts";
import { parseFlags, UsageError } from "./lib/cli/flags.ts";
import { serveCommand } from "./lib/cli/serve_command.ts";
import { StatusBlock } from "./lib/cli/status_block.ts";
import { createLogger, type LogLevel } from "./lib/log.ts";
import config from "./deno.json" with { type: "json" };

const COMMANDS: readonly Command[] = [archiveCommand, serveCommand, demoCommand];

const USAGE = `ec-node ${config.version}: records live television off MoQ relays and plays it back

Usage: ec-node <command> [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

  ec-node <command> --help   options and examples of a command
  ec-node --version          the version`;

const encoder = new TextEncoder();
const toStdout = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));
const toStderr = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
const terminal = Deno.stderr.isTerminal()
  ? new StatusBlock(toStderr, () => Deno.consoleSize().columns)
  : undefined;

/** Runs the command and fulfils with the exit code: 0 done, 1 failed, 2 called wrongly. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version") return print(config.version);
  if (name === undefined || name === "help" || name === "--help") return print(USAGE);
  const command = COMMANDS.find((command) => [command.name, ...command.aliases].includes(name));
  if (command === undefined) return complain(`Unknown command "${name}"`, "ec-node --help");
  if (rest.includes("--help")) return print(renderHelp(command));
  try {
    const options = parseFlags(
      { ...command.flags, ...COMMON_FLAGS },
      rest,
      (name) => Deno.env.get(name),
    );
    const format = options.need("log");
    if (format !== "text" && format !== "json") {
      throw new UsageError(`Cannot log as "${format}": give text or json`);
    }
    const level = options.need("log-level");
    if (!isLevel(level)) {
      throw new UsageError(`Cannot log at level "${level}": give debug, info, warn or error`);
    }
    const log = createLogger({ format, level, write: writeLine });
    await command.run({
      options,
      log,
      stop: stopSignal(log.info),
      print,
      status: terminal && format === "text" ? (lines) => terminal.show(lines) : undefined,
    });
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      return complain(error.message, `ec-node ${command.name} --help`);
    }
    writeLine(`ec-node: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the program at once. */
function stopSignal(say: (message: string) => void): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (stop.signal.aborted) Deno.exit(130);
      say(`${signal} received; finishing what has begun (once more to quit at once)`);
      stop.abort();
    });
  }
  return stop.signal;
}

function isLevel(text: string): text is LogLevel {
  return ["debug", "info", "warn", "error"].includes(text);
}

function print(line: string): number {
  if (terminal) terminal.log(line, toStdout);
  else toStdout(`${line}\n`);
  return 0;
}

function complain(message: string, help: string): number {
  writeLine(`ec-node: ${message}. See: ${help}`);
  return 2;
}

function writeLine(line: string): void {
  if (terminal) terminal.log(line);
  else toStderr(`${line}\n`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
