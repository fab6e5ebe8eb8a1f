/** A deal's terms: from what is typed to what is sent, and from what is stored to words. Pure. */
import { exponent, formatMoney } from "../../../lib/money";
import type { Conditions, DealForm, DealView, Money } from "../../../lib/types";
import type { NewDeal } from "./api";

export const FORMS: { value: DealForm; label: string; says: string }[] = [
  { value: "live_flash", label: "Live flash deal", says: "A price for minutes, opened in the show with a countdown." },
  { value: "creator_live", label: "Creator's live price", says: "A creator's own price while they are live. Comes before every other price." },
  { value: "campaign", label: "Campaign", says: "Lower prices for days, on some products or on all of them." },
  { value: "flash", label: "Flash deal outside a show", says: "A price for hours, without a show." },
  { value: "discount", label: "Product discount", says: "A standing discount. Every other price deal comes before it." },
  { value: "bundle", label: "Bundle", says: "Several products together for one price." },
  { value: "buy_get", label: "Buy X get Y", says: "Of every X + Y pieces the Y cheapest are discounted." },
  { value: "tiers", label: "Tiers", says: "The more pieces, the more off each." },
  { value: "gift", label: "Gift with purchase", says: "A product for nothing when the other goods come to enough." },
  { value: "threshold", label: "Spend and save", says: "Off the order when the goods come to enough." },
  { value: "voucher", label: "Voucher", says: "Off the order by a code: one an order." },
  { value: "creator_code", label: "Creator's code", says: "A code that a creator's followers type." },
  { value: "free_shipping", label: "Free shipping", says: "The shop's shipping fee, paid by the funders." },
];

export const PRICE_FORMS: readonly DealForm[] = ["creator_live", "live_flash", "campaign", "flash", "discount"];
export const CODE_FORMS: readonly DealForm[] = ["voucher", "creator_code"];
const NAMES_PRODUCTS: readonly DealForm[] = ["creator_live", "live_flash", "flash"];

export const formName = (form: DealForm) => FORMS.find((one) => one.value === form)?.label ?? form;

/** What is typed in the builder; amounts as people write them. */
export type Draft = {
  form: DealForm;
  kind: DealView["kind"];
  title: string;
  figure: string;
  minutes: string;
  product_ids: string[];
  total_limit: string;
  per_buyer_limit: string;
  first_buyers: boolean;
  min: string;
  max: string;
  buy: string;
  get: string;
  tiers: { quantity: string; figure: string }[];
  parts: { product_id: string; quantity: string }[];
  gift_variant_id: string;
  /** A piece that may be taken instead; empty: none. */
  gift_choice: string;
  audience: NonNullable<Conditions["audience"]>;
  /** The player tells every viewer the code. */
  offered: boolean;
  creator_name: string;
  code: string;
  market: string;
  announces: boolean;
  /** While a bank is being asked; empty: as the shop does. */
  waiting: "" | "keep" | "first_paid";
};

export const EMPTY: Draft = {
  form: "live_flash",
  kind: "price",
  title: "",
  figure: "",
  minutes: "5",
  product_ids: [],
  total_limit: "",
  per_buyer_limit: "",
  first_buyers: false,
  min: "",
  max: "",
  buy: "2",
  get: "1",
  tiers: [
    { quantity: "2", figure: "10" },
    { quantity: "3", figure: "20" },
  ],
  parts: [
    { product_id: "", quantity: "1" },
    { product_id: "", quantity: "1" },
  ],
  gift_variant_id: "",
  gift_choice: "",
  audience: "everyone",
  offered: false,
  creator_name: "",
  code: "",
  market: "us-en",
  announces: true,
  waiting: "",
};

/** "19.99" in minor units of the currency; null for what is no such amount. */
export function minorOf(text: string, currency: string): number | null {
  const places = exponent(currency);
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!match || (match[2]?.length ?? 0) > places) return null;
  return Number(`${match[1] ?? "0"}${(match[2] ?? "").padEnd(places, "0")}`);
}

/** "12.5" per cent in basis points; null for what is no such share. */
export const bpsOf = (text: string) => minorOf(text, "USD");

export const countOf = (text: string) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : null);

function figureOf(kind: DealView["kind"], text: string, currency: string): number | null {
  return kind === "percentage" ? bpsOf(text) : minorOf(text, currency);
}

/** Which kinds of figure a form may have. */
export function kindsOf(form: DealForm): DealView["kind"][] {
  if (form === "gift") return ["percentage"];
  return PRICE_FORMS.includes(form) || ["bundle", "buy_get", "tiers"].includes(form) ? ["price", "percentage", "amount"] : ["percentage", "amount"];
}

/** What is sent; `funding` says who pays. */
export function toDeal(draft: Draft, currency: string, funding: Pick<NewDeal, "agreement_id" | "funders">): NewDeal {
  const kind = kindsOf(draft.form).includes(draft.kind) ? draft.kind : (kindsOf(draft.form)[0] ?? "percentage");
  const typed = draft.form === "gift" ? "100" : draft.form === "tiers" ? (draft.tiers[0]?.figure ?? "") : draft.figure;
  const figure = figureOf(kind, typed, currency);
  const of_pieces = PRICE_FORMS.includes(draft.form);
  const first = of_pieces && draft.first_buyers;
  const min_minor = minorOf(draft.min, currency) ?? 0;
  return {
    form: draft.form,
    kind,
    title: draft.title,
    duration_s: Math.round((countOf(draft.minutes) ?? 0) * 60),
    product_ids: draft.form === "bundle" ? [] : draft.product_ids,
    conditions: conditionsOf(draft, kind, min_minor, currency),
    price_minor: kind === "price" ? figure : null,
    percentage_bps: kind === "percentage" ? figure : null,
    amount_minor: kind === "amount" ? figure : null,
    counts: of_pieces && !first ? "pieces" : "orders",
    total_limit: countOf(draft.total_limit),
    per_buyer_limit: first ? 1 : countOf(draft.per_buyer_limit),
    code: CODE_FORMS.includes(draft.form) && draft.code.trim() !== "" ? draft.code : null,
    market: draft.market,
    announces: draft.announces || kind !== "price" || !of_pieces,
    first_paid: draft.waiting === "" ? null : draft.waiting === "first_paid",
    ...funding,
  };
}

function conditionsOf(draft: Draft, kind: DealView["kind"], min_minor: number, currency: string): Conditions {
  const min = min_minor > 0 ? { min_minor } : {};
  switch (draft.form) {
    case "bundle":
      return {
        parts: draft.parts.filter((one) => one.product_id !== "").map((one) => ({ product_id: one.product_id, quantity: countOf(one.quantity) ?? 0 })),
      };
    case "buy_get":
      return { buy: countOf(draft.buy) ?? 0, get: countOf(draft.get) ?? 0 };
    case "tiers":
      return { tiers: draft.tiers.map((one) => ({ quantity: countOf(one.quantity) ?? 0, figure: figureOf(kind, one.figure, currency) ?? 0 })) };
    case "gift":
      return {
        ...min,
        ...(draft.gift_variant_id === "" ? {} : { gift_variant_id: draft.gift_variant_id }),
        ...(draft.gift_choice === "" || draft.gift_choice === draft.gift_variant_id ? {} : { gift_choices: [draft.gift_choice] }),
      };
    case "threshold":
    case "free_shipping":
      return min;
    case "voucher":
    case "creator_code": {
      const max_minor = minorOf(draft.max, currency);
      return {
        ...min,
        ...(max_minor === null || max_minor === 0 ? {} : { max_minor }),
        ...(draft.audience === "everyone" ? {} : { audience: draft.audience }),
        ...(draft.offered && draft.code.trim() !== "" ? { offered: true } : {}),
        ...(draft.form === "creator_code" ? { creator_name: draft.creator_name } : {}),
      };
    }
    default:
      return {};
  }
}

/** What a preview still waits for, in a few words; null: it can be asked for. What is typed wrongly is the server's to say. */
export function unsaid(draft: Draft): string | null {
  const figures = draft.form === "tiers" ? draft.tiers.map((one) => one.figure) : draft.form === "gift" ? [] : [draft.figure];
  if (figures.some((one) => one.trim() === "")) return { price: "a price", percentage: "how many per cent", amount: "an amount" }[draft.kind];
  if (namesProducts(draft.form) && draft.product_ids.length === 0) return "at least one product";
  if (draft.form === "bundle" && draft.parts.every((one) => one.product_id === "")) return "the products of the set";
  if (draft.form === "gift" && draft.gift_variant_id === "") return "what is given";
  if (draft.form === "threshold" && draft.min.trim() === "") return "from how much on";
  if (draft.form === "creator_code" && draft.creator_name.trim() === "") return "whose code it is";
  return null;
}

/** Whether such a deal has to name its products. */
export const namesProducts = (form: DealForm) => NAMES_PRODUCTS.includes(form);

/** "for $19.99", "15 % off from $50.00": what a deal does, in a few words. */
export function said(deal: Pick<DealView, "form" | "kind" | "price" | "percentage_bps" | "amount" | "conditions">, currency: string): string {
  const money = (minor: number): Money => ({ minor, currency });
  const { conditions } = deal;
  const figure =
    deal.kind === "price" && deal.price
      ? `for ${formatMoney(deal.price)}`
      : deal.kind === "percentage" && deal.percentage_bps !== null
        ? `${deal.percentage_bps / 100} % off`
        : deal.amount
          ? `${formatMoney(deal.amount)} off`
          : "";
  const from = conditions.min_minor ? ` from ${formatMoney(money(conditions.min_minor))}` : "";
  switch (deal.form) {
    case "bundle":
      return `a set ${figure}`;
    case "buy_get":
      return `buy ${conditions.buy ?? 0}, get ${conditions.get ?? 0}${deal.percentage_bps === 10_000 ? " free" : ` ${figure}`}`;
    case "tiers":
      return (conditions.tiers ?? [])
        .map((tier) => `${tier.quantity} at ${deal.kind === "percentage" ? `−${tier.figure / 100} %` : formatMoney(money(tier.figure))}`)
        .join(", ");
    case "gift":
      return `a gift${from}`;
    case "free_shipping":
      return `${deal.percentage_bps === 10_000 ? "free shipping" : `shipping ${figure}`}${from}`;
    default:
      return figure + from;
  }
}
