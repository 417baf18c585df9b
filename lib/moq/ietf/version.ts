import type { Dialect } from "../dialect.ts";
import { QUIC_VARINT, type VarintCoding } from "../varint_coding.ts";
import { LEADING_ONES } from "./leading_ones.ts";

/** The number of a moq-transport draft. */
export type IetfVersion = 7 | 14 | 16 | 17 | 18 | 19;

/** The number in a dialect's name; undefined for dialects of another family. */
export function versionOf(dialect: Dialect): IetfVersion | undefined {
  return dialect.startsWith("moqt-") ? Number(dialect.slice(-2)) as IetfVersion : undefined;
}

/** The name of a draft. */
export function dialectOf(version: IetfVersion): Dialect {
  return `moqt-${version === 7 ? "07" : version}`;
}

/** How a draft writes integers. */
export function codingOf(version: IetfVersion): VarintCoding {
  return version >= 17 ? LEADING_ONES : QUIC_VARINT;
}
