/** Which tracks catalogs come by, and how each is read. */

import type { CatalogReader } from "./catalog.ts";
import { CATALOG_TRACKS } from "./default_tracks.ts";
import { DeflatedCatalog } from "./deflated_catalog.ts";
import { HangCatalog } from "./hang.ts";
import { MsfCatalog } from "./msf.ts";

type Format = (broadcast: string) => CatalogReader;

const FORMATS: ReadonlyMap<string, Format> = new Map(Object.entries(
  {
    "catalog.json": () => new HangCatalog(),
    "catalog.json.z": () => new DeflatedCatalog(new HangCatalog()),
    "catalog": (broadcast) => new MsfCatalog(broadcast),
    ".catalog": (broadcast) => new MsfCatalog(broadcast),
  } satisfies Record<typeof CATALOG_TRACKS[number], Format>,
));

/** The tracks that the catalog of the broadcast may come by, the likeliest first. */
export function catalogTracks(broadcast: string): readonly string[] {
  if (!broadcast.endsWith(".msf")) return CATALOG_TRACKS;
  return ["catalog", ...CATALOG_TRACKS.filter((track) => track !== "catalog")];
}

/** Reads the catalog of the broadcast that comes by the track; undefined if none does. */
export function catalogReader(track: string, broadcast: string): CatalogReader | undefined {
  return FORMATS.get(track)?.(broadcast);
}
