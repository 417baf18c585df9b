/** Watches a page's video element play. */

/// <reference lib="dom" />

import type { Page } from "playwright-core";

/** Where a video stands. */
export interface Playback {
  /** Position in seconds. */
  position: number;
  /** What can be reached, in seconds. */
  start: number;
  end: number;
  /** Frames decoded so far. */
  frames: number;
  /** Size of the picture in pixels. */
  width: number;
  height: number;
  /** Code and message of the element's error, if it has one. */
  error?: string;
}

/** How long to wait for playback to move, in milliseconds. */
const PATIENCE = 20_000;

/** Makes every fatal error of hls.js an error on the page's console. Call it before the page loads. */
export async function reportFatalErrors(page: Page): Promise<void> {
  await page.addInitScript(() => {
    interface HlsClass {
      prototype: { trigger(event: string, data: { fatal?: boolean; details?: string }): unknown };
    }
    let hls: HlsClass | undefined;
    Object.defineProperty(globalThis, "Hls", {
      get: () => hls,
      set(value: HlsClass) {
        hls = value;
        const { trigger } = value.prototype;
        value.prototype.trigger = function (event, data) {
          if (event === "hlsError" && data.fatal) console.error("hls.js gave up", data.details);
          return trigger.call(this, event, data);
        };
      },
    });
  });
}

/** Reads where the page's video stands. */
export async function playback(page: Page): Promise<Playback> {
  return await page.evaluate(() => {
    const video = document.querySelector("video")!;
    const { currentTime: position, seekable, error } = video;
    const reachable = seekable.length > 0;
    return {
      position,
      start: reachable ? seekable.start(0) : NaN,
      end: reachable ? seekable.end(seekable.length - 1) : NaN,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      width: video.videoWidth,
      height: video.videoHeight,
      ...(error && { error: `${error.code} ${error.message}` }),
    };
  });
}

/**
 * Waits until the video stands at a picture, then until it has played two seconds more and has
 * decoded the frames of them; where it is then.
 */
export async function plays(page: Page): Promise<Playback> {
  try {
    await page.waitForFunction(
      () => {
        const video = document.querySelector("video")!;
        const { seeking, readyState, seekable } = video;
        return !seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && seekable.length > 0;
      },
      undefined,
      { timeout: PATIENCE },
    );
    await page.waitForFunction(
      ({ position, frames }) => {
        const video = document.querySelector("video")!;
        return video.currentTime > position + 2 &&
          video.getVideoPlaybackQuality().totalVideoFrames > frames + 40;
      },
      await playback(page),
      { timeout: PATIENCE },
    );
  } catch (error) {
    throw new Error(`The video does not play: ${JSON.stringify(await playback(page))}; ${error}`);
  }
  return await playback(page);
}

/** Number of different colours in a coarse copy of the picture: a blank one has a single colour. */
export async function pictureColours(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext("2d")!;
    context.drawImage(document.querySelector("video")!, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
}
