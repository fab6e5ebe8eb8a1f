/** Deals, as viewers and as those who pay for them see them. */

import type { Money } from "./goods";

/** On the price of a piece, the first by priority first; then those on several pieces, on the order, by code. */
export type PriceForm = "creator_live" | "live_flash" | "campaign" | "flash" | "discount";
export type DealForm =
  | PriceForm
  | "bundle"
  | "buy_get"
  | "tiers"
  | "gift"
  | "threshold"
  | "voucher"
  | "creator_code"
  | "free_shipping";

/** When a deal of several pieces, of the order or of a code applies; each form has its own. Amounts in minor units. */
export type Conditions = {
  min_minor?: number;
  max_minor?: number;
  exclusive?: boolean;
  buy?: number;
  get?: number;
  tiers?: { quantity: number; figure: number }[];
  parts?: { product_id: string; quantity: number }[];
  gift_variant_id?: string;
  /** Pieces that may be taken in the gift's place. */
  gift_choices?: string[];
  audience?: "everyone" | "new" | "repeat" | "follower";
  /** The player tells every viewer the code. */
  offered?: boolean;
  creator_name?: string;
};

export type DealView = {
  id: string;
  /** The one product that it is for; null when `product_ids` names several, or none: then it is for everything. */
  product_id: string | null;
  kind: "price" | "percentage" | "amount";
  title: string;
  price: Money | null;
  percentage_bps: number | null;
  amount: Money | null;
  opens_us: number;
  ends_us: number;
  total_limit: number | null;
  per_buyer_limit: number | null;
  /** Pieces or orders, as `counts` says. */
  sold: number;
  /** As `sold`, by orders whose payment is pending. */
  held?: number;
  /** To viewers, only of a deal that offers it to them. */
  code?: string | null;
  form: DealForm;
  product_ids: string[];
  conditions: Conditions;
  counts: "pieces" | "orders";
  /** Whether the price before may be shown beside it, struck through. */
  announces: boolean;
  /** Whether who pays first is served first; null: as the shop does. */
  first_paid: boolean | null;
};

export type Funder = {
  party: "brand" | "platform" | "creator" | "supplier";
  name: string;
  share_bps: number;
  budget: Money;
  spent: Money;
  held: Money;
  accepted: boolean;
};

export type DealBudget = Omit<DealView, "opens_us" | "ends_us" | "code"> & {
  /** Null until it opens. */
  opens_us: number | null;
  ends_us: number | null;
  state: "draft" | "agreed" | "scheduled" | "open" | "ended";
  /** Whose rules on reference prices hold: "us-en", "eu-en", ... */
  market: string;
  /** The code that everybody may know. */
  code: string | null;
  ended_reason: string | null;
  agreement: { funders: Funder[] };
};
