/**
 * Catalogs of the MOQT Streaming Format: `catalog` (draft-ietf-moq-msf, draft-ietf-moq-cmsf). The
 * format they come from, `.catalog`, is read the same way: it has members that all tracks share
 * (draft-ietf-moq-catalogformat-01 §3.2.4), and initialisation segments in tracks of their own.
 */

import type { Catalog, CatalogReader, CatalogTrack } from "./catalog.ts";
import { type JsonObject, MAX_CATALOG, MAX_TRACKS, parseDocument } from "./catalog_document.ts";
import { base64 } from "./catalog_fields.ts";
import { gunzip } from "./inflate.ts";
import { isObject, type Json } from "./merge_patch.ts";
import { type MsfEntry, readEntry, readTrack } from "./msf_track.ts";

/** What changes were called before there were any others (draft-ietf-moq-msf-00 §5.1.3 to §5.1.5). */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ["addTracks", "add"],
  ["removeTracks", "remove"],
  ["cloneTracks", "clone"],
]);

interface Document {
  /** The tracks by their keys. */
  readonly entries: Map<string, MsfEntry>;
  /** Initialisation segments by the names that entries refer to them by. */
  readonly inits: ReadonlyMap<Json | undefined, Uint8Array>;
}

/**
 * Follows a catalog over the frames of its track. A frame is a whole document, or changes the one
 * before it (draft-ietf-moq-msf-01 §5.3).
 */
export class MsfCatalog implements CatalogReader {
  readonly #broadcast: string;
  /** Undefined when it is not known what changes would apply to. */
  #document: Document | undefined;

  /** Tracks that are not in `broadcast` are passed over. */
  constructor(broadcast: string) {
    this.#broadcast = broadcast;
  }

  /** Begins a group. */
  reset(): void {
    this.#document = undefined;
  }

  /**
   * Takes the next frame of the group.
   *
   * @throws {SyntaxError} if it makes no sense or is beyond all bounds, or changes what did not.
   */
  push(frame: Uint8Array): Catalog {
    const before = this.#document;
    this.#document = undefined;
    const value = parseDocument(gunzip(frame));
    const changes = value["deltaUpdate"] ? operations(value) : undefined;
    if (changes === undefined) this.#document = this.#read(value);
    else if (before !== undefined) this.#document = this.#change(before, changes);
    else throw new SyntaxError("Cannot read catalog: it changes one that could not be read");
    return this.#list(this.#document);
  }

  #read(value: JsonObject): Document {
    const { version } = value;
    if (version !== 1 && !(typeof version === "string" && /^(1|draft-\d+)$/.test(version))) {
      const text = JSON.stringify(version)?.slice(0, 40);
      throw new SyntaxError(`Cannot read catalog: it has version ${text}`);
    }
    const { initData, ...common } = readEntry(value["commonTrackFields"] ?? null);
    const entries = new Map<string, MsfEntry>();
    for (const item of arrayOf(value["tracks"])) {
      this.#declare(entries, { ...common, ...readEntry(item) });
    }
    return { entries, inits: readInits(value["initDataList"], initData) };
  }

  #change(before: Document, changes: Iterable<[operation: Json | undefined, Json]>): Document {
    const entries = new Map(before.entries);
    for (const [operation, item] of changes) {
      const entry = readEntry(item);
      const parent = this.#keyOf(readParent(item) ?? entry);
      const inherited = entries.get(parent);
      if (operation === "add") this.#declare(entries, entry);
      else if (operation === "remove") entries.delete(this.#keyOf(entry));
      else if (operation === "clone") this.#declare(entries, { ...inherited, ...entry });
      else if (operation === "update" && inherited !== undefined) {
        entries.delete(parent);
        this.#declare(entries, { ...inherited, ...entry });
      }
    }
    if (sizeOf(entries) > MAX_CATALOG) {
      throw new SyntaxError("Cannot read catalog: its changes make it too large");
    }
    return { ...before, entries };
  }

  #declare(entries: Map<string, MsfEntry>, entry: MsfEntry): void {
    const key = this.#keyOf(entry);
    // One more than are listed, to tell that there are too many.
    if (entries.size <= MAX_TRACKS || entries.has(key)) entries.set(key, entry);
  }

  /** What a track is known by: names are unique within their namespace. */
  #keyOf({ namespace, name }: MsfEntry): string {
    return JSON.stringify(this.#isOwn(namespace) ? [name] : [name, namespace]);
  }

  /** Names of broadcasts are relative to the path of the session; namespaces need not be. */
  #isOwn(namespace: string | number | undefined): boolean {
    return (namespace ?? "") === "" || `/${namespace}`.endsWith(`/${this.#broadcast}`);
  }

  #list({ entries, inits }: Document): Catalog {
    const tracks: CatalogTrack[] = [];
    const problems: string[] = [];
    for (const entry of entries.values()) {
      if (tracks.length + problems.length >= MAX_TRACKS) {
        problems.push("tracks: there are too many");
        break;
      }
      try {
        if (!this.#isOwn(entry.namespace)) throw new SyntaxError("it is in another broadcast");
        tracks.push(readTrack(entry, inits));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        problems.push(`track ${JSON.stringify(entry.name)?.slice(0, 80)}: ${error.message}`);
      }
    }
    return { tracks, problems };
  }
}

/** The changes of a document, one for each track, in the order of the document. */
function* operations(value: JsonObject): Generator<[operation: Json | undefined, item: Json]> {
  const updates = value["deltaUpdate"];
  const changes: [Json | undefined, Json | undefined][] = Array.isArray(updates)
    ? updates.filter(isObject).map(({ op, tracks }) => [op, tracks])
    : Object.entries(value).map(([member, tracks]) => [OPERATIONS.get(member), tracks]);
  for (const [operation, tracks] of changes) {
    for (const item of arrayOf(tracks)) yield [operation, item];
  }
}

/** What names the track that an entry is made from, if one is (draft-ietf-moq-msf-01 §5.2.33). */
function readParent(item: Json): MsfEntry | undefined {
  if (!isObject(item) || item["parentName"] === undefined) return undefined;
  return readEntry({ name: item["parentName"], namespace: item["parentNamespace"] ?? null });
}

function sizeOf(entries: ReadonlyMap<string, MsfEntry>): number {
  const sizes = entries.values().flatMap((entry) => Object.values(entry)).map((value) =>
    typeof value === "string" ? value.length : 0
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Each is decoded once, however many tracks share it. That of no name is for those that name none. */
function readInits(
  value: Json | undefined,
  common: Json | undefined,
): Map<Json | undefined, Uint8Array> {
  const inits = new Map<Json | undefined, Uint8Array>();
  const shared = base64(common);
  if (shared !== undefined) inits.set(undefined, shared);
  for (const { id, type = "inline", data } of arrayOf(value).filter(isObject)) {
    const init = type === "inline" ? base64(data) : undefined;
    if (typeof id === "string" && init !== undefined) inits.set(id, init);
  }
  return inits;
}

function arrayOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
