/** The program as a whole: commands, help, exit codes. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { program } from "../support/program.ts";

/** Runs the program to its end: exit code and lines. */
async function run(args: string[], env?: Record<string, string>): Promise<[number, string[]]> {
  await using process = program(args, env);
  const code = await process.exit(30_000);
  return [code, [...process.lines]];
}

for (const args of [[], ["help"], ["--help"]]) {
  Deno.test(`ec-node ${args.join(" ")} lists the commands`, async () => {
    const [code, lines] = await run(args);
    assertEquals(code, 0);
    for (const command of ["archive", "serve", "demo"]) {
      assertStringIncludes(lines.join("\n"), `\n  ${command} `);
    }
  });
}

for (const command of ["archive", "wt-archive", "serve", "wt-archive-serve", "demo"]) {
  Deno.test(`ec-node ${command} --help explains options and gives examples`, async () => {
    const [code, lines] = await run([command, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(lines.join("\n"), "\nExamples:\n  ec-node ");
    assertMatch(lines.join("\n"), /--log FORMAT .*EC_LOG/);
  });
}

Deno.test("ec-node --version prints the version", async () => {
  const [code, lines] = await run(["--version"]);
  assertEquals(code, 0);
  assertMatch(lines[0]!, /^\d+\.\d+\.\d+$/);
});

Deno.test("ec-node exits with 2 on an unknown command and says where help is", async () => {
  const [code, lines] = await run(["record"]);
  assertEquals([code, lines.length], [2, 1]);
  assertMatch(lines[0]!, /Unknown command "record".*ec-node --help/);
});

Deno.test("ec-node takes options from the environment, and says which are missing", async () => {
  const env = { EC_URL: "https://127.0.0.1:9/", EC_NAME: "news", EC_OUTPUT_DIR: "out" };
  const [code, lines] = await run(["archive"], env);
  assertEquals([code, lines.length], [2, 1]);
  assertStringIncludes(lines[0]!, "--manifest-dir DIR is required");
});

for (const [flag, value] of [["--log", "xml"], ["--log-level", "loud"]] as const) {
  Deno.test(`ec-node exits with 2 on ${flag} ${value}`, async () => {
    const [code, lines] = await run(["demo", flag, value]);
    assertEquals([code, lines.length], [2, 1]);
    assertStringIncludes(lines[0]!, value);
  });
}
