/** What the server has to give: routes to responses. */

import { STATUS_CODE } from "@std/http/status";
import type { Digest } from "../cas/digest.ts";
import type { ObjectReader } from "../cas/store.ts";
import { renderMasterPlaylist } from "../hls/master_playlist.ts";
import { renderMediaPlaylist } from "../hls/media_playlist.ts";
import { playlistNames } from "../hls/playlist_names.ts";
import type { BroadcastTimeline } from "../manifest/timeline.ts";
import { ArchiveIndex, type ArchiveIndexOptions } from "./archive_index.ts";
import { findAsset } from "./assets.ts";
import { describeArchive, describeTimeline } from "./documents.ts";
import { HttpError } from "./http_error.ts";
import { objectResponse } from "./object_response.ts";
import type { Route } from "./route.ts";
import { type Text, TextCache } from "./text_cache.ts";

/** Options of {@linkcode Archive}. */
export interface ArchiveOptions extends ArchiveIndexOptions {
  /** Where the objects are. */
  readonly store: ObjectReader;
}

/** What grows may be a second old: that relieves us of many viewers behind a shared cache. */
const BRIEFLY = "public, max-age=1";

/** Answers requests for what was recorded, and for the page that shows it. */
export class Archive {
  readonly #store: ObjectReader;
  readonly #index: ArchiveIndex;
  readonly #now: () => number;
  readonly #texts = new TextCache();

  /** Reads nothing yet. */
  constructor(options: ArchiveOptions) {
    this.#store = options.store;
    this.#index = new ArchiveIndex(options);
    this.#now = options.now ?? Date.now;
  }

  /**
   * The response to a GET or HEAD request.
   *
   * @throws {HttpError} if there is no such thing, or not what is asked for of it.
   */
  async respond(request: Request, route: Route): Promise<Response> {
    const answer = await this.#find(request, route);
    return answer instanceof Response ? answer : await this.#texts.respond(request, answer);
  }

  async #find(request: Request, route: Route): Promise<Text | Response> {
    switch (route.kind) {
      case "asset":
        return findAsset(route.path) ?? notFound("There is no such address");
      case "health":
        return json("/healthz", "", () => ({ status: "ok" }), "no-store");
      case "list":
        return await this.#list();
      case "playlist":
        return this.#playlist(await this.#timeline(route.broadcast), route.name);
      case "timeline":
        return this.#describe(await this.#timeline(route.broadcast));
      case "init":
        return await this.#init(request, await this.#timeline(route.broadcast), route.digest);
      case "segment":
        return await this.#segment(request, await this.#timeline(route.broadcast), route.digest);
    }
  }

  async #timeline(broadcast: string): Promise<BroadcastTimeline> {
    return await this.#index.get(broadcast) ??
      notFound(`Nothing was recorded of a broadcast ${JSON.stringify(broadcast)}`);
  }

  async #list(): Promise<Text> {
    const timelines = await this.#index.list();
    const now = this.#now();
    const version = timelines.map((timeline) => versionOf(timeline, now)).join();
    return json("/archive", version, () => describeArchive(timelines, now));
  }

  #describe(timeline: BroadcastTimeline): Text {
    const now = this.#now();
    return json(
      `timeline ${timeline.broadcast}`,
      versionOf(timeline, now),
      () => describeTimeline(timeline, now),
    );
  }

  #playlist(timeline: BroadcastTimeline, name: string): Text {
    const { renditions, targetDuration, broadcast } = timeline;
    const rendition = playlistNames(renditions).get(name);
    const isMaster = name === "master";
    if (!isMaster && rendition === undefined && renditions.length > 0) {
      notFound(`The broadcast has nothing to play as ${JSON.stringify(name)}`);
    }
    if (renditions.length === 0) {
      throw new HttpError(
        STATUS_CODE.ServiceUnavailable,
        "not_ready",
        "Nothing can be played of the broadcast yet",
        { "retry-after": "1" },
      );
    }
    const ended = !timeline.isLive(this.#now());
    return {
      key: `playlist ${name} ${broadcast}`,
      version: isMaster
        ? `${timeline.read} ${timeline.listed}`
        : `${rendition!.segments.length} ${rendition!.end} ${targetDuration} ${ended}`,
      type: "application/vnd.apple.mpegurl",
      cacheControl: BRIEFLY,
      render: () =>
        isMaster
          ? renderMasterPlaylist(renditions)
          : renderMediaPlaylist(rendition!, { targetDuration, ended }),
    };
  }

  async #init(request: Request, timeline: BroadcastTimeline, digest?: Digest): Promise<Response> {
    if (digest !== undefined) {
      const { role } = timeline.init(digest) ?? notFound("The broadcast has no such object");
      return await objectResponse(request, { store: this.#store, digest, role });
    }
    const { renditions } = timeline;
    const { role, media } = renditions.find(({ role }) => role === "video") ?? renditions[0] ??
      notFound("The broadcast has no initialisation segment");
    const response = await objectResponse(request, {
      store: this.#store,
      digest: media!.init!,
      role,
      cacheControl: "no-cache",
    });
    response.headers.set("content-location", `init/${media!.init}.mp4`);
    return response;
  }

  async #segment(
    request: Request,
    timeline: BroadcastTimeline,
    digest: Digest,
  ): Promise<Response> {
    const { role } = timeline.segment(digest) ?? notFound("The broadcast has no such object");
    return await objectResponse(request, { store: this.#store, digest, role });
  }
}

function json(
  key: string,
  version: string,
  describe: () => unknown,
  cacheControl = BRIEFLY,
): Text {
  return {
    key,
    version,
    type: "application/json",
    cacheControl,
    render: () => JSON.stringify(describe()) + "\n",
  };
}

/** Changes whenever what can be told of the timeline does. */
function versionOf(timeline: BroadcastTimeline, now: number): string {
  return `${timeline.broadcast} ${timeline.read} ${timeline.listed} ${timeline.isLive(now)}`;
}

function notFound(reason: string): never {
  throw new HttpError(STATUS_CODE.NotFound, "not_found", reason);
}
