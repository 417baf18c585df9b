/** The Range header field (RFC 9110 §14.2). */

/** Part of an object, in bytes. */
export interface SatisfiableRange {
  /** First byte wanted. */
  readonly start: number;
  /** One past the last byte wanted. */
  readonly end: number;
}

/**
 * The one range that `header` asks for of `size` bytes. Undefined when the header is to be ignored:
 * it is absent, not well-formed, not of bytes, or asks for several ranges. "unsatisfiable" when the
 * object has nothing of it.
 */
export function parseByteRange(
  header: string | null,
  size: number,
): SatisfiableRange | "unsatisfiable" | undefined {
  const match = header?.match(/^bytes=\s*(\d*)-(\d*)\s*$/i);
  const [, first, last] = match ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
