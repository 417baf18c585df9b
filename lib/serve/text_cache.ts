/** Texts that are made anew only when they change, and compressed once. */

import { eTag, ifNoneMatch } from "@std/http/etag";
import { acceptsEncodings } from "@std/http/negotiation";
import { STATUS_CODE } from "@std/http/status";

/** A text and where it stands. */
export interface Text {
  /** Names the text. */
  readonly key: string;
  /** Changes with the text. */
  readonly version: string;
  /** Its media type. */
  readonly type: string;
  /** How it may be cached. */
  readonly cacheControl: string;
  /** Header fields beyond those of every text. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it. */
  readonly render: () => string;
}

/** A text that was made. */
interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** One gzip member: browsers read no more than that. */
  gzip?: Promise<Uint8Array<ArrayBuffer>>;
}

/** Texts shorter than this, in bytes, are not worth compressing. */
const MIN_COMPRESSED = 256;

/** How much is kept by default, in bytes before compression. */
const DEFAULT_LIMIT = 64 * 1024 * 1024;

/** Keeps texts and their compressed forms: those that were used last, up to a number of bytes. */
export class TextCache {
  readonly #entries = new Map<string, { version: string; entry: Promise<Entry> }>();
  readonly #sizes = new Map<string, number>();
  readonly #limit: number;
  #size = 0;

  /** Keeps at most `limit` bytes, not counting compressed forms, or the one text that is larger. */
  constructor(limit: number = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** Answers with the text, in the form and under the conditions that the request asks for. */
  async respond(request: Request, text: Text): Promise<Response> {
    const entry = await this.#get(text);
    const headers = {
      etag: entry.etag,
      "cache-control": text.cacheControl,
      vary: "accept-encoding",
      ...text.headers,
    };
    if (!ifNoneMatch(request.headers.get("if-none-match"), entry.etag)) {
      return new Response(null, { status: STATUS_CODE.NotModified, headers });
    }
    const compress = entry.bytes.length >= MIN_COMPRESSED &&
      request.headers.has("accept-encoding") &&
      acceptsEncodings(request, "gzip", "identity") === "gzip";
    const body = compress ? await (entry.gzip ??= gzip(entry.bytes)) : entry.bytes;
    return new Response(request.method === "HEAD" ? null : body, {
      headers: {
        ...headers,
        "content-type": text.type,
        "content-length": String(body.length),
        ...(compress && { "content-encoding": "gzip" }),
      },
    });
  }

  async #get({ key, version, render }: Text): Promise<Entry> {
    let cached = this.#entries.get(key);
    if (cached?.version !== version) cached = { version, entry: make(render()) };
    // The last used goes last.
    this.#entries.delete(key);
    this.#entries.set(key, cached);
    const entry = await cached.entry;
    if (this.#entries.get(key) === cached) this.#account(key, entry.bytes.length);
    return entry;
  }

  #account(key: string, size: number): void {
    this.#size += size - (this.#sizes.get(key) ?? 0);
    this.#sizes.set(key, size);
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit || oldest === key) return;
      this.#size -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
      this.#entries.delete(oldest);
    }
  }
}

async function make(text: string): Promise<Entry> {
  const bytes = new TextEncoder().encode(text);
  // Weak, because the compressed form has the same.
  return { bytes, etag: (await eTag(bytes, { weak: true }))! };
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
