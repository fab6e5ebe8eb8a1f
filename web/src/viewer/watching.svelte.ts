/** How a show is watched: what plays, whether it is heard and captioned, and the lamp that says so. */
import type { Player, PlayerPhase } from "./player";
import type { Show } from "./show.svelte";
import { rememberCaptions, wantsCaptions } from "./viewer_memory";

export class Watching {
  player = $state.raw<Player | null>(null);
  phase = $state<PlayerPhase>("loading");
  muted = $state(true);
  captions = $state(wantsCaptions());
  replay_wanted = $state(false);

  readonly #show: Show;
  readonly #from_us: number | undefined;

  readonly live = $derived.by(() => this.#show.view?.state === "live");
  readonly source_url = $derived.by(() => {
    const view = this.#show.view;
    if (!view?.broadcast || view.state === "scheduled") return null;
    return this.live ? view.broadcast.hls_url : view.broadcast.replay_url;
  });
  readonly plays = $derived(this.source_url !== null && (this.live || this.replay_wanted));
  readonly lamp = $derived.by(() => {
    if (this.#show.view?.state === "scheduled") return { state: "off", label: "SOON" } as const;
    if (!this.live) return { state: "off", label: this.plays ? "REPLAY" : "ENDED" } as const;
    if (this.phase === "reconnecting") return { state: "off", label: "NO SIGNAL" } as const;
    return { state: "air", label: "LIVE" } as const;
  });
  readonly #started_us = $derived.by(() => this.#show.view?.broadcast?.started_us);

  /** `from_us`: programme time to begin at, in a replay. A link to a moment of a finished show asks for its replay. */
  constructor(show: Show, from_us: number | undefined) {
    this.#show = show;
    this.#from_us = from_us;
    this.replay_wanted = from_us !== undefined;
  }

  /** Loads what is to be played; to be called in an effect. */
  load(): void {
    if (!this.plays || !this.source_url || !this.player) return;
    this.player.load({ url: this.source_url, live: this.live, from_us: this.live ? undefined : (this.#from_us ?? this.#started_us) });
  }

  onPhase(next: PlayerPhase): void {
    this.phase = next;
    if (next === "ended" && this.live) this.#show.finish();
  }

  toggleSound(): void {
    this.muted = !this.muted;
    if (!this.muted) this.player?.play();
  }

  togglePlay(): void {
    if (this.phase === "paused") this.player?.play();
    else if (this.phase === "ended") this.player?.load({ url: this.source_url ?? "", live: false, from_us: this.#started_us });
    else this.player?.pause();
  }

  toggleCaptions(): void {
    this.captions = !this.captions;
    rememberCaptions(this.captions);
  }
}
