/**
 * ec-node records live television off Media-over-QUIC relays and plays any moment of it back. This
 * module has what the program is made of, for programs of your own.
 *
 * @example Record a broadcast until a key is pressed
 * ```ts ignore
 * import { createLogger, dialer, FileStore, parseRelayUrl, recordBroadcast } from "@every-channel/ec-node";
 *
 * const relay = parseRelayUrl("https://cdn.moq.dev/anon");
 * const stop = new AbortController();
 * const recording = recordBroadcast({
 *   relay: relay.safe,
 *   broadcast: "la-nbc",
 *   store: await FileStore.open("./archive", { create: true }),
 *   manifestDir: "./manifests",
 *   dial: dialer(relay, {}),
 *   stop: stop.signal,
 *   log: createLogger({ write: console.error }),
 * });
 * await Deno.stdin.read(new Uint8Array(1));
 * stop.abort();
 * await recording;
 * ```
 *
 * @example Serve what was recorded
 * ```ts ignore
 * import { createHandler, FileStore } from "@every-channel/ec-node";
 *
 * const store = await FileStore.open("./archive", { readOnly: true });
 * Deno.serve(createHandler({ store, manifestDir: "./manifests" }));
 * ```
 *
 * @module
 */

export type { BroadcastRecorderOptions } from "./lib/archive/broadcast_recorder.ts";
export * from "./lib/archive/dial.ts";
export * from "./lib/archive/record_broadcast.ts";
export * from "./lib/archive/track_stats.ts";
export * from "./lib/cas/digest.ts";
export * from "./lib/cas/digest_stream.ts";
export * from "./lib/cas/error.ts";
export * from "./lib/cas/file_store.ts";
export * from "./lib/cas/memory_store.ts";
export * from "./lib/cas/store.ts";
export * from "./lib/log.ts";
export * from "./lib/manifest/appender.ts";
export * from "./lib/manifest/lock.ts";
export * from "./lib/manifest/reader.ts";
export * from "./lib/manifest/record.ts";
export type { TornTail } from "./lib/manifest/recovery.ts";
export type { TrackTail } from "./lib/manifest/tail.ts";
export * from "./lib/moq/broadcast.ts";
export * from "./lib/moq/dialect.ts";
export * from "./lib/moq/error.ts";
export * from "./lib/moq/group.ts";
export * from "./lib/moq/group_parser.ts";
export * from "./lib/moq/publisher.ts";
export type { ReplayLog } from "./lib/moq/replay_log.ts";
export * from "./lib/moq/session.ts";
export { createHandler, type HandlerOptions, type RequestLog } from "./lib/serve/handler.ts";
export * from "./lib/transport/connect.ts";
export * from "./lib/transport/error.ts";
export * from "./lib/transport/listen.ts";
export * from "./lib/transport/relay_url.ts";
export * from "./lib/transport/session.ts";
export type { AcceptOptions, SessionRequest } from "./lib/transport/session_request.ts";
