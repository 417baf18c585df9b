/** A publisher that tests steer: broadcasts served over real WebTransport on loopback. */

import { dialer } from "../../lib/archive/dial.ts";
import { Broadcast } from "../../lib/moq/broadcast.ts";
import { publish } from "../../lib/moq/publisher.ts";
import type { MoqSession } from "../../lib/moq/session.ts";
import { listen, type Listener } from "../../lib/transport/listen.ts";
import { parseRelayUrl } from "../../lib/transport/relay_url.ts";
import { createSelfSigned } from "../../lib/transport/self_signed.ts";
import type { Session } from "../../lib/transport/session.ts";

/** Options of {@linkcode TestOrigin.start}. */
export interface TestOriginOptions {
  /** The WebTransport subprotocol to choose. @default {"moq-lite-05"} */
  protocol?: string;
  /** HTTP status to refuse sessions with. */
  refuse?: number;
  /** Accept sessions and never say a word in them. */
  silent?: boolean;
}

/** Accepts sessions and publishes what it is given. */
export class TestOrigin implements AsyncDisposable {
  /** What sessions that come from now on get to see. */
  broadcasts: Broadcast[] = [];
  /** Code to close sessions with that come from now on, as soon as they are accepted. */
  closeCode: number | undefined;
  /** How many sessions were accepted. */
  accepted = 0;
  readonly fingerprint: string;
  readonly #listener: Listener;
  readonly #sessions = new Set<Session>();
  readonly #serving: Promise<void>;
  readonly #options: TestOriginOptions;

  private constructor(listener: Listener, fingerprint: string, options: TestOriginOptions) {
    this.#listener = listener;
    this.fingerprint = fingerprint;
    this.#options = options;
    this.#serving = this.#serve();
  }

  static async start(options: TestOriginOptions = {}): Promise<TestOrigin> {
    const { cert, key, fingerprint } = await createSelfSigned();
    const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
    return new TestOrigin(listener, fingerprint, options);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get url(): string {
    return `https://localhost:${this.port}/`;
  }

  /** Opens sessions to this origin. */
  get dial(): (signal: AbortSignal) => Promise<MoqSession> {
    return dialer(parseRelayUrl(this.url), {
      fingerprint: this.fingerprint,
      connectTo: `127.0.0.1:${this.port}`,
    });
  }

  /** Adds a broadcast. */
  broadcast(name: string): Broadcast {
    const broadcast = new Broadcast(name);
    this.broadcasts.push(broadcast);
    return broadcast;
  }

  /** Ends all sessions that are open. */
  dropSessions(closeCode = 1): void {
    for (const session of this.#sessions) session.close({ closeCode, reason: "test" });
  }

  /** Sends a stream of these bytes to each of the first subscriptions of every session. */
  async injectGroups(bytes: (subscription: number) => number[]): Promise<void> {
    for (const session of this.#sessions) {
      for (let subscription = 0; subscription < 4; ++subscription) {
        const writer = (await session.createUnidirectionalStream()).getWriter();
        await writer.write(Uint8Array.from(bytes(subscription)));
        await writer.close();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropSessions();
    await this.#listener.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const { protocol = "moq-lite-05", refuse, silent } = this.#options;
    const served: Promise<void>[] = [];
    for await (const request of this.#listener) {
      if (refuse !== undefined) {
        await request.reject(refuse);
        continue;
      }
      const session = await request.accept({ protocol });
      this.accepted += 1;
      if (this.closeCode !== undefined) {
        session.close({ closeCode: this.closeCode });
        continue;
      }
      this.#sessions.add(session);
      if (silent) continue;
      served.push(
        publish(session, this.broadcasts).catch(() => {})
          .finally(() => this.#sessions.delete(session)),
      );
    }
    await Promise.all(served);
  }
}
