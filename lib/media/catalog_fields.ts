/** Reads the members of catalogs' entries. What makes no sense counts as absent. */

import type { Json } from "./merge_patch.ts";

/** A name longer than this, in UTF-16 units, is not one. */
const MAX_NAME = 200;

/** Whether the value can be the name of a track. */
export function isName(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME &&
    value.isWellFormed() && !/\p{Cc}/u.test(value);
}

/** The bytes that Base64 stands for, if there are any. */
export function base64(value: Json | undefined): Uint8Array | undefined {
  try {
    return typeof value === "string" && value !== "" ? Uint8Array.fromBase64(value) : undefined;
  } catch {
    return undefined;
  }
}

/** A codec parameter. It goes into playlists, where a quotation mark would end it. */
export function codec(value: Json | undefined): string | undefined {
  return typeof value === "string" && /^[\w.+-]{1,80}$/.test(value) ? value : undefined;
}

/** A number that can count something. */
export function count(value: Json | undefined): number | undefined {
  return Number.isSafeInteger(value) ? rate(value) : undefined;
}

/** A positive number. */
export function rate(value: Json | undefined): number | undefined {
  return typeof value === "number" && value > 0 && value < Infinity ? value : undefined;
}

/** The same members, none of which may be undefined. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that have a value. */
export function defined<T extends Record<string, unknown>>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
