/** Catalogs whose frames are compressed: `catalog.json.z`. */

import type { Catalog, CatalogReader } from "./catalog.ts";
import { FrameInflater } from "./inflate.ts";

/** Follows a catalog over the frames of its track, which are one DEFLATE stream in each group. */
export class DeflatedCatalog implements CatalogReader {
  readonly #inflater = new FrameInflater();
  readonly #catalog: CatalogReader;

  /** The inflated frames are those of `catalog`. */
  constructor(catalog: CatalogReader) {
    this.#catalog = catalog;
  }

  /** Begins a group. */
  reset(): void {
    this.#inflater.reset();
    this.#catalog.reset();
  }

  /**
   * Takes the next frame of the group.
   *
   * @throws {SyntaxError} if it makes no sense, or one that it builds on did not.
   */
  push(frame: Uint8Array): Catalog {
    return this.#catalog.push(this.#inflater.push(frame));
  }
}
