/** The program under test as a process. */

import { fileURLToPath } from "node:url";
import { Process } from "./process.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Starts ec-node with the permissions of its tasks. */
export function program(args: readonly string[], env: Record<string, string> = {}): Process {
  const permissions = ["--allow-net", "--allow-read", "--allow-write", "--allow-env"];
  return new Process(`ec-node ${args[0]}`, Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, MAIN, ...args],
    env,
  });
}
