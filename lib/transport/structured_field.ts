/** Lists of strings in header fields (RFC 8941 §3.1 and §3.3.3), as WebTransport negotiates with. */

// A string, then parameters, which carry nothing we know and are passed over.
const MEMBER =
  /[ \t]*"((?:[ !#-[\]-~]|\\["\\])*)"(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[ !#-[\]-~]|\\["\\])*"|[!#-+\--:<-~]+))?)*[ \t]*(,|$)/y;

/** Writes `items` as a list of strings. @throws {TypeError} if one is not printable ASCII. */
export function formatStringList(items: Iterable<string>): string {
  return Array.from(items, (item) => {
    if (!/^[ -~]*$/.test(item)) {
      throw new TypeError("Cannot format string for a header field: it is not printable ASCII");
    }
    return `"${item.replaceAll(/["\\]/g, "\\$&")}"`;
  }).join(", ");
}

/** Reads a list of strings; undefined when `text` is anything else. */
export function parseStringList(text: string): string[] | undefined {
  const items: string[] = [];
  if (text.trim() === "") return items;
  MEMBER.lastIndex = 0;
  for (;;) {
    const match = MEMBER.exec(text);
    if (match === null) return undefined;
    items.push(match[1]!.replaceAll(/\\(.)/g, "$1"));
    if (match[2] === "") return items;
  }
}
