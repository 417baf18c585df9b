/** The tracks of broadcasts that have no catalog. */

import type { CatalogTrack } from "./catalog.ts";

/** The track that a catalog comes by. */
export const CATALOG_TRACK = "catalog.json";

/** The track whose frame is the initialisation segment of all media tracks. */
export const INIT_TRACK = "init.mp4";

/** What to ask for where there is no catalog to tell. */
export function defaultTracks(): CatalogTrack[] {
  return [
    { name: CATALOG_TRACK, role: "data", container: "raw" },
    { name: INIT_TRACK, role: "data", container: "raw" },
    { name: "video0.m4s", role: "video", container: "cmaf" },
    { name: "audio0.m4s", role: "audio", container: "cmaf" },
  ];
}
