import { decodeVarint, varintLength } from "../transport/varint.ts";
import { ProtocolError } from "./error.ts";
import type { FrameHeader, FramePart } from "./group.ts";

const EMPTY = new Uint8Array();

/** Options of {@linkcode GroupParser}. */
export interface GroupParserOptions {
  /** Whether frames carry a timestamp, as they do from moq-lite-05 on. Default: no. */
  timestamps?: boolean;
  /** Largest payload of a frame, in bytes. Default: 64 MiB. */
  maxFrameSize?: number;
  /** Largest sum of the payloads, in bytes. Default: 1 GiB. */
  maxGroupSize?: number;
  /** Most frames. Default: 1,000,000. */
  maxFrames?: number;
}

/**
 * Turns the bytes of a moq-lite group, after the group's header, into its frames: a
 * {@linkcode FrameHeader}, then views of the payload as they come in, adding up to its size. No
 * payload is held back, and none follows the header of an empty frame.
 *
 * Errors with a {@linkcode ProtocolError} if the bytes end within a frame or exceed a limit.
 */
export class GroupParser extends TransformStream<Uint8Array, FramePart> {
  readonly #timestamps: boolean;
  readonly #maxFrameSize: number;
  readonly #maxGroupSize: number;
  readonly #maxFrames: number;
  /** The start of a varint whose end has not arrived. */
  #partial: Uint8Array = EMPTY;
  /** Payload still to come of the current frame. */
  #remaining = 0;
  /** What the current frame's header says so far. */
  #delta: number | undefined;
  #timestamp = 0;
  #frames = 0;
  #size = 0;

  /** Starts at the first frame. */
  constructor(options: GroupParserOptions = {}) {
    super({
      transform: (chunk, controller) => this.#parse(chunk, controller),
      flush: () => this.#finish(),
    });
    this.#timestamps = options.timestamps ?? false;
    this.#maxFrameSize = options.maxFrameSize ?? 64 * 2 ** 20;
    this.#maxGroupSize = options.maxGroupSize ?? 2 ** 30;
    this.#maxFrames = options.maxFrames ?? 1_000_000;
  }

  #parse(chunk: Uint8Array, controller: TransformStreamDefaultController<FramePart>): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#remaining > 0) {
        const payload = chunk.subarray(offset, offset + this.#remaining);
        offset += payload.length;
        this.#remaining -= payload.length;
        controller.enqueue(payload);
        continue;
      }
      const held = this.#partial.length;
      const length = varintLength((held > 0 ? this.#partial : chunk.subarray(offset))[0]!);
      const more = chunk.subarray(offset, offset + length - held);
      offset += more.length;
      const varint = held > 0 ? Uint8Array.of(...this.#partial, ...more) : more;
      // A copy: the rest of the chunk, which may be large, need not stay for these few bytes.
      if (varint.length < length) this.#partial = varint.slice();
      else this.#field(varint, controller);
    }
  }

  #field(varint: Uint8Array, controller: TransformStreamDefaultController<FramePart>): void {
    this.#partial = EMPTY;
    let value;
    try {
      value = decodeVarint(varint);
    } catch (cause) {
      throw this.#error("has an integer that exceeds 2^53 - 1", cause);
    }
    if (this.#timestamps && this.#delta === undefined) {
      // Zigzag: even numbers are zero and up, odd ones negative.
      this.#delta = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      return;
    }
    controller.enqueue(this.#header(value));
  }

  #header(size: number): FrameHeader {
    if (size > this.#maxFrameSize) {
      throw this.#error(`is ${size} bytes, limit is ${this.#maxFrameSize}`);
    }
    this.#size += size;
    if (this.#size > this.#maxGroupSize) {
      throw this.#error(`makes it ${this.#size} bytes, limit is ${this.#maxGroupSize}`);
    }
    if (this.#frames >= this.#maxFrames) {
      throw this.#error(`exceeds the limit of ${this.#maxFrames} frames`);
    }
    this.#timestamp += this.#delta ?? 0;
    if (this.#timestamp < 0 || !Number.isSafeInteger(this.#timestamp)) {
      throw this.#error("has a timestamp outside of 0..2^53-1");
    }
    this.#delta = undefined;
    this.#remaining = size;
    this.#frames++;
    return this.#timestamps ? { size, timestamp: this.#timestamp } : { size };
  }

  #finish(): void {
    if (this.#remaining > 0 || this.#partial.length > 0 || this.#delta !== undefined) {
      throw new ProtocolError(
        `Cannot read group: stream ends within frame ${
          this.#remaining > 0 ? this.#frames - 1 : this.#frames
        }`,
      );
    }
  }

  #error(what: string, cause?: unknown): ProtocolError {
    return new ProtocolError(`Cannot read group: frame ${this.#frames} ${what}`, { cause });
  }
}
