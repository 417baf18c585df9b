/** What a person wants to know of a track while it is recorded. */

import type { StoredObject } from "../cas/store.ts";

/** Counters of one track; they only ever grow. */
export class TrackStats {
  /** Groups stored. */
  groups = 0;
  /** Payload bytes received. */
  received = 0;
  /** Bytes of the spans stored. */
  stored = 0;
  /** Bytes of those that the store had already. */
  deduplicated = 0;
  /** Gap records written. */
  gaps = 0;
  /** When payload came last, in milliseconds since the Unix epoch. */
  lastAt: number | undefined;

  /** Takes note of payload that came. */
  receive(bytes: number): void {
    this.received += bytes;
    this.lastAt = Date.now();
  }

  /** Takes note of a span that is durable. */
  store(groups: number, object: StoredObject): void {
    this.groups += groups;
    this.stored += object.size;
    if (object.existed) this.deduplicated += object.size;
  }
}
