/** Headless Chromium. */

import { type Browser, chromium } from "playwright-core";
import { tool } from "./tools.ts";

/** Starts Chromium with an empty profile. Close it with `await browser.close()`, or `await using`. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: tool("chromium"),
    headless: true,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}
