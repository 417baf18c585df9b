/** Deno's methods of open files whose failures matter. */
type Method = "sync" | "syncData" | "writeSync" | "truncateSync";

/**
 * Puts something else in the place of a method of all open files, until the block ends: there is no
 * disk that fails on demand.
 */
export function patchFile<M extends Method>(
  method: M,
  replacement: (original: Deno.FsFile[M]) => Deno.FsFile[M],
): Disposable {
  const { prototype } = Deno.FsFile;
  const original = prototype[method];
  const patched = function (this: Deno.FsFile, ...args: Parameters<Deno.FsFile[M]>) {
    const bound = original.bind(this) as Deno.FsFile[M];
    return (replacement(bound) as (...args: unknown[]) => unknown)(...args);
  };
  prototype[method] = patched as Deno.FsFile[M];
  return {
    [Symbol.dispose]() {
      prototype[method] = original;
    },
  };
}

/** The error of a disk that fails, as Deno gives it. */
export function inputOutputError(): Error {
  return Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" });
}
