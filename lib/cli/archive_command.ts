/** `ec-node archive` */

import { dialer, type DialOptions } from "../archive/dial.ts";
import { recordBroadcast } from "../archive/record_broadcast.ts";
import { FileStore } from "../cas/file_store.ts";
import { type Dialect, DIALECTS } from "../moq/dialect.ts";
import { assertSeparateRoots } from "../manifest/roots.ts";
import { parseRelayUrl, type RelayUrl } from "../transport/relay_url.ts";
import { reasonOf } from "../reason.ts";
import type { Command, CommandContext } from "./command.ts";
import { type FlagValues, UsageError } from "./flags.ts";
import { showRecording } from "./track_lines.ts";

/** Records a broadcast off a relay. */
export const archiveCommand: Command = {
  name: "archive",
  aliases: ["wt-archive"],
  summary: "Record a broadcast off a MoQ relay until told to stop",
  flags: {
    "url": {
      value: "URL",
      required: true,
      help:
        "Relay: https:// (WebTransport), moqt:// or moql:// (QUIC), http:// (local development)",
    },
    "name": { value: "BROADCAST", required: true, help: "Broadcast, relative to the URL's path" },
    "track": {
      value: "TRACK",
      list: true,
      help: "Track to record, instead of all that the catalog names",
    },
    "output-dir": { value: "DIR", required: true, help: "Where objects go (objects/blake3/…)" },
    "manifest-dir": { value: "DIR", required: true, help: "Where manifests go" },
    "tls-ca": { value: "FILE", help: "Trust the certificates in this PEM file, too" },
    "tls-fingerprint": {
      value: "SHA256",
      help: "Trust exactly the certificate with this fingerprint",
    },
    "protocol": { value: "DIALECT", help: "Speak this dialect only, e.g. moq-lite-04 or moqt-16" },
    "connect": {
      value: "HOST[:PORT]",
      help: "Dial this address; name and certificate stay the URL's",
    },
  },
  examples: [
    "ec-node archive --url https://cdn.moq.dev/anon --name la-nbc \\",
    "    --output-dir /tank/archive --manifest-dir /var/lib/ec-node/manifests",
    "ec-node archive --url http://localhost:4443 --name test --track catalog.json,video0.m4s \\",
    "    --output-dir ./archive --manifest-dir ./manifests",
  ],

  async run({ options, log, stop, status }: CommandContext): Promise<void> {
    const relay = relayOption(options.need("url"));
    const broadcast = broadcastOption(options.need("name"));
    const outputDir = options.need("output-dir");
    const manifestDir = options.need("manifest-dir");
    const tracks = options.list("track");
    const dial = dialer(relay, await dialOptions(options));
    assertSeparateRoots(outputDir, manifestDir);
    const store = await FileStore.open(outputDir, { create: true });

    log.info("Archiving", { broadcast, relay: relay.safe, outputDir, manifestDir });
    using shown = showRecording(broadcast, status);
    await recordBroadcast({
      broadcast,
      relay: relay.safe,
      ...(tracks.length > 0 && { tracks }),
      store,
      manifestDir,
      log,
      dial,
      stop,
      onStart: shown.onStart,
    });
    log.info("Stopped; everything received is stored", { broadcast });
  },
};

function relayOption(text: string): RelayUrl {
  try {
    return parseRelayUrl(text);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** Paths of broadcasts have no empty parts and no way up. */
function broadcastOption(text: string): string {
  const parts = text.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new UsageError(
      `Cannot record broadcast ${JSON.stringify(text)}: a name consists of parts joined by "/", ` +
        `none of them empty, "." or ".."`,
    );
  }
  return text;
}

async function dialOptions(options: FlagValues): Promise<DialOptions> {
  const ca = options.get("tls-ca");
  const fingerprint = options.get("tls-fingerprint");
  const connectTo = options.get("connect");
  const protocol = options.get("protocol");
  return {
    ...(ca !== undefined && { caCerts: [await readCertificates(ca)] }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(connectTo !== undefined && { connectTo }),
    ...(protocol !== undefined && { dialect: dialectOption(protocol) }),
  };
}

function dialectOption(text: string): Dialect {
  const dialect = DIALECTS.find((dialect) => dialect === text);
  if (dialect !== undefined) return dialect;
  throw new UsageError(`Cannot speak "${text}": give one of ${DIALECTS.join(", ")}`);
}

async function readCertificates(path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read --tls-ca ${path}: ${reasonOf(error)}`);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new UsageError(`Cannot use --tls-ca ${path}: it contains no PEM certificate`);
  }
  return text;
}
