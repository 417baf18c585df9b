/** Hashes made by programs and libraries that ec-node does not use. */

import { createHash } from "node:crypto";
import { run } from "../../support/process.ts";
import { tool } from "./tools.ts";

/** BLAKE3 of files in hex, as `b3sum` prints it, by path. */
export async function b3sum(paths: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await run(tool("b3sum"), ["--", ...paths]);
  const lines = stdout.trimEnd().split("\n");
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** SHA-256 of bytes in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
