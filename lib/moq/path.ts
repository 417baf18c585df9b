/** Names of broadcasts: components separated by single slashes, with none at either end. */

/** Brings a name into the one form in which names are compared. */
export function normalizePath(path: string): string {
  return path.split("/").filter((part) => part !== "").join("/");
}

/** Puts a suffix behind a prefix; either may be empty. */
export function joinPath(prefix: string, suffix: string): string {
  return normalizePath(`${prefix}/${suffix}`);
}

/**
 * What remains of `path` below `prefix`, both normalized: "" when they are equal, undefined when
 * `path` lies elsewhere. Whole components count: "live/tv" is below "live" but not below "li".
 */
export function stripPrefix(prefix: string, path: string): string | undefined {
  if (prefix === "") return path;
  if (path === prefix) return "";
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : undefined;
}
