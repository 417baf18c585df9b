/**
 * A viewer opens the page while the broadcast is being recorded. EC_E2E_SCREENSHOT names a file to
 * save a picture of the page to.
 *
 * @module
 */

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { ArchiveDirectory } from "../support/archive_directory.ts";
import { startBrowser } from "./support/browser.ts";
import { Archiver, Server } from "./support/ec_node.ts";
import { pictureColours, plays, reportFatalErrors } from "./support/player.ts";
import { PICTURE, Publisher, VIDEO } from "./support/publisher.ts";
import { Relay } from "./support/relay.ts";
import { e2eTest } from "./support/tools.ts";

const BROADCAST = "e2e/watched.hang";

e2eTest(
  "the page plays live, seeks back to the start and to live again",
  ["chromium", "ffmpeg", "moq", "moq-relay"],
  async () => {
    await using relay = await Relay.start();
    await using _publisher = await Publisher.start({ relay, broadcast: BROADCAST });
    await using directory = await ArchiveDirectory.create();
    await using archiver = new Archiver({ directory, url: relay.url, broadcast: BROADCAST });
    // So far behind the live edge that the page offers to go there: 24 s.
    await archiver.recorded(VIDEO, 12);

    await using server = await Server.start(directory);
    await using browser = await startBrowser();
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    page.on("response", (response) => {
      if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
    });
    await reportFatalErrors(page);

    await page.goto(server.url);
    const live = await plays(page);
    assertEquals([live.width, live.height], [PICTURE.width, PICTURE.height]);
    assertGreater(live.position, live.start + 8);

    await page.locator("#scrub").press("Home");
    const back = await plays(page);
    assertLess(back.position, live.start + 8);
    assertGreater(await pictureColours(page), 20);

    await page.locator("#live").click();
    const again = await plays(page);
    assertGreater(again.position, live.position);
    // The list has grown while we watched.
    assertGreater(again.end, live.end);

    const screenshot = Deno.env.get("EC_E2E_SCREENSHOT");
    if (screenshot) await page.screenshot({ path: screenshot });
    assertEquals(troubles, []);
    assertEquals(await archiver.stop("SIGTERM"), 0);
  },
);
