/** What a deal is, in a few words for a viewer, and what several pieces cost under it. Pure. The server's quote is what
 * counts; this is what is shown. Rules: docs/algorithms/pricing.md. */
import { basisPointsOf, formatMoney } from "./money";
import { concerns, leftOf, type Offer } from "./moments";
import type { DealView, Money, Product } from "./types";

const percent = (bps: number) => `${String(bps / 100)} %`;

/** What `figure` of the deal's kind takes off `minor`: at least 0, at most all of it. */
export function takenOff(kind: DealView["kind"], figure: number, minor: number): number {
  if (kind === "price") return Math.max(0, minor - figure);
  if (kind === "amount") return Math.min(minor, figure);
  return Math.min(minor, basisPointsOf(minor, figure));
}

function figureOf(deal: DealView): number {
  return deal.price?.minor ?? deal.percentage_bps ?? deal.amount?.minor ?? 0;
}

/** "10 % off", "$5.00 off", "for $30.00". */
function offWords(deal: DealView, currency: string): string {
  if (deal.kind === "percentage") return `${percent(figureOf(deal))} off`;
  const money = formatMoney({ minor: figureOf(deal), currency }, { cents: "auto" });
  return deal.kind === "amount" ? `${money} off` : `for ${money}`;
}

const from = (minor: number | undefined, currency: string) =>
  minor ? ` from ${formatMoney({ minor, currency }, { cents: "auto" })}` : "";

/** Deals of several pieces that this product may be part of, and that have some left. */
export function setsFor(product: Product, deals: readonly DealView[]): DealView[] {
  return deals.filter((deal) => {
    if (leftOf(deal) === 0) return false;
    if (deal.form === "bundle") return (deal.conditions.parts ?? []).some((part) => part.product_id === product.id);
    return (deal.form === "tiers" || deal.form === "buy_get") && concerns(deal, product.id);
  });
}

/** What `quantity` pieces of one variant cost together: buy X get Y first, then tiers, as the price engine does. */
export function together(offer: Offer, quantity: number, sets: readonly DealView[]): Money {
  const { minor, currency } = offer.price;
  let free = quantity;
  let total = minor * quantity;
  let lowered = offer.deal !== null;
  const applies = (deal: DealView) => !(deal.conditions.exclusive && lowered);
  for (const deal of sets.filter((one) => one.form === "buy_get" && applies(one))) {
    const { buy = 0, get = 0 } = deal.conditions;
    const groups = buy + get > 0 ? Math.floor(free / (buy + get)) : 0;
    total -= groups * get * takenOff(deal.kind, figureOf(deal), minor);
    free -= groups * (buy + get);
    lowered ||= groups > 0;
  }
  for (const deal of sets.filter((one) => one.form === "tiers" && applies(one))) {
    const reached = (deal.conditions.tiers ?? []).filter((tier) => tier.quantity <= free).sort((a, b) => b.quantity - a.quantity)[0];
    if (!reached) continue;
    total -= free * takenOff(deal.kind, reached.figure, minor);
    free = 0;
  }
  return { minor: total, currency };
}

/** A set in a few words: "Buy 2, get 1 free", "2 from 10 % off", "2 for $20.00 each". */
export function setWords(deal: DealView, currency: string): string {
  const { buy = 0, get = 0, tiers = [] } = deal.conditions;
  if (deal.form === "buy_get") {
    const all = deal.kind === "percentage" && figureOf(deal) === 10_000;
    return `Buy ${String(buy)}, get ${String(get)} ${all ? "free" : offWords(deal, currency)}`;
  }
  if (deal.form === "bundle") return `Together ${offWords(deal, currency)}`;
  const steps = [...tiers].sort((a, b) => a.quantity - b.quantity).map((tier) => {
    const money = formatMoney({ minor: tier.figure, currency }, { cents: "auto" });
    const off = deal.kind === "percentage" ? `−${percent(tier.figure)}` : deal.kind === "amount" ? `−${money} each` : `${money} each`;
    return `${String(tier.quantity)}: ${off}`;
  });
  return `Buy ${steps.join(" · ")}`;
}

/** A deal of a whole order or by code: what it gives and what it asks for. */
export function orderWords(deal: DealView, currency: string, products: readonly Product[]): string {
  const { min_minor, audience } = deal.conditions;
  const off = offWords(deal, currency);
  const least = from(min_minor, currency);
  switch (deal.form) {
    case "gift": {
      const free = deal.kind === "percentage" && figureOf(deal) === 10_000;
      const gift = products.find((one) => one.variants.some((variant) => variant.id === deal.conditions.gift_variant_id));
      const name = deal.conditions.gift_choices?.length ? "A gift of your choice" : (gift?.title ?? deal.title);
      return `${name}${free ? ", free" : `, ${off}`}${least}`;
    }
    case "threshold":
      return `${off}${least}`;
    case "free_shipping":
      return deal.kind === "percentage" && figureOf(deal) === 10_000 ? `Free shipping${least}` : `Shipping ${off}${least}`;
    case "voucher":
    case "creator_code":
      if (audience === "follower") return `${off} for followers${least}`;
      if (audience === "new") return `${off} your first order${least}`;
      if (audience === "repeat") return `${off} when you have ordered before${least}`;
      return deal.form === "creator_code" ? `${off} with ${deal.conditions.creator_name ?? "the host"}’s code${least}` : `${off}${least}`;
    default:
      return deal.title;
  }
}

const ORDER_FORMS: readonly DealView["form"][] = ["gift", "free_shipping", "threshold", "voucher", "creator_code"];

/** Deals on the whole order and codes that are told to viewers, and that have some left. A code without words for it
 * stays with who has it, but for the follower's voucher, which asks for none. */
export function perksOf(deals: readonly DealView[]): DealView[] {
  return deals
    .filter((deal) => ORDER_FORMS.includes(deal.form) && leftOf(deal) !== 0)
    .filter((deal) => !["voucher", "creator_code"].includes(deal.form) || Boolean(deal.code) || isForFollowers(deal))
    .sort((a, b) => ORDER_FORMS.indexOf(a.form) - ORDER_FORMS.indexOf(b.form));
}

export function isForFollowers(deal: DealView): boolean {
  return deal.form === "voucher" && deal.conditions.audience === "follower";
}

/** "First 50 buyers: 12 left", "12 left": how much of a deal is left, when it is limited. */
export function leftWords(deal: DealView): string | null {
  const left = leftOf(deal);
  if (left === null || deal.total_limit === null) return null;
  if (deal.counts !== "orders") return `${String(left)} left at this price`;
  return deal.per_buyer_limit === 1 ? `First ${String(deal.total_limit)} buyers: ${String(left)} left` : `${String(left)} of ${String(deal.total_limit)} left`;
}
