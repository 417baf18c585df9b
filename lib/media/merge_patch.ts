/** JSON Merge Patch (RFC 7396). */

/** A value that JSON can express. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Whether the value is an object rather than an array or a scalar. */
export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The document that results from applying `patch` to `target`. Neither is changed. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  // Without a prototype, a member called "__proto__" is a member like any other.
  const result: { [key: string]: Json } = Object.assign(
    Object.create(null),
    isObject(target) ? target : {},
  );
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
