/** What a command of the program is. */

import type { Logger } from "../log.ts";
import { environmentName, type Flag, type Flags, type FlagValues } from "./flags.ts";

/** What a command gets from the program. */
export interface CommandContext {
  readonly options: FlagValues;
  readonly log: Logger;
  /** Aborted when the command has to end, by a signal for one. */
  readonly stop: AbortSignal;
  /** Writes a line of the result to standard output. */
  readonly print: (line: string) => void;
  /** Shows lines that are redrawn in place; undefined where there is no terminal. */
  readonly status: ((lines: () => string[]) => Disposable) | undefined;
}

/** A command of the program. */
export interface Command {
  readonly name: string;
  /** Other names it goes by. */
  readonly aliases: readonly string[];
  /** What it does, in one line. */
  readonly summary: string;
  readonly flags: Flags;
  /** Lines that can be typed as they are. */
  readonly examples: readonly string[];
  /** Fulfils when the command is done; rejects when it failed. */
  run(context: CommandContext): Promise<void>;
}

/** Options that every command has. */
export const COMMON_FLAGS: Flags = {
  "log": { value: "FORMAT", help: "Log as text or json", default: "text" },
  "log-level": {
    value: "LEVEL",
    help: "Least level to log: debug, info, warn, error",
    default: "info",
  },
  "help": { help: "Show this help" },
};

/** The help text of a command. */
export function renderHelp(command: Command): string {
  const flags = { ...command.flags, ...COMMON_FLAGS };
  const rows = Object.entries(flags).map(([name, flag]) =>
    [
      `--${name}${flag.value ? ` ${flag.value}` : ""}`,
      describe(name, flag),
    ] as const
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `${command.summary}.`,
    "",
    `Usage: ec-node ${command.name} [options]` +
    (command.aliases.length > 0 ? `   (also: ${command.aliases.join(", ")})` : ""),
    "",
    "Options (each may be set in the environment instead, as shown in brackets):",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

function describe(name: string, flag: Flag): string {
  if (name === "help") return flag.help;
  const notes = [
    environmentName(name),
    ...(flag.required ? ["required"] : []),
    ...(flag.list ? ["may be repeated"] : []),
    ...(flag.default !== undefined ? [`default ${flag.default}`] : []),
  ];
  return `${flag.help} [${notes.join("; ")}]`;
}
