/** The tracks of broadcasts that have no catalog, and those that catalogs come by. */

import type { CatalogTrack } from "./catalog.ts";

/** The tracks that catalogs come by, of whatever format. */
export const CATALOG_TRACKS = ["catalog.json", "catalog.json.z", "catalog", ".catalog"] as const;

/** The track whose frame is the initialisation segment of all media tracks. */
export const INIT_TRACK = "init.mp4";

/** Whether the name is that of a catalog or of the shared initialisation segment. */
export function isReserved(name: string): boolean {
  return name === INIT_TRACK || (CATALOG_TRACKS as readonly string[]).includes(name);
}

/** What to ask for where there is no catalog to tell. */
export function defaultTracks(): CatalogTrack[] {
  return [
    { name: INIT_TRACK, role: "data", container: "raw" },
    { name: "video0.m4s", role: "video", container: "cmaf" },
    { name: "audio0.m4s", role: "audio", container: "cmaf" },
  ];
}
