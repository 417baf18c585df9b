import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { StorageError } from "../cas/error.ts";

/**
 * Refuses a manifest root among the objects, where names of broadcasts could meet names of objects
 * and a store's cleaning could meet manifests. Symbolic links are followed, and the directories need
 * not be there yet.
 *
 * @throws {TypeError} if `manifestDir` is, or lies within, `objects` or `tmp` of `outputDir`.
 * @throws {StorageError} if a path cannot be resolved.
 */
export function assertSeparateRoots(outputDir: string, manifestDir: string): void {
  const manifests = realPath(manifestDir);
  for (const name of ["objects", "tmp"]) {
    const taken = realPath(join(outputDir, name));
    if (manifests === taken || manifests.startsWith(taken + sep)) {
      throw new TypeError(
        `Cannot keep manifests in ${manifestDir}: it lies within ${taken}, which belongs to the ` +
          "object store; choose a directory outside of it",
      );
    }
  }
}

/** The absolute path without symbolic links, as far as its parts are there. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw new StorageError("resolve", path, error);
  }
  const parent = dirname(path);
  const target = linkTarget(path);
  if (target === undefined) return parent === path ? path : join(realPath(parent), basename(path));
  return realPath(isAbsolute(target) ? target : join(realPath(parent), target));
}

/** Where a symbolic link points that leads to nothing yet. */
function linkTarget(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
