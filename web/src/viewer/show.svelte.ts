/** A show as its viewer sees it: the snapshot, kept true by events, folded at the frame on screen. */
import { ApiError, getShow } from "../lib/api";
import { connectLive, SHOW_EVENTS, type LiveConnection, type LiveEvent, type LiveState } from "../lib/live";
import { fold, withMoment, type Holding } from "../lib/moments";
import { nowUs } from "../lib/time";
import type { BroadcastView, Caption, ChannelPosition, ChatLine, Correction, DealView, Moment, Product, ShowView } from "../lib/types";
import { captionAt, withCaption } from "./captions";
import { correctionAt, withCorrection } from "./corrections";
import { viewerId } from "./viewer_memory";
import { visible, withLine, withoutLine, type Said } from "./chat_flow";

const NOTHING: Holding = { pinned_product_id: null, deals: [] };
/** The reactive clock moves in quarters of a second; what appears and disappears does so at the exact frame. */
const CLOCK_STEP_US = 250_000;

export class Show {
  view = $state.raw<ShowView | null>(null);
  /** `missing`: there is no such show. `failed`: it could not be fetched. */
  status = $state<"loading" | "ready" | "missing" | "failed">("loading");
  link = $state<LiveState>("connecting");
  viewers = $state(0);
  /** Programme time of the frame on screen, in steps; null before the first frame. */
  clock_us = $state<number | null>(null);
  holding = $state.raw<Holding>(NOTHING);
  caption = $state.raw<Caption | null>(null);
  correction = $state.raw<Correction | null>(null);
  /** What is open to buy this moment on the wall's clock: differs from `holding` in a replay. */
  open_now = $state.raw<Holding>(NOTHING);
  on_reactions: ((count: number) => void) | null = null;

  #said = $state.raw<Said[]>([]);
  #moments: Moment[] = [];
  #captions: Caption[] = [];
  #corrections: Correction[] = [];
  #playhead_us: number | null = null;
  #undisclose: ReturnType<typeof setTimeout> | undefined;
  #holding_key = "";
  #server_ahead_us = 0;
  #live: LiveConnection | null = null;
  #aborter = new AbortController();

  readonly slug: string;
  readonly replaying = $derived(this.view?.state === "ended");
  readonly chat = $derived(visible(this.#said, this.clock_us, nowUs(), !this.replaying));
  /** Deals that a purchase now would get: those at the frame on screen, or those of this moment where there is none. */
  readonly buyable = $derived(this.replaying || this.clock_us === null ? this.open_now.deals : this.holding.deals);
  readonly pinned = $derived(this.product(this.holding.pinned_product_id));

  constructor(slug: string) {
    this.slug = slug;
  }

  product(id: string | null): Product | null {
    return this.view?.products.find((product) => product.id === id) ?? null;
  }

  /** The server's wall clock, as programme time counts. */
  now_us(): number {
    return nowUs() + this.#server_ahead_us;
  }

  /** The programme time that a purchase counts at: the frame on screen, or this moment in a replay. */
  buying_us(): number {
    const delay_us = (this.view?.delay_ms ?? 0) * 1000;
    if (this.replaying || this.#playhead_us === null) return this.now_us() - delay_us;
    return this.#playhead_us;
  }

  async open(): Promise<void> {
    this.status = "loading";
    try {
      const position = await this.#fetch();
      this.status = "ready";
      this.#live?.close();
      this.#live = connectLive({
        path: `/api/shows/${encodeURIComponent(this.view?.id ?? this.slug)}/events`,
        position,
        viewer: viewerId(),
        types: SHOW_EVENTS,
        on_event: (event) => this.#take(event),
        on_reset: () => this.#fetch(),
        on_state: (state) => (this.link = state),
      });
    } catch (error) {
      if (this.#aborter.signal.aborted) return;
      this.status = error instanceof ApiError && error.status === 404 ? "missing" : "failed";
    }
  }

  close(): void {
    this.#aborter.abort();
    clearTimeout(this.#undisclose);
    this.#live?.close();
  }

  /** The frame of this programme time is on screen. */
  frame(programme_us: number): void {
    this.#playhead_us = programme_us;
    document.documentElement.dataset["programmeUs"] = String(programme_us);
    this.#refold(programme_us);
    const caption = captionAt(this.#captions, programme_us);
    if (caption?.text !== this.caption?.text) this.caption = caption;
    this.#recorrect(programme_us);
    const step_us = Math.floor(programme_us / CLOCK_STEP_US) * CLOCK_STEP_US;
    if (step_us !== this.clock_us) this.clock_us = step_us;
  }

  /** The replay is watched from here on; the live picture is over. */
  finish(): void {
    if (this.view) this.view = { ...this.view, state: "ended" };
  }

  heard(line: ChatLine, own: boolean): void {
    this.#said = withLine(this.#said, { ...line, own, received_us: nowUs() });
  }

  unheard(id: string): void {
    this.#said = withoutLine(this.#said, id);
  }

  refreshOpenNow(): void {
    const delay_us = (this.view?.delay_ms ?? 0) * 1000;
    this.open_now = fold(this.#moments, this.now_us() - delay_us);
  }

  /** The disclosure comes up at once, and goes away at its own frame. */
  #disclose(host_is_paid: boolean, at_us: number | null | undefined): void {
    clearTimeout(this.#undisclose);
    const tell = () => this.view && (this.view = { ...this.view, host_is_paid });
    const wait_us = host_is_paid ? 0 : (at_us ?? 0) - this.now_us();
    if (wait_us <= 0) tell();
    else this.#undisclose = setTimeout(tell, wait_us / 1000);
  }

  async #fetch(): Promise<ChannelPosition> {
    const view = await getShow(this.slug, { signal: this.#aborter.signal });
    this.#server_ahead_us = view.server_now_us - nowUs();
    this.#moments = view.moments;
    this.#captions = view.captions;
    this.#corrections = view.corrections;
    const own = new Set(this.#said.filter((line) => line.own).map((line) => line.id));
    this.#said = view.chat.map((line) => ({ ...line, own: own.has(line.id), received_us: nowUs() }));
    this.viewers = view.viewers;
    this.view = view;
    this.refreshOpenNow();
    if (this.#playhead_us !== null) this.frame(this.#playhead_us);
    return view.channel;
  }

  #take({ type, at_us, payload }: LiveEvent): void {
    const view = this.view;
    if (!view) return;
    switch (type) {
      case "pin":
      case "unpin":
      case "deal.opened":
      case "deal.ended":
        this.#remember({ ...(payload as Partial<Moment>), type, at_us: at_us ?? this.now_us() });
        break;
      case "deal.sold":
        this.#sold(payload as { deal_id: string; sold: number; held?: number });
        break;
      case "stock":
        this.#stock(payload as { product_id: string; variant_id: string; available: number });
        break;
      case "product":
        this.#replace((payload as { product: Product }).product);
        break;
      case "chat":
        this.heard(payload as ChatLine, false);
        break;
      case "chat.hidden":
        this.unheard((payload as { id: string }).id);
        break;
      case "caption":
        this.#captions = withCaption(this.#captions, payload as Caption);
        break;
      case "correction":
        this.#corrections = withCorrection(this.#corrections, payload as Correction);
        if (this.#playhead_us !== null) this.#recorrect(this.#playhead_us);
        break;
      case "viewers":
        this.viewers = (payload as { now: number }).now;
        break;
      case "paid":
        this.#disclose((payload as { host_is_paid: boolean }).host_is_paid, at_us);
        break;
      case "reactions":
        this.on_reactions?.((payload as { count: number }).count);
        break;
      case "broadcast.started":
        this.#began((payload as { broadcast: BroadcastView }).broadcast);
        break;
      case "broadcast.ended":
        this.#ended(payload as { broadcast_id: string; replay_url: string | null });
        break;
    }
  }

  #remember(moment: Moment): void {
    this.#moments = withMoment(this.#moments, moment);
    this.refreshOpenNow();
    if (this.#playhead_us !== null) this.#refold(this.#playhead_us);
  }

  #refold(programme_us: number): void {
    const holding = fold(this.#moments, programme_us);
    const key = `${holding.pinned_product_id ?? ""}|${holding.deals.map(dealKey).join(",")}`;
    if (key === this.#holding_key) return;
    this.#holding_key = key;
    this.holding = holding;
  }

  #recorrect(programme_us: number): void {
    const correction = correctionAt(this.#corrections, programme_us);
    if (correction?.id !== this.correction?.id) this.correction = correction;
  }

  #sold({ deal_id, sold, held = 0 }: { deal_id: string; sold: number; held?: number }): void {
    this.#moments = this.#moments.map((moment) =>
      moment.deal?.id === deal_id ? { ...moment, deal: { ...moment.deal, sold, held } } : moment,
    );
    this.refreshOpenNow();
    if (this.#playhead_us !== null) this.#refold(this.#playhead_us);
  }

  #stock(change: { product_id: string; variant_id: string; available: number }): void {
    const product = this.product(change.product_id);
    if (!product) return;
    const variants = product.variants.map((variant) =>
      variant.id === change.variant_id ? { ...variant, available: change.available } : variant,
    );
    this.#replace({ ...product, variants });
  }

  #replace(product: Product): void {
    if (!this.view) return;
    const known = this.view.products.some((one) => one.id === product.id);
    const products = known
      ? this.view.products.map((one) => (one.id === product.id ? product : one))
      : [...this.view.products, product];
    this.view = { ...this.view, products };
  }

  #began(broadcast: BroadcastView): void {
    if (this.view) this.view = { ...this.view, state: "live", broadcast };
  }

  /** The programme is over; what is in the delay is still to be seen, so the state changes when the picture ends. */
  #ended({ broadcast_id, replay_url }: { broadcast_id: string; replay_url: string | null }): void {
    const broadcast = this.view?.broadcast;
    if (!this.view || broadcast?.id !== broadcast_id) return;
    this.view = { ...this.view, broadcast: { ...broadcast, ended_us: this.now_us(), replay_url } };
  }
}

function dealKey(deal: DealView): string {
  return `${deal.id}:${deal.sold}:${deal.held ?? 0}`;
}
