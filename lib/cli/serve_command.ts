/** `ec-node serve` */

import { FileStore } from "../cas/file_store.ts";
import type { Logger } from "../log.ts";
import { createHandler, type HandlerOptions } from "../serve/handler.ts";
import { reasonOf } from "../reason.ts";
import type { Command, CommandContext } from "./command.ts";
import { parseListen } from "./flags.ts";

/** How long responses that are under way may take once the server is stopped, in milliseconds. */
const GRACE = 3000;

/** Serves what was recorded. */
export const serveCommand: Command = {
  name: "serve",
  aliases: ["wt-archive-serve"],
  summary: "Serve recorded broadcasts as HLS, with a page that plays them",
  flags: {
    "output-dir": { value: "DIR", required: true, help: "Where the objects are" },
    "manifest-dir": { value: "DIR", required: true, help: "Where the manifests are" },
    "listen": { value: "HOST:PORT", default: "0.0.0.0:7788", help: "Where to listen" },
  },
  examples: [
    "ec-node serve --output-dir /tank/archive --manifest-dir /var/lib/ec-node/manifests",
    "ec-node serve --output-dir ./archive --manifest-dir ./manifests --listen 127.0.0.1:8080",
  ],

  async run({ options, log, stop }: CommandContext): Promise<void> {
    const listen = parseListen(options.need("listen"));
    const store = await FileStore.open(options.need("output-dir"), { readOnly: true });
    const server = startServer({ store, manifestDir: options.need("manifest-dir") }, listen, log);
    if (!stop.aborted) {
      await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
    }
    await stopServer(server);
  },
};

/**
 * Starts an HTTP server for an archive and says in the log where it listens.
 *
 * @throws {Error} if the address cannot be listened on.
 */
export function startServer(
  archive: Pick<HandlerOptions, "store" | "manifestDir">,
  listen: { hostname: string; port: number },
  log: Logger,
): Deno.HttpServer<Deno.NetAddr> {
  const address = `${listen.hostname}:${listen.port}`;
  const handler = createHandler({
    ...archive,
    log: ({ error, ...request }) => {
      const fields = { ...request, ms: Math.round(request.ms) };
      if (error === undefined) log.debug("Request", fields);
      else log.error("Request failed", { ...fields, reason: String(error) });
    },
    onBad: ({ path, line, reason }) =>
      log.warn("Line of a manifest cannot be read and is passed over", { path, line, reason }),
  });
  try {
    return Deno.serve({
      ...listen,
      onListen: ({ hostname, port }) =>
        log.info(
          `Listening on http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`,
        ),
    }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Error(`Cannot listen on ${address}: something else does; choose another --listen`);
    }
    throw new Error(`Cannot listen on ${address}: ${reasonOf(error)}`);
  }
}

/** Stops a server: what is under way is finished, but not waited for long. */
export async function stopServer(server: Deno.HttpServer): Promise<void> {
  const finished = server.shutdown();
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, GRACE);
  await Promise.race([finished, timer.promise]);
  clearTimeout(timeout);
}
