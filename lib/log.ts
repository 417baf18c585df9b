/** A log that a person can read, and a machine on request. */

/** Details of a log line. Undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Severity of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes one line per event. */
export interface Logger {
  /** Detail that helps to find out why. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator expects to see. */
  info(message: string, fields?: LogFields): void;
  /** Something is amiss and goes on by itself. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed and stays so. */
  error(message: string, fields?: LogFields): void;
}

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** "text" for people, "json" for machines. @default {"text"} */
  format?: "text" | "json";
  /** The least severe lines to write. @default {"info"} */
  level?: LogLevel;
  /** Where lines go, without their newline. */
  write: (line: string) => void;
  /** The time to stamp lines with. @default {() => new Date()} */
  now?: () => Date;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Makes a log. */
export function createLogger(options: LoggerOptions): Logger {
  const { format = "text", level = "info", write, now = () => new Date() } = options;
  const render = format === "json" ? renderJson : renderText;
  const method = (of: LogLevel) =>
    LEVELS.indexOf(of) < LEVELS.indexOf(level)
      ? () => {}
      : (message: string, fields: LogFields = {}) => write(render(now(), of, message, fields));
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
  };
}

function renderText(at: Date, level: LogLevel, message: string, fields: LogFields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quote(String(value))}`);
  return `${at.toISOString()} ${level.padEnd(5)} ${printable(message)}${details.join("")}`;
}

function renderJson(at: Date, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ at: at.toISOString(), level, message, ...fields });
}

/** Quotes what a space or a control character would make ambiguous: values come from the network. */
function quote(value: string): string {
  return /^[\w.:/@%+,=~-]+$/.test(value) ? value : JSON.stringify(value);
}

/** The text without control characters: what comes from the network must not steer a terminal. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "�");
}
