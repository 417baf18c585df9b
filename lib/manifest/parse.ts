/** Lines of a manifest to records and back. Nothing else reads or writes the format. */

import { isDigest } from "../cas/digest.ts";
import type { Container, ManifestRecord, SpanRecord, TrackRole } from "./record.ts";

/** What a member of a record must be. */
interface Rule {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
  readonly optional?: boolean;
}

const CONTAINERS: Record<Container, true> = { cmaf: true, legacy: true, loc: true, raw: true };
const ROLES: Record<TrackRole, true> = { video: true, audio: true, data: true };

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
const isLists = (holds: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every((list) => Array.isArray(list) && list.every(holds));

const text: Rule = {
  what: "a text that is not empty",
  holds: (value) => typeof value === "string" && value !== "",
};
const instant: Rule = {
  what: "a UTC time with milliseconds (RFC 3339)",
  holds: (value) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
};
const count: Rule = { what: "an integer of 0 or more", holds: isCount };
const several: Rule = {
  what: "an integer of 1 or more",
  holds: (value) => isCount(value) && value !== 0,
};
const finite: Rule = { what: "a finite number", holds: Number.isFinite };
const length: Rule = {
  what: "a number of 0 or more",
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};
const positive: Rule = { what: "a number above 0", holds: isPositive };
const digest: Rule = { what: "64 lowercase hexadecimal digits", holds: isDigest };
const yes: Rule = { what: "true or absent", holds: (value) => value === true, optional: true };
const relativePath: Rule = {
  what: "a path below the output directory",
  holds: (value) =>
    typeof value === "string" && value !== "" && !value.startsWith("/") &&
    !value.split("/").includes(".."),
};
const oneOf = (values: object): Rule => ({
  what: `one of ${Object.keys(values).join(", ")}`,
  holds: (value) => typeof value === "string" && Object.hasOwn(values, value),
});
const optional = (rule: Rule): Rule => ({ ...rule, optional: true });

const begin = { at: instant, run: text };

/** A member that is not named here is one of a later version, and passed over. */
const RULES = {
  run: {
    v: { what: "1", holds: (value) => value === 1 },
    ...begin,
    prev: optional(digest),
    broadcast: text,
    track: text,
    relay: text,
    protocol: text,
    role: oneOf(ROLES),
    container: oneOf(CONTAINERS),
    codec: optional(text),
    timescale: optional(positive),
    wireTimescale: optional(positive),
    init: optional(digest),
    width: optional(positive),
    height: optional(positive),
    framerate: optional(positive),
    sampleRate: optional(positive),
    channels: optional(positive),
  },
  span: {
    ...begin,
    msn: count,
    group: count,
    groups: several,
    hash: digest,
    size: count,
    path: relativePath,
    frames: { what: "lists of lengths in bytes", holds: isLists(isCount) },
    timestamps: { what: "lists of numbers", holds: isLists(Number.isFinite), optional: true },
    time: optional(finite),
    duration: optional(length),
    key: { what: "true, false or absent", holds: (v) => typeof v === "boolean", optional: true },
    frame: optional(count),
    open: yes,
    partial: yes,
    late: yes,
  },
  gap: {
    ...begin,
    group: optional(count),
    groups: optional(several),
    until: optional(instant),
    // Any, so that a later version may know more causes.
    cause: text,
    code: optional(count),
    reason: { what: "a text", holds: (value) => typeof value === "string", optional: true },
  },
  anchor: { ...begin, time: finite, wall: instant },
} satisfies {
  [Kind in ManifestRecord["kind"]]: {
    [Member in Exclude<keyof Extract<ManifestRecord, { kind: Kind }>, "kind">]-?: Rule;
  };
};

/**
 * Reads a line of a manifest. Undefined for a record of a kind that only later versions know;
 * members that only they know are kept.
 *
 * @throws {SyntaxError} if the line is not a record of the format; the message names what is wrong.
 */
export function parseRecord(line: string): ManifestRecord | undefined {
  const record = parseObject(line);
  if (!record) throw new SyntaxError("Cannot parse manifest record: it is not a JSON object");
  if (typeof record.kind !== "string") {
    throw new SyntaxError('Cannot parse manifest record: "kind" is missing');
  }
  if (!Object.hasOwn(RULES, record.kind)) return undefined;
  const problem = problemOf(record);
  if (problem) throw new SyntaxError(`Cannot parse manifest record: ${problem}`);
  return record as unknown as ManifestRecord;
}

/**
 * Makes a line of a record, with its line feed.
 *
 * @throws {TypeError} if {@linkcode parseRecord} would refuse the line.
 */
export function formatRecord(record: ManifestRecord): string {
  const problem = Object.hasOwn(RULES, record.kind)
    ? problemOf(record as unknown as Record<string, unknown>)
    : '"kind" is unknown';
  if (problem) throw new TypeError(`Cannot format manifest record: ${problem}`);
  return JSON.stringify(record) + "\n";
}

/** Whether a line was written whole, whatever it says: a torn one is not a JSON object. */
export function isWholeLine(line: string): boolean {
  return parseObject(line) !== undefined;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** What is wrong with a record of a known kind. */
function problemOf(record: Record<string, unknown>): string | undefined {
  const kind = record.kind as ManifestRecord["kind"];
  for (const [member, rule] of Object.entries<Rule>(RULES[kind])) {
    const value = record[member];
    if (value === undefined ? rule.optional : rule.holds(value)) continue;
    return value === undefined
      ? `"${member}" is missing from a ${kind}`
      : `"${member}" of a ${kind} must be ${rule.what}`;
  }
  if (kind === "span") return spanProblem(record as unknown as SpanRecord);
  if (kind === "gap" && (record.group === undefined) !== (record.groups === undefined)) {
    return '"group" and "groups" of a gap must come together';
  }
  return undefined;
}

function spanProblem({ groups, frames, timestamps, size }: SpanRecord): string | undefined {
  if (frames.length !== groups) return '"frames" of a span must have a list for each group';
  if (timestamps && !timestamps.every((list, i) => list.length === frames[i]?.length)) {
    return '"timestamps" of a span must match "frames"';
  }
  let sum = 0;
  for (const lengths of frames) for (const length of lengths) sum += length;
  return sum === size ? undefined : '"frames" of a span must add up to "size"';
}
