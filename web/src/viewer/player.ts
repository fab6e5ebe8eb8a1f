/** The picture: plays a live or recorded stream, says the programme time of each frame, and heals itself.
 *
 * hls.js where Media Source Extensions exist, else the browser's own HLS. A fatal network error is tried again with
 * backoff, a fatal media error recovered, and a watchdog jumps to the live edge or loads anew when frames stop. */
import type Hls from "hls.js";
import { backoffMs } from "../lib/live";
import { paceFor } from "./pace";
import { frameUs, mediaTimeOf, originUs } from "./playhead";
import { remedy, STALL_SHOWN_MS } from "./watchdog";

export type PlayerPhase = "loading" | "playing" | "paused" | "reconnecting" | "ended";

export type Source = {
  url: string;
  live: boolean;
  /** Programme time to begin at, in a recording. */
  from_us?: number | undefined;
  /** Says each request's address anew: a staff preview's token changes while its stream goes on. */
  current?: (url: string) => string;
};

export type PlayerEvents = {
  /** The programme time of the frame on screen. */
  on_frame: (programme_us: number) => void;
  on_phase: (phase: PlayerPhase) => void;
};

const WATCH_EVERY_MS = 500;
const CATCH_UP_RATE = 1.06;
const BACK_BUFFER_S = 30;

export class Player {
  readonly #video: HTMLVideoElement;
  readonly #events: PlayerEvents;
  #source: Source | null = null;
  #hls: Hls | null = null;
  #phase: PlayerPhase = "loading";
  #generation = 0; // of the loaded source; whatever arrives for an older one is dropped
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #seen_s = -1;
  #moved_at_ms = 0;
  #jumped_at_ms = 0;
  #reloaded_at_ms = 0;
  #recovered_at_ms = 0;
  #wants_to_play = true;
  #frame_request = 0;
  #pace = 1;
  readonly #listeners = new AbortController();

  constructor(video: HTMLVideoElement, events: PlayerEvents) {
    this.#video = video;
    this.#events = events;
    const on = (type: string, run: () => void) => video.addEventListener(type, run, { signal: this.#listeners.signal });
    on("playing", () => this.#running());
    on("pause", () => {
      if (!this.#wants_to_play) this.#enter("paused");
    });
    on("ended", () => this.#enter("ended"));
    on("timeupdate", () => this.#report(video.currentTime));
    on("seeked", () => this.#report(video.currentTime));
    window.addEventListener("online", () => this.#comeBack(), { signal: this.#listeners.signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible" && this.#source?.live && this.behind_ms > 3_000) this.jumpToLive();
      },
      { signal: this.#listeners.signal },
    );
    this.#followFrames();
    this.#watch = setInterval(() => this.#check(), WATCH_EVERY_MS);
  }

  get phase(): PlayerPhase {
    return this.#phase;
  }

  /** How far the picture is behind where a live picture should be; 0 for a recording. */
  get behind_ms(): number {
    const edge_s = this.#hls?.liveSyncPosition;
    if (!this.#source?.live || edge_s === null || edge_s === undefined) return 0;
    return Math.max(0, (edge_s - this.#video.currentTime) * 1000);
  }

  load(source: Source): void {
    this.#source = source;
    this.#attempt = 0;
    this.#wants_to_play = true;
    void this.#open();
  }

  play(): void {
    this.#wants_to_play = true;
    if (this.#source?.live && this.behind_ms > 3_000) this.jumpToLive();
    this.#video.play().catch(() => undefined); // refused without a tap; the page offers one
  }

  pause(): void {
    this.#wants_to_play = false;
    this.#video.pause();
  }

  /** Go to a programme time of a recording. */
  seek(programme_us: number): void {
    const hls = this.#hls;
    const fragments = hls?.latestLevelDetails?.fragments ?? [];
    const known = hls ? mediaTimeOf(fragments, programme_us) : this.#nativeTimeOf(programme_us);
    if (known !== null) this.#video.currentTime = known;
  }

  jumpToLive(): void {
    this.#jumped_at_ms = performance.now();
    const edge_s = this.#hls?.liveSyncPosition ?? this.#nativeEdge();
    if (edge_s !== null && edge_s > this.#video.currentTime) this.#video.currentTime = edge_s;
  }

  destroy(): void {
    this.#generation += 1;
    this.#listeners.abort();
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    if (this.#frame_request) this.#video.cancelVideoFrameCallback(this.#frame_request);
    this.#hls?.destroy();
    this.#hls = null;
  }

  async #open(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    const generation = ++this.#generation;
    clearTimeout(this.#retry);
    this.#hls?.destroy();
    this.#hls = null;
    this.#moved_at_ms = this.#reloaded_at_ms = performance.now();
    this.#seen_s = -1;
    this.#enter(this.#attempt > 0 ? "reconnecting" : "loading");
    try {
      const library = await import("hls.js/light");
      if (generation !== this.#generation) return;
      if (library.default.isSupported()) this.#attach(library, source, generation);
      else this.#playNatively(source);
    } catch {
      if (generation === this.#generation) this.#later(() => void this.#open());
    }
  }

  #attach(library: typeof import("hls.js"), source: Source, generation: number): void {
    const { default: HlsPlayer, ErrorTypes, Events } = library;
    const hls = new HlsPlayer({
      lowLatencyMode: true, // the target latency is the playlist's PART-HOLD-BACK
      maxLiveSyncPlaybackRate: CATCH_UP_RATE,
      liveDurationInfinity: true,
      backBufferLength: BACK_BUFFER_S,
      ...(source.current ? { xhrSetup: readdressed(source.current) } : {}),
    });
    this.#hls = hls;
    hls.on(Events.ERROR, (_, { fatal, type }) => {
      if (!fatal || generation !== this.#generation) return;
      if (type === ErrorTypes.MEDIA_ERROR && performance.now() - this.#recovered_at_ms > 5_000) {
        this.#recovered_at_ms = performance.now();
        hls.recoverMediaError();
        this.play();
      } else {
        this.#enter("reconnecting");
        this.#later(() => void this.#open());
      }
    });
    if (source.from_us !== undefined) {
      const from_us = source.from_us;
      hls.once(Events.LEVEL_LOADED, () => this.seek(from_us));
    }
    hls.on(Events.MANIFEST_PARSED, () => this.#playIfWanted());
    // After hls.js's own listener, which sets the pace back to 1 at each step.
    if (source.live) hls.once(Events.MEDIA_ATTACHED, () => this.#keepPace(generation));
    hls.loadSource(source.url);
    hls.attachMedia(this.#video);
  }

  #keepPace(generation: number): void {
    const video = this.#video;
    const step = (): void => {
      if (generation !== this.#generation) return video.removeEventListener("timeupdate", step);
      const { buffered, currentTime } = video;
      const ahead_s = buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
      // hls.js has just set the pace to 1 unless it catches up: what we had slowed down to is remembered here.
      const rate = video.playbackRate > 1 ? video.playbackRate : this.#pace;
      this.#pace = paceFor(ahead_s, rate);
      if (video.playbackRate !== this.#pace) video.playbackRate = this.#pace;
      if (this.#pace > 1) this.#pace = 1;
    };
    this.#pace = 1;
    video.addEventListener("timeupdate", step, { signal: this.#listeners.signal });
  }

  #playNatively(source: Source): void {
    const video = this.#video;
    video.src = source.url;
    video.addEventListener("error", () => this.#later(() => void this.#open()), { once: true });
    const from_us = source.from_us;
    if (from_us !== undefined) video.addEventListener("loadedmetadata", () => this.seek(from_us), { once: true });
    this.#playIfWanted();
  }

  #playIfWanted(): void {
    if (this.#wants_to_play) this.#video.play().catch(() => undefined);
  }

  #running(): void {
    this.#attempt = 0;
    this.#moved_at_ms = performance.now();
    this.#enter("playing");
  }

  #later(run: () => void): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(run, backoffMs(this.#attempt));
    this.#attempt += 1;
  }

  #comeBack(): void {
    if (this.#phase !== "reconnecting") return;
    this.#attempt = 1;
    void this.#open();
  }

  #enter(phase: PlayerPhase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#events.on_phase(phase);
  }

  #followFrames(): void {
    const video = this.#video;
    if (typeof video.requestVideoFrameCallback !== "function") return; // timeupdate then has to do
    const next = (_now: number, frame: VideoFrameCallbackMetadata) => {
      this.#report(frame.mediaTime);
      this.#frame_request = video.requestVideoFrameCallback(next);
    };
    this.#frame_request = video.requestVideoFrameCallback(next);
  }

  /** The frame with this media time is on screen. */
  #report(mediaTime_s: number): void {
    const origin = this.#originUs();
    if (origin !== null) this.#events.on_frame(frameUs(origin, mediaTime_s));
  }

  #originUs(): number | null {
    if (this.#hls) {
      const date = this.#hls.playingDate;
      return date ? originUs(date, this.#video.currentTime) : null;
    }
    const date = startDate(this.#video);
    return date ? originUs(date, 0) : null;
  }

  #check(): void {
    const video = this.#video;
    const now_ms = performance.now();
    const running = this.#source !== null && this.#wants_to_play && this.#phase !== "ended" && !this.#waitsForATap();
    if (!running || Math.abs(video.currentTime - this.#seen_s) > 0.01) {
      this.#seen_s = video.currentTime;
      this.#moved_at_ms = now_ms;
      if (running && this.#phase === "reconnecting" && !video.paused && video.readyState > 2) this.#enter("playing");
      if (!running) return;
    }
    const stalled_ms = now_ms - this.#moved_at_ms;
    if (stalled_ms > STALL_SHOWN_MS && this.#phase === "playing") this.#enter("reconnecting");
    const advice = remedy({
      live: this.#source?.live ?? false,
      stalled_ms,
      behind_ms: this.behind_ms,
      since_jump_ms: now_ms - this.#jumped_at_ms,
      since_reload_ms: now_ms - this.#reloaded_at_ms,
    });
    if (advice === "jump") this.jumpToLive();
    if (advice === "reload" && navigator.onLine) {
      this.#attempt += 1;
      void this.#open();
    }
  }

  /** Autoplay was refused: the picture stands still by the browser's will, not the network's. */
  #waitsForATap(): boolean {
    return this.#video.paused && this.#video.readyState > 2;
  }

  #nativeEdge(): number | null {
    const { seekable } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) - 1 : null;
  }

  #nativeTimeOf(programme_us: number): number | null {
    const date = startDate(this.#video);
    return date ? (programme_us - originUs(date, 0)) / 1_000_000 : null;
  }
}

function readdressed(current: (url: string) => string): (request: XMLHttpRequest, url: string) => void {
  return (request, url) => request.open("GET", current(url), true);
}

/** Safari's own HLS knows the date of media time 0. */
function startDate(video: HTMLVideoElement): Date | null {
  const date = (video as HTMLVideoElement & { getStartDate?: () => Date }).getStartDate?.();
  return date && Number.isFinite(date.getTime()) ? date : null;
}
