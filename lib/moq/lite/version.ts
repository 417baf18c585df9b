import type { Dialect } from "../dialect.ts";

/** The number of a moq-lite draft. Later drafts number their messages differently; see each one. */
export type LiteVersion = 1 | 2 | 3 | 4 | 5;

/** The number in a dialect's name. */
export function versionOf(dialect: Dialect): LiteVersion {
  return Number(dialect.at(-1)) as LiteVersion;
}

/** The name of a draft. */
export function dialectOf(version: LiteVersion): Dialect {
  return `moq-lite-0${version}`;
}
