/** What holds at a programme time: the pinned product and the open deals. Pure. */
import { basisPointsOf } from "./money";
import type { DealForm, DealView, Moment, Money, Product, Variant } from "./types";

export type Holding = {
  pinned_product_id: string | null;
  /** Open at that moment, in the order they opened. */
  deals: DealView[];
};

/** Folds `moments` up to and with `atUs`. The order of the list does not matter; equal times keep their order. */
export function fold(moments: readonly Moment[], atUs: number): Holding {
  let pinned: string | null = null;
  const deals = new Map<string, DealView>();
  for (const moment of inOrder(moments)) {
    if (moment.at_us > atUs) break;
    if (moment.type === "pin") pinned = moment.product_id ?? null;
    else if (moment.type === "unpin") pinned = null;
    else if (moment.type === "deal.opened" && moment.deal) deals.set(moment.deal.id, moment.deal);
    else if (moment.type === "deal.ended" && moment.deal_id) deals.delete(moment.deal_id);
  }
  return { pinned_product_id: pinned, deals: [...deals.values()].filter((deal) => atUs < deal.ends_us) };
}

function inOrder(moments: readonly Moment[]): readonly Moment[] {
  const sorted = moments.every((moment, i) => i === 0 || (moments[i - 1]?.at_us ?? 0) <= moment.at_us);
  return sorted ? moments : [...moments].sort((a, b) => a.at_us - b.at_us);
}

/** Adds what is not yet known (a reconnect may bring an event twice) and keeps the list in order of time. */
export function withMoment(moments: readonly Moment[], moment: Moment): Moment[] {
  const known = moments.some(
    (other) =>
      other.type === moment.type &&
      other.at_us === moment.at_us &&
      other.product_id === moment.product_id &&
      (other.deal?.id ?? other.deal_id) === (moment.deal?.id ?? moment.deal_id),
  );
  return known ? [...moments] : [...moments, moment].sort((a, b) => a.at_us - b.at_us);
}

/** What one piece costs under `deal`, before limits. The server's quote is what counts; this is what is shown. */
export function dealPrice(list: Money, deal: DealView): Money {
  let minor = list.minor;
  if (deal.kind === "price" && deal.price) minor = Math.min(minor, deal.price.minor);
  if (deal.kind === "percentage" && deal.percentage_bps) minor -= basisPointsOf(minor, deal.percentage_bps);
  if (deal.kind === "amount" && deal.amount) minor -= deal.amount.minor;
  return { minor: Math.max(0, minor), currency: list.currency };
}

export function soldOut(deal: DealView): boolean {
  return leftOf(deal) === 0;
}

/** Pieces or orders (`counts`) that the deal has left, less those that wait for their bank; null: no limit. */
export function leftOf(deal: DealView): number | null {
  return deal.total_limit === null ? null : Math.max(0, deal.total_limit - deal.sold - (deal.held ?? 0));
}

export type Offer = {
  variant: Variant;
  price: Money;
  /** What to strike out: the list price under a deal, else the variant's own earlier price. */
  before: Money | null;
  deal: DealView | null;
};

/** Deals on the price of a piece, the first by priority first: docs/algorithms/pricing.md. */
export const PRICE_FORMS: readonly DealForm[] = ["creator_live", "live_flash", "campaign", "flash", "discount"];

export function concerns(deal: DealView, productId: string): boolean {
  return deal.product_ids.length === 0 || deal.product_ids.includes(productId);
}

/** The price a viewer sees for `variant`: its first open deal by priority that has pieces left, else its own price. */
export function offer(variant: Variant, deals: readonly DealView[], productId: string): Offer {
  const own: Offer = { variant, price: variant.price, before: higher(variant.compare_at, variant.price), deal: null };
  const deal = PRICE_FORMS.flatMap((form) => deals.filter((one) => one.form === form)).find(
    (one) => concerns(one, productId) && !soldOut(one),
  );
  const price = deal ? dealPrice(variant.price, deal) : variant.price;
  if (!deal || price.minor >= variant.price.minor) return own;
  return { variant, price, before: deal.announces ? variant.price : null, deal };
}

/** The offer that stands on the product's card: the cheapest variant that can be had, else the cheapest. */
export function cardOffer(product: Product, deals: readonly DealView[]): Offer | null {
  const offers = product.variants.map((variant) => offer(variant, deals, product.id));
  const there = offers.filter((one) => one.variant.available > 0);
  return (there.length > 0 ? there : offers).reduce<Offer | null>(
    (least, one) => (least === null || one.price.minor < least.price.minor ? one : least),
    null,
  );
}

export function stockLeft(product: Product): number {
  return product.variants.reduce((sum, variant) => sum + variant.available, 0);
}

function higher(candidate: Money | null, than: Money): Money | null {
  return candidate && candidate.currency === than.currency && candidate.minor > than.minor ? candidate : null;
}
