/** The live desk's state and deeds: the snapshot moved on by events, the server's clock, the lease, the sound. */
import { SvelteMap } from "svelte/reactivity";
import { toast } from "../../../design";
import { ApiError } from "../../../lib/api";
import { connectLive, CONTROL_EVENTS, type LiveConnection, type LiveState } from "../../../lib/live";
import type { Finding, RulingKind } from "../../../lib/types";
import { getPreview, postDecision } from "../../api";
import { canRule, isOpen } from "../../control/urgency";
import { Deeds } from "../../deeds.svelte";
import { leftOutside } from "../../session.svelte";
import { deleteLease, getBackground, getDesk, postCorrection, postLease, soundUrl, type Background, type DeskView, type Lease } from "./api";
import { neighbour, othersLease, phrases, reduce, selection, settled, together } from "./queue";

const TICK_MS = 100;
const RENEW_LEASE_MS = 2_000;
const RENEW_PREVIEW_MS = 4 * 60_000;
/** What is heard before and after the phrase. */
const LEAD_US = 1_000_000;
const TAIL_US = 700_000;

export class LiveDesk extends Deeds {
  view: DeskView;
  /** The server's wall clock, ten times a second. */
  wall_us: number;
  connection = $state<LiveState>("connecting");
  selected = $state<string | null>(null);
  /** The findings that I took: those of one phrase. */
  taken = $state.raw<readonly string[]>([]);
  playing = $state<string | null>(null);
  readonly background = new SvelteMap<string, Background>();

  /** Held phrases, each with all that rules find fault with in it. */
  readonly queue = $derived.by(() => phrases(this.view.findings, this.wall_us));
  readonly log = $derived.by(() => settled(this.view.findings, this.wall_us));
  readonly finding: Finding | null = $derived.by(() => this.view.findings.find((one) => one.id === this.selected) ?? null);

  readonly #me: string;
  #by_hand = false;
  #reading = false;
  #base_us = 0; // the server's clock at #base_ms of our monotonic one
  #base_ms = 0;
  #programme_url: string | null;
  #live: LiveConnection | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;
  #lease: ReturnType<typeof setInterval> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #audio: HTMLAudioElement | null = null;

  /** `asked_ms`: performance.now() when the snapshot was asked for: the server looked at its clock in between. */
  constructor(view: DeskView, me: string, asked_ms: number) {
    super();
    this.view = $state.raw(view);
    this.wall_us = $state(view.server_now_us);
    this.#me = me;
    this.#programme_url = view.programme_url;
    this.#setClock(view.server_now_us, asked_ms);
    this.#reselect();
  }

  start(): void {
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#lease = setInterval(() => void this.#renewLease(), RENEW_LEASE_MS);
    this.#renewal = setTimeout(() => void this.#renewPreview(), RENEW_PREVIEW_MS);
    this.#live = connectLive({
      path: `/api/control/shows/${encodeURIComponent(this.view.show.id)}/events`,
      position: this.view.channel,
      types: [...CONTROL_EVENTS],
      on_event: (event) => {
        this.view = reduce(this.view, event);
        if (event.type === "broadcast.started") void this.#renewPreview();
        if (event.type === "finding") this.#lookUp((event.payload as Finding).id);
        if (event.type === "finding.outcome") this.#lookUp((event.payload as { id: string }).id);
        if (event.type.startsWith("finding")) this.#reselect();
      },
      on_reset: () => this.#refetch(),
      on_state: (state) => (this.connection = state),
    });
    for (const one of this.queue.flat()) this.#lookUp(one.id);
  }

  stop(): void {
    clearInterval(this.#tick);
    clearInterval(this.#lease);
    clearTimeout(this.#renewal);
    this.#live?.close();
    this.#audio?.pause();
    this.leave();
  }

  /** The colleague who is on it, or on another finding of the same words. */
  other(finding: Finding): Lease | null {
    const leases = this.together(finding).map((one) => othersLease(this.view.leases, one.id, this.#me, this.wall_us));
    return leases.find((lease) => lease !== null) ?? null;
  }

  together(finding: Finding): Finding[] {
    return together(finding, this.view.findings, this.wall_us);
  }

  /** I have it, or another finding of the same words. */
  mine(finding: Finding): boolean {
    return this.taken.length > 0 && this.together(finding).some((one) => this.taken.includes(one.id));
  }

  move(step: 1 | -1): void {
    const next = neighbour(this.selected, this.queue, step);
    if (next !== null) this.choose(next);
  }

  /** By hand: it stays selected even when it is settled, and what was taken before is let go. */
  choose(id: string): void {
    this.#by_hand = true;
    if (!this.taken.includes(id)) this.leave();
    this.selected = id;
    this.#reading = !this.queue.flat().some((one) => one.id === id);
    this.#lookUp(id);
  }

  async take(finding: Finding): Promise<void> {
    if (!isOpen(finding, this.wall_us)) return;
    if (!this.taken.includes(finding.id)) this.leave();
    const all = await this.do(`take ${finding.id}`, async () => {
      for (const one of this.together(finding)) {
        if (one.decision !== null) continue;
        await postLease(one.id);
        this.taken = [...this.taken, one.id];
      }
    });
    if (!all) this.leave();
  }

  leave(): void {
    const taken = this.taken;
    if (taken.length === 0) return;
    this.taken = [];
    for (const id of taken) deleteLease(id).catch(() => undefined); // it is over by itself in seconds
  }

  /** For all that was found in the words: viewers hear them only when nothing withholds them. */
  async decide(finding: Finding, kind: RulingKind): Promise<void> {
    if (!canRule(finding, this.wall_us)) return;
    const all = this.together(finding).filter((one) => one.decision?.kind !== kind);
    if (all.length === 0) return;
    await this.do(`decide ${finding.id}`, async () => {
      const answers = await Promise.allSettled(
        all.map(async (one) => {
          const decision = await postDecision(one.id, kind, one.decision?.kind ?? null);
          this.view = reduce(this.view, { type: "finding.decided", payload: { id: one.id, decision }, at_us: null });
          this.taken = this.taken.filter((id) => id !== one.id);
        }),
      );
      if (!this.#reading) this.#by_hand = false;
      this.#reselect();
      const failed = answers.find((answer) => answer.status === "rejected");
      if (failed) throw failed.reason;
    });
  }

  async correct(finding: Finding, text: string, seconds: number): Promise<boolean> {
    return this.do(`correct ${finding.id}`, async () => {
      const shown = await postCorrection(finding.id, text, seconds);
      this.view = reduce(this.view, { type: "correction", payload: shown, at_us: shown.at_us });
      toast(`Viewers see it now, for ${seconds} seconds.`, "done");
    });
  }

  /** Play the phrase, or stop playing it. */
  play(finding: Finding): void {
    this.#audio?.pause();
    if (this.playing === finding.id) {
      this.playing = null;
      return;
    }
    if (!this.#programme_url) {
      toast("There is no sound to play: the show is not on air.", "problem");
      return;
    }
    const audio = new Audio(soundUrl(this.#programme_url, finding.start_us - LEAD_US, finding.end_us + TAIL_US));
    const over = () => {
      if (this.#audio === audio) this.playing = null;
    };
    audio.onended = over;
    audio.onpause = over;
    this.#audio = audio;
    this.playing = finding.id;
    audio.play().catch((error: unknown) => {
      if (this.#audio !== audio || (error instanceof DOMException && error.name === "AbortError")) return;
      over();
      toast("The sound did not come. Try again in a second.", "problem");
    });
  }

  #lookUp(id: string): void {
    getBackground(id).then(
      (background) => this.background.set(id, background),
      (error: unknown) => void leftOutside(error),
    );
  }

  async #renewLease(): Promise<void> {
    for (const id of this.taken) {
      const finding = this.view.findings.find((one) => one.id === id);
      const lost = () => (this.taken = this.taken.filter((one) => one !== id));
      if (!finding || !isOpen(finding, this.wall_us)) {
        lost();
        continue;
      }
      try {
        await postLease(id);
      } catch (error) {
        if (error instanceof ApiError && error.status === 409) lost();
      }
    }
  }

  async #refetch() {
    const asked_ms = performance.now();
    const view = await getDesk(this.view.show.id);
    this.view = view;
    this.#programme_url = view.programme_url;
    this.#setClock(view.server_now_us, asked_ms);
    for (const one of this.queue.flat()) if (!this.background.has(one.id)) this.#lookUp(one.id);
    this.#reselect();
    return view.channel;
  }

  async #renewPreview(): Promise<void> {
    clearTimeout(this.#renewal);
    try {
      this.#programme_url = (await getPreview(this.view.show.id)).programme_url;
    } catch (error) {
      if (leftOutside(error)) return;
    }
    this.#renewal = setTimeout(() => void this.#renewPreview(), RENEW_PREVIEW_MS);
  }

  #setClock(server_us: number, asked_ms: number): void {
    this.#base_us = server_us;
    this.#base_ms = (asked_ms + performance.now()) / 2;
    this.wall_us = this.#now_us();
  }

  #now_us(): number {
    return Math.round(this.#base_us + (performance.now() - this.#base_ms) * 1_000);
  }

  #onTick(): void {
    this.wall_us = this.#now_us();
    this.#reselect();
  }

  #reselect(): void {
    // A held phrase that was chosen by hand makes room once it is settled; one that was settled then is being read.
    if (this.#by_hand && !this.#reading && this.finding && !isOpen(this.finding, this.wall_us)) this.#by_hand = false;
    const next = selection(this.selected, this.#by_hand, this.view.findings, this.view.leases, this.#me, this.wall_us);
    if (next !== this.selected) {
      if (next === null || !this.taken.includes(next)) this.leave();
      this.selected = next;
    }
  }
}
