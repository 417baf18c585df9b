/** `ec-node serve` as a process. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { program } from "../support/program.ts";

/** Makes empty roots for as long as `use` takes. */
async function withRoots(
  use: (roots: { outputDir: string; manifestDir: string }) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const roots = { outputDir: `${directory}/out`, manifestDir: `${directory}/manifests` };
  await Deno.mkdir(roots.outputDir);
  await Deno.mkdir(roots.manifestDir);
  await use(roots);
  await Deno.remove(directory, { recursive: true });
}

function serve(outputDir: string, manifestDir: string, listen = "127.0.0.1:0") {
  return program([
    ...["serve", "--output-dir", outputDir, "--manifest-dir", manifestDir],
    ...["--listen", listen],
  ]);
}

Deno.test("serve answers while there is nothing to serve, and exits 0 on SIGTERM", async () => {
  await withRoots(async ({ outputDir, manifestDir }) => {
    await using process = serve(outputDir, manifestDir);
    const [, url] = await process.line(/Listening on (http:\/\/\S+)/);
    const archive = await fetch(`${url}archive`);
    assertEquals(await archive.json(), { broadcasts: [] });
    const missing = await fetch(`${url}archive/nothing/master.m3u8`);
    assertEquals(missing.status, 404);
    assertStringIncludes((await missing.json()).reason, "nothing");
    const page = await fetch(url!);
    assertMatch(await page.text(), /<video/);
    assertEquals(await process.stop(), 0);
  });
});

Deno.test("serve ends when its address is taken, and names it", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  await withRoots(async ({ outputDir, manifestDir }) => {
    await using process = serve(outputDir, manifestDir, address);
    assertEquals(await process.exit(), 1);
    assertStringIncludes(process.lines[0]!, address);
  });
});

Deno.test("serve ends when there is no object store, and names the directory", async () => {
  await withRoots(async ({ outputDir, manifestDir }) => {
    await using process = serve(`${outputDir}/missing`, manifestDir);
    assertEquals(await process.exit(), 1);
    assertStringIncludes(process.lines[0]!, `${outputDir}/missing`);
  });
});

Deno.test("serve exits with 2 when told to listen on nonsense", async () => {
  await withRoots(async ({ outputDir, manifestDir }) => {
    await using process = serve(outputDir, manifestDir, "7788");
    assertEquals(await process.exit(), 2);
    assertStringIncludes(process.lines[0]!, "HOST:PORT");
  });
});
