import { ProtocolError } from "../error.ts";
import { CloseCode } from "./error_code.ts";

/** Most namespaces at a time. */
const MAX_NAMESPACES = 65_536;

/** Told what comes and goes. */
export type NamespaceListener = (path: string, status: "active" | "ended") => void;

/** The namespaces that a peer has announced to the session as a whole. */
export class NamespaceBoard {
  readonly #live = new Map<string, number>();
  readonly #listeners = new Set<NamespaceListener>();

  /**
   * Notes an announcement.
   *
   * @throws {ProtocolError} if there are too many.
   */
  add(path: string): void {
    const count = this.#live.get(path) ?? 0;
    if (count === 0 && this.#live.size >= MAX_NAMESPACES) {
      throw new ProtocolError(`Cannot list broadcasts: more than ${MAX_NAMESPACES}`, {
        code: CloseCode.tooManyRequests,
      });
    }
    this.#live.set(path, count + 1);
    if (count === 0) { for (const listener of this.#listeners) listener(path, "active"); }
  }

  /** Takes an announcement back; one that is not there is none. */
  remove(path: string): void {
    const count = this.#live.get(path);
    if (count === undefined) return;
    if (count > 1) return void this.#live.set(path, count - 1);
    this.#live.delete(path);
    for (const listener of this.#listeners) listener(path, "ended");
  }

  /**
   * Tells what is there and then what changes.
   *
   * @returns A function that ends this.
   */
  watch(listener: NamespaceListener): () => void {
    for (const path of this.#live.keys()) listener(path, "active");
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
