/** A real moq-relay on the loopback interface, with a self-signed certificate. */

import { Process } from "../../support/process.ts";
import { tool } from "./tools.ts";
import { until } from "../../support/until.ts";

/** How a {@linkcode Relay} is started. */
export interface RelayOptions {
  /** Default: a free one. */
  port?: number;
  /** The only MoQ version it speaks. Default: all it knows. */
  version?: string;
}

/** A running relay that lets anybody publish and subscribe. */
export class Relay implements AsyncDisposable {
  readonly port: number;
  /** SHA-256 of its certificate, in hex. A restarted relay has another one. */
  readonly fingerprint: string;
  readonly #process: Process;

  private constructor(port: number, fingerprint: string, process: Process) {
    this.port = port;
    this.fingerprint = fingerprint;
    this.#process = process;
  }

  /** Starts a relay and waits until it listens on UDP and TCP. */
  static async start(options: RelayOptions = {}): Promise<Relay> {
    const port = options.port ?? freePort();
    const address = `127.0.0.1:${port}`;
    const process = new Process("moq-relay", tool("moq-relay"), {
      args: [
        ...["--server-bind", address, "--web-http-listen", address],
        ...["--tls-generate", "localhost", "--auth-public", ""],
        ...(options.version ? ["--server-version", options.version] : []),
      ],
    });
    try {
      await process.line(/listening addr=/);
      const fingerprint = await until("the relay's HTTP port", async () => {
        const response = await fetch(`http://${address}/certificate.sha256`).catch(() => undefined);
        return (await response?.text())?.trim();
      });
      return new Relay(port, fingerprint, process);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The development URL: a client fetches the fingerprint from it. */
  get url(): string {
    return `http://localhost:${this.port}/`;
  }

  /** The URL for a client that is told the fingerprint. */
  get secureUrl(): string {
    return `https://localhost:${this.port}/`;
  }

  /** The URL for QUIC without WebTransport, where the fingerprint has to be told, too. */
  get quicUrl(): string {
    return `moqt://localhost:${this.port}/`;
  }

  /** Waits until a broadcast is announced. */
  async announced(broadcast: string): Promise<void> {
    await until(`the relay to announce ${broadcast}`, async () => {
      const response = await fetch(new URL("/announced", this.url));
      return (await response.text()).split("\n").includes(broadcast);
    });
  }

  /** Kills the relay at once, as a crash would. */
  async crash(): Promise<void> {
    await this.#process.stop("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** A port that is free on UDP and TCP: a development relay serves both on one number. */
function freePort(): number {
  for (let attempt = 0; attempt < 20; attempt++) {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = tcp.addr;
    try {
      Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("Cannot find a port free on both UDP and TCP");
}
