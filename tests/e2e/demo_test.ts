/** The embedded demonstration. */

import { assertEquals, assertMatch } from "@std/assert";
import { demo } from "./support/ec_node.ts";
import { e2eTest } from "./support/tools.ts";

e2eTest("demo shows a page, proves that it recorded and ends by itself", [], async () => {
  await using process = demo(["--seconds", "15", "--listen", "127.0.0.1:0"]);
  const [, url] = await process.line(/(http:\/\/127\.0\.0\.1:\d+\/)/);
  const page = await fetch(url!);
  assertEquals(page.status, 200);
  assertMatch(await page.text(), /<video/);
  assertEquals(await process.exit(45_000), 0);
});
