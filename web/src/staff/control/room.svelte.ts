/** The control room's state and deeds: the snapshot moved on by the event stream, the clocks, the selected finding. */
import { SvelteMap } from "svelte/reactivity";
import { toast } from "../../design";
import { connectLive, CONTROL_EVENTS, SHOW_EVENTS, type LiveConnection, type LiveState } from "../../lib/live";
import { nowUs } from "../../lib/time";
import type { ControlView, Cue, Destination, Finding, GateKey, RulingKind, Source, SourceAnswer, SourceStatus } from "../../lib/types";
import { getScriptOnAir } from "../desk/desk_api";
import { getControl, getDestinations, getPreview, getSource, postDecision, postFire, postGate, postHideChat } from "../api";
import { getBackground, postCorrection } from "../desk/live/api";
import { Deeds } from "../deeds.svelte";
import { leftOutside } from "../session.svelte";
import { withSample, type Sample } from "./burn_down";
import { withStatuses, type ToldStatus } from "./destinations";
import { runOn, SILENT_AFTER_US } from "./gate";
import { nextCue } from "./next_cue";
import { needsFreshOrders, reduce } from "./reduce";
import { missedLines, placeAtFirst, withScriptLine, type ScriptLineEvent, type ScriptPlace } from "./script_place";
import { withStatus } from "./source";
import { canRule, neighbour, selectionAfter } from "./urgency";

const TICK_MS = 200;
/** A preview's token holds ten minutes at most; a new one is fetched well before. */
const PREVIEW_RENEW_MS = 4 * 60_000;
const PREVIEW_RETRY_MS = 15_000;
/** One burst of orders is followed by one fetch. */
const FRESH_ORDERS_MS = 1_500;
const TYPES = [...new Set<string>([...CONTROL_EVENTS, ...SHOW_EVENTS])];

export class Room extends Deeds {
  view: ControlView;
  /** The server's wall clock, five times a second. */
  wall_us: number;
  connection = $state<LiveState>("connecting");
  selected = $state<string | null>(null);
  programme_url: string | null;
  /** What the camera's sender was told when it was refused. */
  notice = $state<string | null>(null);
  /** Where the host is in the script that the show goes by; null when it goes by none. */
  script = $state.raw<ScriptPlace | null>(null);
  /** The cough key is held here. */
  coughing = $state(false);
  #coughs: Promise<void> = Promise.resolve();
  /** Who is deciding which finding just now. */
  readonly claims = new SvelteMap<string, { id: string; name: string; until_wall_us: number }>();
  /** Where the show is sent on to; empty until they are loaded. */
  destinations = $state.raw<Destination[]>([]);
  /** Where the show is fetched from; null when it comes from its camera. */
  source = $state.raw<Source | null>(null);
  /** Whether the server takes SRT. */
  takes_srt = $state(false);
  samples = $state.raw<Record<string, Sample[]>>({});

  readonly clocks = $derived.by(() => runOn(this.view.gate, this.wall_us - this.#gate_at_us));
  readonly silent = $derived.by(() => this.wall_us - this.#gate_at_us > SILENT_AFTER_US);
  readonly next_cue: Cue | null = $derived.by(() => nextCue(this.view.cues));
  readonly selected_finding: Finding | null = $derived.by(
    () => this.view.findings.find((one) => one.id === this.selected) ?? null,
  );

  #gate_at_us: number;
  #ahead_us: number; // the server's clock less ours
  #live: LiveConnection | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #loading_script = false;
  #fresh_orders: ReturnType<typeof setTimeout> | undefined;

  constructor(view: ControlView) {
    super();
    this.view = $state.raw(view);
    this.programme_url = $state(view.programme_url);
    this.#ahead_us = view.server_now_us - nowUs();
    this.wall_us = $state(view.server_now_us);
    this.#gate_at_us = $state(view.server_now_us);
    this.#sample();
  }

  /** `follow`: this person may hear the control channel; otherwise the room stays as it was when it was opened. */
  start(follow: boolean): void {
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    void this.loadDestinations();
    void this.loadSource();
    if (follow) void this.#loadScript();
    if (!follow) {
      this.notice = "You see this room as it was when you opened it. Live updates need the role producer or compliance.";
      return;
    }
    this.#live = connectLive({
      path: `/api/control/shows/${encodeURIComponent(this.view.show.id)}/events`,
      position: this.view.channel,
      types: TYPES,
      on_event: (event) => {
        if (needsFreshOrders(this.view, event)) this.#freshOrdersSoon();
        if (event.type === "ingest.refused") {
          this.notice = `The camera was refused: ${(event.payload as { message: string }).message}`;
        }
        if (event.type === "finding.claimed") {
          const { id, by } = event.payload as { id: string; by: { id: string; name: string; until_wall_us: number } | null };
          if (by) this.claims.set(id, by);
          else this.claims.delete(id);
        }
        this.view = reduce(this.view, event);
        if (event.type === "script.line") this.#onScriptLine(event.payload as ScriptLineEvent);
        if (event.type === "gate") this.#gate_at_us = this.wall_us;
        if (event.type === "destinations") {
          this.destinations = withStatuses(this.destinations, (event.payload as { destinations: ToldStatus[] }).destinations);
        }
        if (event.type === "source") this.source = withStatus(this.source, event.payload as SourceStatus);
        if (event.type === "broadcast.ended") void this.loadSource();
        if (event.type === "broadcast.ended") this.destinations = withStatuses(this.destinations, []);
        if (event.type === "deal") this.#sample();
        if (event.type === "broadcast.started") {
          this.notice = null;
          this.programme_url = null; // of the broadcast before
          void this.#renewPreview();
          void this.#loadScript();
        }
        if (event.type.startsWith("finding")) this.#reselect();
      },
      on_reset: () => this.#refetch(),
      on_state: (state) => (this.connection = state),
    });
    this.#renewal = setTimeout(() => void this.#renewPreview(), PREVIEW_RENEW_MS);
  }

  stop(): void {
    clearInterval(this.#tick);
    clearTimeout(this.#renewal);
    clearTimeout(this.#fresh_orders);
    this.#live?.close();
  }

  /** Takes the destinations as they are kept. One that cannot be read is no reason to close the room. */
  async loadDestinations(): Promise<void> {
    try {
      this.destinations = (await getDestinations(this.view.show.id)).destinations;
    } catch (error) {
      if (!leftOutside(error)) toast("The destinations did not load. Open them again in a moment.", "problem");
    }
  }

  /** Takes the source as it is kept. */
  async loadSource(): Promise<void> {
    try {
      this.takeSource(await getSource(this.view.show.id));
    } catch (error) {
      if (!leftOutside(error)) toast("The show's source did not load. Open the room again in a moment.", "problem");
    }
  }

  takeSource(answer: SourceAnswer): void {
    this.source = answer.source;
    this.takes_srt = answer.srt;
  }

  select(step: 1 | -1): void {
    this.selected = neighbour(this.selected, this.view.findings, this.wall_us, step) ?? this.selected;
  }

  async decide(finding: Finding, kind: RulingKind): Promise<void> {
    if (!canRule(finding, this.wall_us) || finding.decision?.kind === kind) return;
    const done = await this.do(`finding ${finding.id}`, () => postDecision(finding.id, kind, finding.decision?.kind ?? null));
    if (done && kind === "clear") toast(`Cleared: “${short(finding.quote)}” airs as said.`, "done");
  }

  /** The colleague who is deciding this one. */
  claimedBy(finding: Finding, me: string): string | null {
    const claim = this.claims.get(finding.id);
    return claim && claim.id !== me && claim.until_wall_us > this.wall_us && finding.decision === null ? claim.name : null;
  }

  /** What a card would say to put it right; null when there is nothing to. */
  async correction(finding: Finding): Promise<string | null> {
    let text: string | null = null;
    await this.do(`look ${finding.id}`, async () => {
      text = (await getBackground(finding.id)).correction;
      if (text === null) toast("There is nothing on the picture to put right here.");
    });
    return text;
  }

  async correct(finding: Finding, text: string, seconds: number): Promise<boolean> {
    const done = await this.do(`correct ${finding.id}`, () => postCorrection(finding.id, text, seconds));
    if (done) toast(`Viewers see it now, for ${seconds} seconds.`, "done");
    return done;
  }

  async fire(cue: Cue): Promise<void> {
    await this.do(`cue ${cue.id}`, async () => {
      const { at_us } = await postFire(this.view.show.id, cue.id);
      this.view = reduce(this.view, { type: "cue.fired", payload: { cue_id: cue.id, at_us }, at_us });
    });
  }

  async fireNext(): Promise<void> {
    const cue = this.next_cue;
    if (cue && ![...this.busy].some((key) => key.startsWith("cue "))) await this.fire(cue);
  }

  /** A key on the whole programme; `amount_ms`: how far back a dump goes, or the new delay. */
  async gate(kind: GateKey, amount_ms?: number): Promise<void> {
    const done = await this.do(kind, () => postGate(this.view.show.id, kind, amount_ms));
    if (done && kind === "dump") toast("Taken back: viewers get the slate and silence instead.", "done");
  }

  /** Down and up of the cough key. Up is sent even when down is still on its way, and after it. */
  async cough(down: boolean): Promise<void> {
    if (down === this.coughing) return;
    this.coughing = down;
    this.#coughs = this.#coughs.then(() => this.gate(down ? "cough" : "cough_end"));
    await this.#coughs;
  }

  async hide(messageId: string): Promise<void> {
    await this.do(`chat ${messageId}`, async () => {
      await postHideChat(this.view.show.id, messageId);
      this.view = reduce(this.view, { type: "chat.hidden", payload: { id: messageId }, at_us: null });
    });
  }

  async #refetch() {
    const view = await getControl(this.view.show.id);
    this.view = view;
    this.programme_url = view.programme_url;
    this.#ahead_us = view.server_now_us - nowUs();
    this.#gate_at_us = view.server_now_us;
    this.#sample();
    this.#reselect();
    void this.#loadScript();
    return view.channel;
  }

  #onScriptLine(event: ScriptLineEvent): void {
    const place = this.script;
    if (place) this.script = withScriptLine(place, event);
    if (!place || missedLines(place, event)) void this.#loadScript(event);
  }

  /** The script with the lines said so far; `event`: where the host is by then. Without it the strip stays as it was. */
  async #loadScript(event?: ScriptLineEvent): Promise<void> {
    if (this.#loading_script) return;
    this.#loading_script = true;
    try {
      const script = await getScriptOnAir(this.view.show.id);
      const place = script && placeAtFirst(script);
      this.script = place && event ? withScriptLine(place, event) : place;
    } catch (error) {
      leftOutside(error);
    } finally {
      this.#loading_script = false;
    }
  }

  #freshOrdersSoon(): void {
    if (this.#fresh_orders !== undefined) return;
    this.#fresh_orders = setTimeout(() => {
      getControl(this.view.show.id)
        .then(({ orders, totals }) => (this.view = { ...this.view, orders, totals }))
        .catch(leftOutside)
        .finally(() => (this.#fresh_orders = undefined));
    }, FRESH_ORDERS_MS);
  }

  async #renewPreview(): Promise<void> {
    clearTimeout(this.#renewal);
    let again_ms = PREVIEW_RENEW_MS;
    try {
      this.programme_url = (await getPreview(this.view.show.id)).programme_url;
    } catch (error) {
      if (leftOutside(error)) return;
      again_ms = PREVIEW_RETRY_MS;
    }
    this.#renewal = setTimeout(() => void this.#renewPreview(), again_ms);
  }

  #onTick(): void {
    this.wall_us = nowUs() + this.#ahead_us;
    this.#reselect();
  }

  #reselect(): void {
    const next = selectionAfter(this.selected, this.view.findings, this.wall_us);
    if (next !== this.selected) this.selected = next;
  }

  #sample(): void {
    const all = { ...this.samples };
    for (const deal of this.view.deals) all[deal.id] = withSample(all[deal.id] ?? [], deal, this.wall_us);
    this.samples = all;
  }
}

function short(quote: string): string {
  return quote.length > 48 ? `${quote.slice(0, 47)}…` : quote;
}
