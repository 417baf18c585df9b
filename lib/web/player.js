/** Plays the archive of a broadcast, from its beginning to the live edge. */

import { NativeSource } from "/native_source.js";
import { HlsSource } from "/hls_source.js";

/** How far behind the newest segment still counts as live, in target durations. */
const LIVE_DISTANCE = 5;

/** How far the arrow keys go, in seconds. */
const STEP = 10;

/** How long to wait before trying again, in milliseconds. */
const RETRY = 2000;

const CLOCK = { weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { dateStyle: "medium", timeStyle: "medium" };

/** The player and its controls. Time is always that of the wall clock at the recording. */
export class Player {
  #root;
  #video;
  #source;
  #path;
  #attempt = 0;
  #dragging = false;
  #onAir = false;

  constructor(root) {
    this.#root = root;
    this.#video = this.#get("video");
    this.#listen();
  }

  /** Plays the broadcast whose directory is at `path`. */
  async open(name, path) {
    const attempt = ++this.#attempt;
    this.#path = path;
    this.#root.hidden = false;
    this.#get("name").textContent = name;
    this.#close();
    this.#say("loading", "Loading", "Loading …");
    const problem = await this.#problem(path);
    if (attempt !== this.#attempt) return;
    if (problem !== undefined) return this.#fail(problem, attempt);
    const Source = HlsSource.isSupported() ? HlsSource : NativeSource;
    this.#source = new Source(this.#video, `${path}master.m3u8`, (reason) => {
      if (attempt === this.#attempt) this.#fail(reason, attempt);
    });
    this.#video.play().catch(() => {});
    this.#update();
  }

  /** Whether the broadcast is on air now; it may be again after its playlist had ended. */
  set onAir(onAir) {
    this.#onAir = onAir;
    if (this.#isBack() && this.#video.ended) this.#reopen();
    else this.#update();
  }

  /** Whether there is more than the playlist that is being played will ever have. */
  #isBack() {
    return this.#onAir && this.#source?.ended === true;
  }

  #reopen() {
    this.open(this.#get("name").textContent, this.#path);
  }

  /** Why the broadcast cannot be played, if it cannot. */
  async #problem(path) {
    try {
      const response = await fetch(`${path}master.m3u8`);
      if (response.ok) return undefined;
      return (await response.json()).reason;
    } catch {
      return "The server cannot be reached";
    }
  }

  #fail(reason, attempt) {
    this.#close();
    this.#say("error", "Error", `${reason}. Trying again …`);
    setTimeout(() => {
      if (attempt === this.#attempt) this.#reopen();
    }, RETRY);
  }

  #close() {
    this.#source?.close();
    this.#source = undefined;
    this.#get("scrub").disabled = true;
    this.#get("live").hidden = true;
    this.#get("marks").replaceChildren();
  }

  #say(state, label, notice) {
    const pill = this.#get("state");
    pill.textContent = label;
    pill.dataset.state = state;
    this.#get("notice").hidden = notice === undefined;
    if (notice !== undefined) this.#get("notice").textContent = notice;
  }

  #listen() {
    const video = this.#video;
    for (
      const event of ["timeupdate", "durationchange", "seeking", "seeked", "waiting", "playing"]
    ) {
      video.addEventListener(event, () => this.#update());
    }
    video.addEventListener("click", () => this.#togglePlay());
    this.#get("play").addEventListener("click", () => this.#togglePlay());
    this.#get("mute").addEventListener("click", () => this.#toggleSound());
    this.#get("live").addEventListener("click", () => this.#goLive());
    this.#get("full").addEventListener("click", () => this.#toggleFullScreen());
    for (const event of ["play", "pause", "volumechange", "emptied"]) {
      video.addEventListener(event, () => this.#updateButtons());
    }
    this.#updateButtons();
    const scrub = this.#get("scrub");
    scrub.addEventListener("input", () => {
      this.#dragging = true;
      this.#update();
    });
    scrub.addEventListener("change", () => {
      this.#dragging = false;
      video.currentTime = Number(scrub.value);
      this.#update();
    });
    addEventListener("keydown", (event) => this.#press(event));
    // Playback that stands still tells nothing, but the live edge moves on.
    setInterval(() => this.#update(), 1000);
  }

  #press(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || this.#source === undefined) return;
    if (target.closest("a, input, button") && (key === " " || key.startsWith("Arrow"))) return;
    const action = {
      " ": () => this.#togglePlay(),
      k: () => this.#togglePlay(),
      m: () => this.#toggleSound(),
      l: () => this.#goLive(),
      f: () => this.#toggleFullScreen(),
      ArrowLeft: () => this.#step(-STEP),
      ArrowRight: () => this.#step(STEP),
    }[key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  #togglePlay() {
    if (this.#video.paused) this.#video.play().catch(() => {});
    else this.#video.pause();
  }

  #toggleSound() {
    this.#video.muted = !this.#video.muted;
  }

  #toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#root.requestFullscreen?.();
  }

  #step(seconds) {
    const range = this.#range();
    if (range === undefined) return;
    const time = this.#video.currentTime + seconds;
    this.#video.currentTime = Math.min(Math.max(time, range.start), range.end);
  }

  #goLive() {
    if (this.#isBack()) return this.#reopen();
    const position = this.#source?.livePosition ?? this.#range()?.end;
    if (position === undefined) return;
    this.#video.currentTime = position;
    this.#video.play().catch(() => {});
  }

  /** What can be reached, in seconds of the player. */
  #range() {
    const { seekable } = this.#video;
    if (seekable.length === 0) return undefined;
    const range = {
      start: Math.max(seekable.start(0), this.#source?.start ?? 0),
      end: seekable.end(seekable.length - 1),
    };
    return Number.isFinite(range.end) && range.end > range.start ? range : undefined;
  }

  #updateButtons() {
    const { paused, muted } = this.#video;
    for (
      const [id, on, label] of [
        ["play", !paused, paused ? "Play" : "Pause"],
        ["mute", !muted, muted ? "Turn sound on" : "Turn sound off"],
      ]
    ) {
      const button = this.#get(id);
      button.dataset.on = String(on);
      button.setAttribute("aria-label", label);
    }
  }

  #update() {
    const source = this.#source;
    const range = this.#range();
    if (source === undefined || range === undefined) return;
    const scrub = this.#get("scrub");
    scrub.disabled = false;
    scrub.min = String(range.start);
    scrub.max = String(range.end);
    if (!this.#dragging) scrub.value = String(this.#video.currentTime);
    const position = Number(scrub.value);
    const wall = source.wallClock(position);
    scrub.setAttribute("aria-valuetext", format(wall, DAY));
    this.#show("clock", wall, DAY);
    this.#show("first", source.wallClock(range.start), CLOCK);
    this.#show("last", source.wallClock(range.end), CLOCK);
    this.#mark(source.boundaries, range);
    this.#updateState(position, range);
  }

  #updateState(position, range) {
    const { live, targetDuration } = this.#source;
    const behind = range.end - position;
    const isLive = live && behind < LIVE_DISTANCE * targetDuration;
    this.#get("live").hidden = isLive || !(live || this.#isBack());
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return this.#say("loading", "Loading", undefined);
    }
    if (isLive) return this.#say("live", "Live", undefined);
    this.#say("behind", live ? `${duration(behind)} behind live` : "Off air", undefined);
  }

  /** Shows where the recording is interrupted. */
  #mark(boundaries, { start, end }) {
    const marks = this.#get("marks");
    while (marks.children.length > boundaries.length) marks.lastChild.remove();
    boundaries.forEach((position, i) => {
      const mark = marks.children[i] ?? marks.appendChild(document.createElement("i"));
      mark.style.left = `${100 * (position - start) / (end - start)}%`;
    });
  }

  #show(id, wall, options) {
    const time = this.#get(id);
    time.textContent = format(wall, options);
    if (wall !== undefined) time.dateTime = new Date(wall).toISOString();
  }

  #get(id) {
    return this.#root.querySelector(`#${id}`);
  }
}

function format(wall, options) {
  return wall === undefined ? "" : new Date(wall).toLocaleString(undefined, options);
}

/** A duration in seconds as on a clock. */
function duration(seconds) {
  const parts = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds) % 60,
  ];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => i === 0 ? String(part) : String(part).padStart(2, "0")).join(":");
}
