/** `ec-node demo` */

import { dialer } from "../archive/dial.ts";
import { recordBroadcast } from "../archive/record_broadcast.ts";
import { FileStore } from "../cas/file_store.ts";
import { startOrigin } from "../demo/origin.ts";
import { provePlayable } from "../demo/proof.ts";
import { sleep } from "../sleep.ts";
import { parseRelayUrl } from "../transport/relay_url.ts";
import type { Command, CommandContext } from "./command.ts";
import { parseListen, UsageError } from "./flags.ts";
import { startServer, stopServer } from "./serve_command.ts";
import { formatBytes, showRecording } from "./track_lines.ts";

/** The broadcast of the demo. */
const BROADCAST = "demo";

/** Publishes, records and serves a sample. */
export const demoCommand: Command = {
  name: "demo",
  aliases: [],
  summary: "Publish, record and serve a sample broadcast in one process",
  flags: {
    "seconds": {
      value: "N",
      help: "End after N seconds, once all that was recorded is proved playable",
    },
    "listen": {
      value: "HOST:PORT",
      default: "127.0.0.1:0",
      help: "Where to serve; port 0 finds a free one",
    },
    "output-dir": {
      value: "DIR",
      help: "Keep objects and manifests here; else they go with the demo",
    },
  },
  examples: [
    "ec-node demo",
    "ec-node demo --seconds 10 --output-dir ./demo",
  ],

  async run({ options, log, stop, print, status }: CommandContext): Promise<void> {
    const seconds = secondsOption(options.get("seconds"));
    const kept = options.get("output-dir");
    const directory = kept ?? await Deno.makeTempDir({ prefix: "ec-node-demo-" });
    const manifestDir = `${directory}/manifests`;
    const ended = new AbortController();
    const over = AbortSignal.any([stop, ended.signal]);
    try {
      const store = await FileStore.open(directory, { create: true });
      await Deno.mkdir(manifestDir, { recursive: true });
      await using origin = await startOrigin(BROADCAST);
      const relay = parseRelayUrl(origin.url);
      const server = startServer({ store, manifestDir }, parseListen(options.need("listen")), log);
      const base = `http://${server.addr.hostname}:${server.addr.port}`;
      print(`Watch and scrub:  ${base}/?broadcast=${BROADCAST}`);
      print(`Bytes on disk:    ${directory}/objects/blake3`);

      using shown = showRecording(BROADCAST, status);
      const recording = recordBroadcast({
        broadcast: BROADCAST,
        relay: relay.safe,
        store,
        manifestDir,
        log,
        dial: dialer(relay, { fingerprint: origin.fingerprint }),
        stop: over,
        onStart: shown.onStart,
      });
      recording.catch(() => {}).finally(() => ended.abort());
      await sleep(seconds === undefined ? 2 ** 31 - 1 : seconds * 1000, over);
      ended.abort();
      await recording;
      if (seconds !== undefined && !stop.aborted) {
        for (const proof of await provePlayable(`${base}/archive/${BROADCAST}/master.m3u8`)) {
          print(
            `Playable: ${proof.playlist.split("/").at(-1)}: ${proof.segments} segments, ` +
              `${proof.seconds.toFixed(2)} s, ${formatBytes(proof.bytes)}, every hash is right`,
          );
        }
      }
      await stopServer(server);
    } finally {
      if (kept === undefined) await Deno.remove(directory, { recursive: true });
    }
  },
};

function secondsOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds >= 5 && seconds <= 86_400)) {
    throw new UsageError(`Cannot end after "${text}" seconds: give a number from 5 to 86400`);
  }
  return seconds;
}
