/** Options of a command: from flags, else from the environment, else their defaults. */

import { parseArgs } from "@std/cli/parse-args";

/** The command line is wrong. The message says what and where to look. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An option of a command. */
export interface Flag {
  /** What the value is called in the help text, e.g. "DIR". None: the flag is a switch. */
  readonly value?: string;
  /** What it means, in one line. */
  readonly help: string;
  /** The value when neither flag nor environment gives one. */
  readonly default?: string;
  /** The command cannot do without. */
  readonly required?: true;
  /** May be given more than once; commas separate, too. */
  readonly list?: true;
}

/** The options of a command by their names, as typed after `--`. */
export type Flags = Readonly<Record<string, Flag>>;

/** The values of options. */
export interface FlagValues {
  /** The value of an option, if it has one. */
  get(name: string): string | undefined;
  /** The value of an option that is required or has a default. */
  need(name: string): string;
  /** The values of an option that is a list. */
  list(name: string): string[];
  /** Whether a switch is on. */
  on(name: string): boolean;
}

/** The environment variable that stands for an option: `--output-dir` is `EC_OUTPUT_DIR`. */
export function environmentName(flag: string): string {
  return `EC_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Works out the options of a command.
 *
 * @throws {UsageError} if there is an unknown flag, a stray argument, or a value that is missing.
 */
export function parseFlags(
  flags: Flags,
  args: readonly string[],
  env: (name: string) => string | undefined,
): FlagValues {
  const names = Object.keys(flags);
  const isSwitch = (name: string) => flags[name]!.value === undefined;
  const parsed = parseArgs([...args], {
    boolean: names.filter(isSwitch),
    string: names.filter((name) => !isSwitch(name)),
    collect: names.filter((name) => !isSwitch(name)),
    unknown: (arg) => {
      throw new UsageError(`Unknown ${arg.startsWith("-") ? "option" : "argument"} "${arg}"`);
    },
  });
  const values = new Map<string, string[]>();
  for (const name of names) {
    const flag = flags[name]!;
    const given = isSwitch(name)
      ? (parsed[name] === true ? ["true"] : [])
      : parsed[name] as string[];
    const fromEnv = env(environmentName(name));
    const all = given.length > 0 ? given : fromEnv ? [fromEnv] : flag.default ? [flag.default] : [];
    if (all.includes("") && !isSwitch(name)) throw new UsageError(`Option --${name} needs a value`);
    if (flag.required && all.length === 0) {
      throw new UsageError(`Option --${name} ${flag.value} is required`);
    }
    if (!flag.list && all.length > 1) throw new UsageError(`Option --${name} is given twice`);
    values.set(name, flag.list ? all.flatMap((value) => value.split(",")).filter(Boolean) : all);
  }
  return {
    get: (name) => values.get(name)?.[0],
    need: (name) => values.get(name)![0]!,
    list: (name) => values.get(name) ?? [],
    on: (name) => !["false", "0", undefined].includes(values.get(name)?.[0]),
  };
}

/**
 * Parses a `HOST:PORT` to listen on; an IPv6 address stands in brackets.
 *
 * @throws {UsageError} if it is none.
 */
export function parseListen(text: string): { hostname: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) {
    throw new UsageError(`Cannot listen on "${text}": give HOST:PORT, e.g. 0.0.0.0:7788`);
  }
  return { hostname: (match[1] ?? match[2])!, port };
}
