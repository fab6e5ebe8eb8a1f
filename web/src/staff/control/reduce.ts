/** The control room's state: the snapshot, moved on by events. Pure: snapshot + events = a fresh snapshot. */
import type { LiveEvent } from "../../lib/live";
import type {
  BroadcastView,
  ChatLine,
  ControlTotals,
  ControlView,
  DealBudget,
  Decision,
  DisclosureShown,
  Finding,
  GateStatus,
  OrderLine,
  Outcome,
  PaidHost,
  Product,
  ShowView,
  Word,
} from "../../lib/types";
import { withWords } from "./transcript";

const WORDS_MAX = 900;
const WORDS_US = 180_000_000;
const FINDINGS_MAX = 200;
const ORDERS_MAX = 200;
const CHAT_MAX = 200;

/** Money counts from payment on, cancelled and refunded orders included (GMV as the field defines it). */
const COUNTED = new Set(["paid", "cancelled", "refunded", "partly_refunded"]);

export function reduce(view: ControlView, event: LiveEvent): ControlView {
  const payload = event.payload;
  switch (event.type) {
    case "words": {
      const heard = withWords(view.words, (payload as { words: Word[] }).words, WORDS_MAX);
      const newest_us = heard.at(-1)?.end_us ?? 0;
      return { ...view, words: heard.filter((word) => word.end_us >= newest_us - WORDS_US) };
    }
    case "finding":
      return { ...view, findings: upsert(view.findings, payload as Finding).slice(-FINDINGS_MAX) };
    case "finding.decided": {
      const { id, decision } = payload as { id: string; decision: Decision };
      return { ...view, findings: change(view.findings, id, { decision }) };
    }
    case "finding.outcome": {
      const { id, outcome } = payload as { id: string; outcome: Outcome };
      return { ...view, findings: change(view.findings, id, { outcome }) };
    }
    case "cue.fired": {
      const { cue_id, at_us } = payload as { cue_id: string; at_us?: number };
      return { ...view, cues: change(view.cues, cue_id, { fired_us: at_us ?? event.at_us ?? view.gate.programme_us }) };
    }
    case "deal":
      return { ...view, deals: upsert(view.deals, payload as DealBudget) };
    case "deal.sold": {
      const { deal_id, sold } = payload as { deal_id: string; sold: number };
      return { ...view, deals: change(view.deals, deal_id, { sold }) };
    }
    case "order":
      return withOrder(view, payload as OrderLine);
    case "order.settled": {
      const { id, state } = payload as { id: string; state: string };
      const known = view.orders.find((one) => one.id === id);
      return known ? withOrder(view, { ...known, state }) : view;
    }
    case "chat":
      return withShow(view, { chat: upsert(view.show.chat, payload as ChatLine).slice(-CHAT_MAX) });
    case "chat.hidden":
      return withShow(view, { chat: change(view.show.chat, (payload as { id: string }).id, { hidden: true }) });
    case "broadcast.started":
      return withShow({ ...view, disclosure_due_us: null, disclosure_shown: null }, { state: "live", broadcast: (payload as { broadcast: BroadcastView }).broadcast });
    case "broadcast.ended": {
      const { broadcast } = view.show;
      const ended_us = event.at_us ?? view.gate.programme_us;
      const ended = withShow(view, { state: "ended", broadcast: broadcast ? { ...broadcast, ended_us } : null });
      return { ...ended, disclosure_due_us: null, disclosure_shown: null, gate: { ...view.gate, state: "off", ingest: null, message: null } };
    }
    case "stock": {
      const { variant_id, available } = payload as { variant_id: string; available: number };
      return withShow(view, { products: view.show.products.map((product) => withStock(product, variant_id, available)) });
    }
    case "product":
      return withShow(view, { products: upsert(view.show.products, (payload as { product: Product }).product) });
    case "gate":
      return { ...view, gate: payload as GateStatus };
    case "viewers":
      return withShow(view, { viewers: (payload as { now: number }).now });
    case "paid.ruled": {
      const paid = payload as PaidHost;
      const owed = paid.paid ? {} : { disclosure_due_us: null, disclosure_shown: null };
      return { ...withShow(view, { host_is_paid: paid.paid }), paid, ...owed };
    }
    case "disclosure.due":
      return { ...view, disclosure_due_us: (payload as { due_us: number }).due_us };
    case "disclosure.said":
      return { ...view, disclosure_due_us: null };
    case "disclosure.shown":
      return view.paid.paid ? { ...view, disclosure_shown: payload as DisclosureShown } : view;
    default:
      return view;
  }
}

/** True when `event` says less than the totals need: of some orders only the number or the end is told. */
export function needsFreshOrders(view: ControlView, event: LiveEvent): boolean {
  if (event.type === "orders.more") return true;
  return event.type === "order.settled" && !view.orders.some((one) => one.id === (event.payload as { id: string }).id);
}

/** "2 × Serum, 1 × Mask" is three pieces; a part without a count is one. */
export function unitsOf(order: OrderLine): number {
  if (order.units !== undefined) return order.units;
  const counts = [...order.items.matchAll(/(?:^|, )(\d+) ?[×x] /g)].map(([, count]) => Number(count));
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : 1;
}

function withOrder(view: ControlView, order: OrderLine): ControlView {
  const known = view.orders.find((one) => one.id === order.id);
  const orders = known
    ? view.orders.map((one) => (one.id === order.id ? order : one))
    : [order, ...view.orders].sort((a, b) => b.placed_us - a.placed_us).slice(0, ORDERS_MAX);
  const counts = Number(COUNTED.has(order.state)) - Number(known !== undefined && COUNTED.has(known.state));
  return { ...view, orders, totals: counts === 0 ? view.totals : counted(view.totals, order, counts) };
}

function counted(totals: ControlTotals, order: OrderLine, sign: number): ControlTotals {
  return {
    orders: totals.orders + sign,
    gmv: { ...totals.gmv, minor: totals.gmv.minor + sign * order.total.minor },
    discount: { ...totals.discount, minor: totals.discount.minor + sign * order.discount.minor },
    units: totals.units + sign * unitsOf(order),
  };
}

function withStock(product: Product, variant_id: string, available: number): Product {
  if (!product.variants.some((variant) => variant.id === variant_id)) return product;
  return { ...product, variants: change(product.variants, variant_id, { available }) };
}

function withShow(view: ControlView, changed: Partial<ShowView>): ControlView {
  return { ...view, show: { ...view.show, ...changed } };
}

function change<T extends { id: string }>(list: readonly T[], id: string, changed: Partial<T>): T[] {
  return list.map((one) => (one.id === id ? { ...one, ...changed } : one));
}

function upsert<T extends { id: string }>(list: readonly T[], one: T): T[] {
  return list.some((known) => known.id === one.id) ? list.map((known) => (known.id === one.id ? one : known)) : [...list, one];
}
