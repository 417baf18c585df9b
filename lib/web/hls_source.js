/** Plays with hls.js. */

const { Hls } = globalThis;

/** How often to recover from errors in the media before giving up. */
const MAX_RECOVERIES = 3;

/** A broadcast that hls.js feeds to a video element. */
export class HlsSource {
  #hls;
  #details;
  #audioStart = 0;
  #boundaries = [];
  #recoveries = 0;

  /** Whether the browser can do this. */
  static isSupported() {
    return Hls !== undefined && Hls.isSupported();
  }

  /** Tells `fail` the reason when there is nothing more to try. */
  constructor(video, url, fail) {
    const hls = this.#hls = new Hls({
      lowLatencyMode: false,
      backBufferLength: 60,
      maxBufferLength: 30,
      maxMaxBufferLength: 60,
    });
    hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => this.#follow(details));
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => this.#follow(details));
    hls.on(Hls.Events.AUDIO_TRACK_LOADED, (_event, { details }) => {
      this.#audioStart = details.fragmentStart;
    });
    hls.on(Hls.Events.ERROR, (_event, { fatal, type, details, response }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR && this.#recoveries++ < MAX_RECOVERIES) {
        return hls.recoverMediaError();
      }
      fail(
        response?.code
          ? `The server answered with ${response.code}`
          : `Playback failed: ${details}`,
      );
    });
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  /** Whether more is to come. */
  get live() {
    return this.#details?.live ?? false;
  }

  /** Whether the playlist says that nothing more is to come. */
  get ended() {
    return this.#details?.live === false;
  }

  /** Target duration of the playlists in seconds. */
  get targetDuration() {
    return this.#details?.targetduration ?? 4;
  }

  /**
   * Where what can be played begins, in seconds of the player. A recording may begin with pictures
   * only: asked for a moment that has no sound yet, hls.js loads the latest sound there is and waits.
   */
  get start() {
    return this.#audioStart > 0 ? this.#audioStart + 0.1 : 0;
  }

  /** Where to go for what is live, in seconds of the player. */
  get livePosition() {
    return this.#hls.liveSyncPosition ?? undefined;
  }

  /** Where the recording is interrupted, in seconds of the player. */
  get boundaries() {
    return this.#boundaries;
  }

  /** When that was which the player shows at `position`, in milliseconds since the Unix epoch. */
  wallClock(position) {
    const fragments = this.#details?.fragments ?? [];
    let low = 0;
    for (let high = fragments.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if (fragments[middle].start <= position) low = middle;
      else high = middle - 1;
    }
    const fragment = fragments[low];
    if (fragment?.programDateTime == null) return undefined;
    return fragment.programDateTime + (position - fragment.start) * 1000;
  }

  /** Lets go of the video element. */
  close() {
    this.#hls.destroy();
  }

  #follow(details) {
    this.#details = details;
    const { fragments } = details;
    this.#boundaries = fragments
      .filter(({ cc }, i) => i > 0 && cc !== fragments[i - 1].cc)
      .map(({ start }) => start);
  }
}
