/** What a catalog says of a broadcast's tracks, whatever its format. */

/** A track that a catalog names. */
export interface CatalogTrack {
  /** Name to subscribe to. */
  readonly name: string;
  /** What it carries. */
  readonly role: "video" | "audio" | "data";
  /** How media is wrapped inside its frames; "raw" for what is not media, or in no way we know. */
  readonly container: "cmaf" | "legacy" | "loc" | "raw";
  /** Codec parameter of RFC 6381. */
  readonly codec?: string;
  /** The initialisation segment, where the catalog has it. */
  readonly init?: Uint8Array;
  /** Name of the track whose frame is the initialisation segment, where it comes that way. */
  readonly initTrack?: string;
  /** Media ticks per second, where the catalog says. */
  readonly timescale?: number;
  /** Width of the picture in pixels. */
  readonly width?: number;
  /** Height of the picture in pixels. */
  readonly height?: number;
  /** Pictures per second. */
  readonly framerate?: number;
  /** Bits per second. */
  readonly bitrate?: number;
  /** Audio samples per second. */
  readonly sampleRate?: number;
  /** Number of audio channels. */
  readonly channels?: number;
}

/** What a catalog says. */
export interface Catalog {
  /** The tracks, in the order of the catalog. */
  readonly tracks: readonly CatalogTrack[];
  /** Entries that were passed over, and why; about 64 at most. */
  readonly problems: readonly string[];
}

/** Follows a catalog over the frames of its track. */
export interface CatalogReader {
  /** Begins a group. */
  reset(): void;
  /**
   * Takes the next frame of the group.
   *
   * @throws {SyntaxError} if it makes no sense, or one that it builds on did not.
   */
  push(frame: Uint8Array): Catalog;
}
