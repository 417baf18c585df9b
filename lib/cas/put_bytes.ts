import type { ObjectStore, StoredObject } from "./store.ts";

/** Stores bytes that are at hand, e.g. an initialisation segment. Durable when it fulfils. */
export function putBytes(store: ObjectStore, bytes: Uint8Array): Promise<StoredObject> {
  return store.put(ReadableStream.from([bytes]));
}
