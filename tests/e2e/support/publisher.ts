/** A live broadcast: ffmpeg's test pattern and tone, published by moq-cli. */

import { Process } from "../../support/process.ts";
import type { Relay } from "./relay.ts";
import { tool } from "./tools.ts";

/** What a {@linkcode Publisher} sends. */
export interface PublisherOptions {
  relay: Relay;
  broadcast: string;
}

/** Frames per second of the pattern. */
export const FRAME_RATE = 30;

/** Frames per group: every group starts with a key frame and lasts two seconds. */
export const GROUP_FRAMES = 60;

/** What moq-cli calls the tracks. */
export const VIDEO = "0.m4s";
export const AUDIO = "1.m4s";

/** Size of the picture in pixels. */
export const PICTURE = { width: 640, height: 360 } as const;

/** A running encoder and publisher. */
export class Publisher implements AsyncDisposable {
  readonly #encoder: Process;
  readonly #sender: Process;
  readonly #piped: Promise<void>;

  private constructor(encoder: Process, sender: Process) {
    this.#encoder = encoder;
    this.#sender = sender;
    // Fails when either side is stopped first, which is how it always ends.
    this.#piped = encoder.stdout.pipeTo(sender.stdin).catch(() => {});
  }

  /** Starts to publish and waits until the relay announces the broadcast. */
  static async start({ relay, broadcast }: PublisherOptions): Promise<Publisher> {
    const sender = new Process("moq", tool("moq"), {
      args: [
        ...["--client-connect", relay.url, "--broadcast", broadcast],
        // By default it takes half a minute to notice that the relay is gone.
        ...["--client-quic-idle-timeout", "2s", "--client-quic-keep-alive", "500ms"],
        ...["import", "fmp4"],
      ],
      stdin: "piped",
    });
    const encoder = new Process("ffmpeg", tool("ffmpeg"), {
      args: encoderArguments(),
      stdout: "piped",
    });
    const publisher = new Publisher(encoder, sender);
    try {
      await relay.announced(broadcast);
      return publisher;
    } catch (error) {
      await publisher[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The sender first: it would wait for a stream that nobody reads any more.
    await this.#sender[Symbol.asyncDispose]();
    await this.#encoder[Symbol.asyncDispose]();
    await this.#piped;
  }
}

/** One fragment per frame, as live encoders do it; audio in packets of 1024 samples. */
function encoderArguments(): string[] {
  const { width, height } = PICTURE;
  return [
    ["-nostdin", "-v", "error"],
    ["-re", "-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${FRAME_RATE}`],
    ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
    ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
    ["-b:v", "800k", "-g", `${GROUP_FRAMES}`, "-keyint_min", `${GROUP_FRAMES}`],
    ["-sc_threshold", "0", "-bf", "0", "-c:a", "aac", "-b:a", "96k"],
    ["-f", "mp4", "-movflags", "cmaf+separate_moof+delay_moov+skip_trailer+frag_every_frame", "-"],
  ].flat();
}
