/** A small origin: publishes a sample over and over, as a live broadcast. */

import { FragmentScanner } from "../media/fragment_scanner.ts";
import { type InitSegment, parseInitSegment } from "../media/init_segment.ts";
import { shiftFragment } from "../media/retime.ts";
import { Broadcast, type GroupWriter, type TrackWriter } from "../moq/broadcast.ts";
import { publish } from "../moq/publisher.ts";
import { PUBLISH_SUBPROTOCOLS } from "../moq/dialect.ts";
import { sleep } from "../sleep.ts";
import { listen, type Listener } from "../transport/listen.ts";
import { createSelfSigned } from "../transport/self_signed.ts";
import { loadSample, type SampleTrack } from "./sample.ts";

/** A fragment of the sample and where it belongs. */
interface Cue {
  readonly track: "video" | "audio";
  readonly fragment: Uint8Array;
  /** Media time at which it ends, in seconds from the start of the sample. */
  readonly end: number;
  /** Whether a group begins with it. */
  readonly startsGroup: boolean;
}

/** The origin, running. */
export interface DemoOrigin extends AsyncDisposable {
  /** Where to connect to. */
  readonly url: string;
  /** SHA-256 fingerprint of its certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** Starts an origin on a free loopback port that publishes `name` until disposed of. */
export async function startOrigin(name: string): Promise<DemoOrigin> {
  const { cert, key, fingerprint } = await createSelfSigned(["localhost", "127.0.0.1"]);
  const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
  const broadcast = new Broadcast(name);
  const stop = new AbortController();
  const serving = serve(listener, broadcast);
  const playing = play(broadcast, stop.signal);
  return {
    url: `https://localhost:${listener.addr.port}/`,
    fingerprint,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await playing;
      listener.close();
      await serving;
    },
  };
}

async function serve(listener: Listener, broadcast: Broadcast): Promise<void> {
  const sessions = new Set<Promise<void>>();
  for await (const request of listener) {
    const protocol = request.protocols.find((offered) => PUBLISH_SUBPROTOCOLS.includes(offered));
    const session = await request.accept(protocol === undefined ? {} : { protocol });
    // A subscriber that goes away is none of the origin's business.
    const served = publish(session, [broadcast]).catch(() => {}).finally(() =>
      sessions.delete(served)
    );
    sessions.add(served);
  }
  await Promise.all(sessions);
}

/** Publishes the sample in real time, again and again, with timestamps that go on. */
async function play(broadcast: Broadcast, stop: AbortSignal): Promise<void> {
  const sample = loadSample();
  const inits = {
    video: parseInitSegment(sample.video.init),
    audio: parseInitSegment(sample.audio.init),
  };
  const cues = [
    ...cuesOf("video", sample.video, inits.video),
    ...cuesOf("audio", sample.audio, inits.audio),
  ].sort((a, b) => a.end - b.end);
  const length = Math.max(...cues.map(({ end }) => end));

  const catalog = broadcast.createTrack("catalog.json").createGroup();
  catalog.write(new TextEncoder().encode(JSON.stringify(catalogOf(sample, inits))));
  catalog.close();
  const tracks: Record<Cue["track"], TrackWriter> = {
    video: broadcast.createTrack("video0.m4s"),
    audio: broadcast.createTrack("audio0.m4s"),
  };
  const groups: Partial<Record<Cue["track"], GroupWriter>> = {};
  const begin = performance.now();
  for (let loop = 0, sequence = 1; !stop.aborted; ++loop) {
    for (const cue of cues) {
      const due = begin + (loop * length + cue.end) * 1000;
      await sleep(Math.max(0, due - performance.now()), stop);
      if (stop.aborted) break;
      if (cue.startsGroup) {
        groups[cue.track]?.close();
        groups[cue.track] = tracks[cue.track].createGroup();
      }
      const { timescale } = inits[cue.track].tracks[0]!;
      groups[cue.track]!.write(
        shiftFragment(cue.fragment, Math.round(loop * length * timescale), sequence++),
      );
    }
  }
  for (const group of Object.values(groups)) group.close();
  for (const track of Object.values(tracks)) track.close();
}

/** Fragments with their times. Video groups begin at random access points; each of audio is one. */
function cuesOf(track: Cue["track"], { fragments }: SampleTrack, init: InitSegment): Cue[] {
  const { timescale } = init.tracks[0]!;
  return fragments.map((fragment) => {
    const scanner = new FragmentScanner(init);
    scanner.push(fragment);
    const { time = 0, duration = 0, key = false } = scanner.finish();
    return {
      track,
      fragment,
      end: (time + duration) / timescale,
      startsGroup: track === "audio" || key,
    };
  });
}

/** A catalog in the shape that hang's publishers give it. */
function catalogOf(
  sample: ReturnType<typeof loadSample>,
  inits: { video: InitSegment; audio: InitSegment },
): unknown {
  const [video] = inits.video.tracks;
  const [audio] = inits.audio.tracks;
  const container = (init: Uint8Array) => ({ kind: "cmaf", init: init.toBase64() });
  return {
    video: {
      renditions: {
        "video0.m4s": {
          codec: video!.codec,
          codedWidth: video!.width,
          codedHeight: video!.height,
          framerate: 30,
          container: container(sample.video.init),
        },
      },
    },
    audio: {
      renditions: {
        "audio0.m4s": {
          codec: audio!.codec,
          sampleRate: audio!.sampleRate,
          numberOfChannels: audio!.channels,
          container: container(sample.audio.init),
        },
      },
    },
  };
}
