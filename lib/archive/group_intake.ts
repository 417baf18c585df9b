/** Takes in a group: decides whether it is held or flows, and what becomes of it. */

import type { Continuity } from "./continuity.ts";
import { type FrameObserver, tapFrames } from "./frame_tap.ts";
import type { OrderedGroup } from "./group_order.ts";
import { type Cut, GroupReader } from "./group_reader.ts";
import { GroupTally } from "./group_tally.ts";
import type { Run } from "./run.ts";
import type { SpanGather } from "./span_gather.ts";
import type { Span, SpanContent, SpanItem } from "./span.ts";
import type { TrackMedia } from "./track_media.ts";

/** A group larger than this, in bytes, is written as it comes, and is a span of its own. */
const SPOOL_LIMIT = 256 * 1024;

/** A group that lasts as long as this, in seconds, is a span of its own. */
const OWN_SPAN = 1;

/** Options of {@linkcode GroupIntake}. */
export interface IntakeOptions {
  /** What the track carries at the moment. */
  media: () => TrackMedia;
  /** Tells repetitions and new publishers apart. */
  continuity: Continuity;
  /** Aborted when the group being read must be cut where it is. */
  cutoff: AbortSignal;
  /** Sees the frames as they pass. */
  observe?: FrameObserver;
  /** Called with the number of payload bytes that have come. */
  onBytes?: (bytes: number) => void;
  /** Called at the end of a group whose media makes no sense, with what is wrong. */
  onMalformed?: (problem: string) => void;
}

/** Where spans go. */
export interface SpanOutput {
  /** Hands on a span or what is missing. */
  emit: (item: SpanItem) => void;
  /** Whether more is wanted at the moment. */
  hasRoom: () => boolean;
}

/** Takes in one group. */
export class GroupIntake {
  readonly #group: OrderedGroup;
  readonly #options: IntakeOptions;
  readonly #gather: SpanGather;
  readonly #out: SpanOutput;
  readonly #media: TrackMedia;
  #tally: GroupTally;
  /** Payload that is held in memory until it is known what becomes of it. */
  #spool = new Uint8Array(4096);
  /** Where payload goes once it is too much for the spool. */
  #flow:
    | { writer: WritableStreamDefaultWriter<Uint8Array>; done: (c: SpanContent) => void }
    | undefined;
  /** The run it belongs to; undefined when it is a repetition, or not judged yet. */
  #run: Run | undefined;
  #judged = false;
  /** Frames of this group in spans that are out already. */
  #framesOut = 0;

  /** Short groups go to `gather`, everything else to `out`. */
  constructor(
    group: OrderedGroup,
    options: IntakeOptions,
    gather: SpanGather,
    out: SpanOutput,
  ) {
    this.#group = group;
    this.#options = options;
    this.#gather = gather;
    this.#out = out;
    this.#media = options.media();
    this.#tally = new GroupTally(this.#media);
  }

  /** Fulfils when the group has ended, one way or the other. */
  async run(): Promise<void> {
    const { cutoff, observe } = this.#options;
    const group = observe ? tapFrames(this.#group, observe) : this.#group;
    const reader = new GroupReader(group, { cutoff });
    while (true) {
      const event = await reader.read();
      if ("part" in event) {
        const bytes = this.#tally.push(event.part);
        if (bytes !== undefined) await this.#take(bytes);
      } else if ("idle" in event) this.#rest();
      else return await this.#finish("cut" in event ? event.cut : undefined);
    }
  }

  async #take(bytes: Uint8Array): Promise<void> {
    this.#options.onBytes?.(bytes.length);
    if (!this.#judged && this.#tally.size <= SPOOL_LIMIT) return this.#hold(bytes);
    if (!this.#judged) this.#startFlow(this.#tally.size - bytes.length);
    // A store that failed has cancelled the stream; the group is read to its end all the same.
    await this.#flow?.writer.write(bytes).catch(() => {});
  }

  #hold(bytes: Uint8Array): void {
    const held = this.#tally.size - bytes.length;
    if (this.#tally.size > this.#spool.length) {
      const larger = new Uint8Array(Math.min(SPOOL_LIMIT, this.#tally.size * 2));
      larger.set(this.#spool.subarray(0, held));
      this.#spool = larger;
    }
    this.#spool.set(bytes, held);
  }

  #startFlow(held: number): void {
    this.#judge();
    if (this.#run === undefined) return;
    this.#gather.flush();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const content = Promise.withResolvers<SpanContent>();
    this.#flow = { writer: writable.getWriter(), done: content.resolve };
    this.#flow.writer.closed.catch(() => {});
    this.#out.emit(this.#span(this.#run, readable, content.promise));
    this.#flow.writer.write(this.#spool.subarray(0, held)).catch(() => {});
  }

  /**
   * A group that stands still and is not media may stay open for days, as catalogs do: what has
   * come of it is stored now.
   */
  #rest(): void {
    const { frames, outstanding, size, isMedia } = this.#tally;
    if (isMedia || this.#judged || outstanding > 0 || size === 0) return;
    // Not faster than they are stored: there may be any number of them in a group.
    if (!this.#out.hasRoom()) return;
    this.#judge();
    this.#emitHeld(this.#run!, { open: true });
    this.#framesOut += frames.length;
    this.#tally = new GroupTally(this.#media);
    this.#judged = false;
  }

  async #finish(cut: Cut | undefined): Promise<void> {
    this.#judge();
    if (this.#run === undefined) return;
    if (this.#flow !== undefined) {
      await this.#flow.writer.close().catch(() => {});
      this.#flow.done(this.#content(cut ? { partial: true } : {}));
    } else if (this.#tally.frames.length > 0 || (cut === undefined && this.#framesOut === 0)) {
      this.#keep(this.#run, cut);
    }
    const { malformed } = this.#tally;
    if (malformed !== undefined) this.#options.onMalformed?.(malformed);
    const group = this.#candidate();
    if (group.end !== undefined) this.#run.observe(group.end, Date.now());
    if (cut === undefined) return this.#options.continuity.stored(group);
    this.#gather.flush();
    const { sequence, at } = this.#group;
    this.#options.continuity.cut(group);
    this.#out.emit({ sequence, count: 1, at, ...cut });
  }

  /** Gives the spool to the gathered span, or makes a span of its own of it. */
  #keep(run: Run, cut: Cut | undefined): void {
    const { seconds } = this.#tally;
    const { duration } = this.#tally.summary();
    const lasted = seconds === undefined
      ? (Date.now() - this.#group.at) / 1000
      : (duration ?? 0) / this.#media.timescale!;
    if (cut || this.#group.late || this.#framesOut > 0 || lasted >= OWN_SPAN) {
      return this.#emitHeld(run, cut ? { partial: true } : {});
    }
    this.#gather.add({
      run,
      media: this.#media,
      at: this.#group.at,
      seconds,
      bytes: this.#spool.slice(0, this.#tally.size),
      content: this.#content({}),
    });
  }

  /** Makes a span of what is in the spool. */
  #emitHeld(run: Run, flags: Pick<SpanContent, "open" | "partial">): void {
    this.#gather.flush();
    const bytes = ReadableStream.from([this.#spool.slice(0, this.#tally.size)]);
    this.#out.emit(this.#span(run, bytes, Promise.resolve(this.#content(flags))));
  }

  #span(run: Run, bytes: ReadableStream<Uint8Array>, content: Promise<SpanContent>): Span {
    return { run, media: this.#media, at: this.#group.at, bytes, content };
  }

  #content(flags: Pick<SpanContent, "open" | "partial">): SpanContent {
    const { frames, timestamps } = this.#tally;
    return {
      group: this.#group.sequence,
      groups: 1,
      ...this.#tally.summary(),
      ...(this.#framesOut > 0 && { frame: this.#framesOut }),
      ...flags,
      ...(this.#group.late && { late: true }),
      // The longest last, so that people who read the line see the rest.
      frames: [frames],
      ...(timestamps.length > 0 && { timestamps: [timestamps] }),
    };
  }

  /** Finds out, once, which run the group belongs to; none when it is a repetition. */
  #judge(): void {
    if (this.#judged) return;
    this.#judged = true;
    this.#run = this.#options.continuity.judge(this.#candidate());
    if (this.#tally.seconds !== undefined) this.#run?.observe(this.#tally.seconds, this.#group.at);
  }

  #candidate() {
    const { seconds } = this.#tally;
    const { duration } = this.#tally.summary();
    return {
      sequence: this.#group.sequence,
      late: this.#group.late,
      time: seconds,
      firstFrame: this.#tally.frames[0] ?? 0,
      end: seconds === undefined ? undefined : seconds + (duration ?? 0) / this.#media.timescale!,
      media: this.#media,
    };
  }
}
