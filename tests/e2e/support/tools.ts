/** The programs that the end-to-end tests drive, and what to do when one is missing. */

import { join } from "node:path";

/** Programs a test can ask for. The relay and its publisher come from install_peers.sh. */
export type Tool = "b3sum" | "chromium" | "ffmpeg" | "ffprobe" | "moq" | "moq-relay";

/** Whether a missing program is a failure instead of a skipped test. */
const REQUIRED = ["CI", "EC_E2E_REQUIRED"].some((name) =>
  !["", "0", "false", undefined].includes(Deno.env.get(name))
);

/** Path of a program, or undefined when it is not installed. */
export function findTool(tool: Tool): string | undefined {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  // Where install_peers.sh links the pinned versions; before PATH, so that those are tested.
  for (const directory of [join(cache, "ec-node-peers", "bin"), ...directories]) {
    const path = join(directory, tool);
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
        throw error;
      }
    }
  }
  return undefined;
}

/** Path of a program a test has declared. */
export function tool(name: Tool): string {
  const path = findTool(name);
  if (!path) throw new Error(`Cannot find ${name}: run tests/e2e/support/install_peers.sh`);
  return path;
}

/**
 * Declares an end-to-end test. Without its tools it is skipped, saying so; in CI, or with
 * EC_E2E_REQUIRED=1, it fails.
 */
export function e2eTest(
  name: string,
  tools: readonly Tool[],
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  const missing = tools.filter((name) => !findTool(name));
  if (missing.length > 0 && REQUIRED) {
    Deno.test(name, () => {
      throw new Error(`Cannot run: ${missing.join(", ")} not installed`);
    });
    return;
  }
  const ignore = missing.length > 0;
  const note = ignore ? ` (SKIPPED: ${missing.join(", ")} not installed)` : "";
  Deno.test({ name: name + note, ignore, fn });
}
