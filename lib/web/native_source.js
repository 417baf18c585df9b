/** Plays with what the browser has: Safari where Media Source Extensions are missing. */

/** A broadcast that the browser loads itself. */
export class NativeSource {
  #video;
  #abort = new AbortController();

  /** Tells `fail` the reason when it cannot be played. */
  constructor(video, url, fail) {
    this.#video = video;
    video.addEventListener("error", () => fail(video.error?.message || "Playback failed"), {
      signal: this.#abort.signal,
    });
    video.src = url;
  }

  /** Whether more is to come. */
  get live() {
    return this.#video.duration === Infinity;
  }

  /** Whether the playlist says that nothing more is to come. */
  get ended() {
    return Number.isFinite(this.#video.duration);
  }

  /** Target duration of the playlists in seconds; the browser does not tell. */
  get targetDuration() {
    return 4;
  }

  /** Where what can be played begins, in seconds of the player. */
  get start() {
    return 0;
  }

  /** Where to go for what is live; the browser does not tell. */
  get livePosition() {
    return undefined;
  }

  /** Where the recording is interrupted; the browser does not tell. */
  get boundaries() {
    return [];
  }

  /** When that was which the player shows at `position`, in milliseconds since the Unix epoch. */
  wallClock(position) {
    const start = this.#video.getStartDate?.().getTime();
    return Number.isFinite(start) ? start + position * 1000 : undefined;
  }

  /** Lets go of the video element. */
  close() {
    this.#abort.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}
