/** Attribute lists of tags (RFC 8216bis §4.2). */

/** A quoted string; what cannot stand in one is replaced. */
export function quoted(text: string): string {
  // deno-lint-ignore no-control-regex -- Line breaks and the like would end the tag.
  return `"${text.replace(/["\x00-\x1f\x7f]/g, "_")}"`;
}

/** Joins attributes, leaving out those that are undefined. */
export function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
