/**
 * A recorder to be killed: stores objects and appends their records, a day every four records, and
 * prints the number of each record once it is in the manifest. Arguments: the directory, and how
 * many records to write before it ends by itself.
 */

import { objectPath } from "../../lib/cas/digest.ts";
import { FileStore } from "../../lib/cas/file_store.ts";
import { putBytes } from "../../lib/cas/put_bytes.ts";
import { ManifestAppender } from "../../lib/manifest/appender.ts";
import { BROADCAST, runRecord, spanRecord, TRACK } from "./records.ts";

const [directory, limit = "Infinity"] = Deno.args;
const root = `${directory}/manifests`;
const store = await FileStore.open(`${directory}/objects`, { create: true });
await using manifest = await ManifestAppender.open({ root, broadcast: BROADCAST, track: TRACK });

const next = () => (manifest.last.msn ?? -1) + 1;
const timeOf = (msn: number) =>
  new Date(Date.UTC(2026, 10, 22) + msn * 6 * 3600 * 1000).toISOString();

for (let written = 0; written < Number(limit); ++written) {
  const msn = next();
  const at = timeOf(msn);
  if (written === 0) await manifest.append(runRecord({ at }));
  const bytes = new Uint8Array(100 + (msn * 7919) % 100_000);
  new DataView(bytes.buffer).setUint32(0, msn);
  const { digest, size } = await putBytes(store, bytes);
  await manifest.append(
    spanRecord(msn, { at, hash: digest, path: objectPath(digest), size, frames: [[size]] }),
  );
  Deno.stdout.writeSync(new TextEncoder().encode(`${msn}\n`));
}
