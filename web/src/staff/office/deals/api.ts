/** The deal desk: drafts, their preview, the calendar, and the agreements that fund them. */
import { call, type CallOptions } from "../../../lib/api";
import type { Conditions, DealBudget, DealForm, Funder, Money, Quote } from "../../../lib/types";

export type NewFunder = {
  party: Funder["party"];
  name: string;
  share_bps: number;
  budget_minor: number;
  cap_order_minor: number | null;
  cap_day_minor: number | null;
};

export type NewDeal = {
  form: DealForm;
  kind: DealBudget["kind"];
  title: string;
  duration_s: number;
  product_ids: string[];
  conditions: Conditions;
  price_minor: number | null;
  percentage_bps: number | null;
  amount_minor: number | null;
  counts: "pieces" | "orders";
  total_limit: number | null;
  per_buyer_limit: number | null;
  code: string | null;
  market: string;
  announces: boolean;
  /** Whether who pays first is served first; null: as the shop does. */
  first_paid: boolean | null;
  agreement_id: string | null;
  funders: NewFunder[];
};

export type PreviewVariant = {
  variant_id: string;
  product_title: string;
  variant_title: string;
  list: Money;
  price: Money;
  lowest_30d: Money | null;
  lowest_ever: Money | null;
  problem: string | null;
};

export type DealPreview = { problem: string | null; field: string | null; variants: PreviewVariant[]; sample: Quote | null };

export type DealChange = { state: DealBudget["state"]; at_us: number; by: string | null; reason: string };

export type AgreementFunder = {
  party: Funder["party"];
  party_id: string;
  name: string;
  share_bps: number;
  /** Null to a party that the money is no business of. */
  budget: Money | null;
  spent: Money | null;
  held: Money | null;
  today: Money | null;
  day: number;
  cap_order: Money | null;
  cap_day: Money | null;
  accepted_us: number | null;
  declined_us: number | null;
  declined_reason: string | null;
};

export type AtCap = "next_funder" | "end_deal" | "ask";

export type Cap = "budget" | "day" | "order";

/** A funder was asked about a cap, because a deal stands still at it. */
export type CapRequest = {
  /** The funder's place in the agreement. */
  funder: number;
  deal_title: string;
  cap: Cap;
  minor: number;
  asked_us: number;
  answered_us: number | null;
  answer: "raised" | "kept" | "withdrawn" | null;
};

export type Agreement = {
  id: string;
  shop_name: string;
  shop_slug: string;
  title: string;
  currency: string;
  standing: boolean;
  from_us: number | null;
  until_us: number | null;
  at_cap: AtCap;
  /** Empty: everything. */
  products: { id: string; title: string }[];
  steps: { from_us: number; shares_bps: number[] }[];
  funders: AgreementFunder[];
  /** The places in `funders` that the reader decides for. */
  mine: number[];
  opt_outs: { id: string; title: string }[];
  deals: { id: string; title: string; form: DealForm; state: DealBudget["state"]; opens_us: number | null; ends_us: number | null; sold: number }[];
  /** The newest first. */
  requests: CapRequest[];
  created_us: number;
};

export type NewAgreement = {
  title: string;
  funders: NewFunder[];
  from_us: number | null;
  until_us: number | null;
  product_ids: string[];
  at_cap: AtCap;
  steps: { from_us: number; shares_bps: number[] }[];
};

const part = encodeURIComponent;
const shop = (id: string) => `/api/office/shops/${part(id)}`;
const deal = (id: string) => `/api/office/deals/${part(id)}`;
const agreement = (id: string) => `/api/office/agreements/${part(id)}`;
const mine = (id: string) => `/api/funding/agreements/${part(id)}`;

export const postDeal = (shopId: string, given: NewDeal) => call<DealBudget>("POST", `${shop(shopId)}/deals`, given);
export const postPreview = (shopId: string, given: NewDeal, options?: CallOptions) =>
  call<DealPreview>("POST", `${shop(shopId)}/deals/preview`, given, options);
export const postOpen = (id: string) => call<DealBudget>("POST", `${deal(id)}/open`, {});
export const postSchedule = (id: string, opens_us: number) => call<DealBudget>("POST", `${deal(id)}/schedule`, { opens_us });
export const postUnschedule = (id: string) => call<DealBudget>("POST", `${deal(id)}/unschedule`, {});
export const postEndDeal = (id: string) => call<DealBudget>("POST", `${deal(id)}/end`, {});
export const getChanges = (id: string, options?: CallOptions) => call<DealChange[]>("GET", `${deal(id)}/changes`, undefined, options);
export const postCodes = (id: string, count: number, prefix: string) => call<{ codes: string[] }>("POST", `${deal(id)}/codes`, { count, prefix });

export const getAgreements = (shopId: string, options?: CallOptions) => call<Agreement[]>("GET", `${shop(shopId)}/agreements`, undefined, options);
export const postAgreement = (shopId: string, given: NewAgreement) => call<Agreement>("POST", `${shop(shopId)}/agreements`, given);
export const postAcceptBrand = (id: string) => call<Agreement>("POST", `${agreement(id)}/accept`, {});
export const postInvite = (shopId: string, partyId: string, email: string, name: string) =>
  call<{ email: string; path: string }>("POST", `${shop(shopId)}/parties/${part(partyId)}/invite`, { email, name });
export const postOptOutBrand = (id: string, product_id: string) => call<Agreement>("POST", `${agreement(id)}/opt-out`, { product_id });

export const postCapBrand = (id: string, cap: Cap, minor: number) => call<Agreement>("POST", `${agreement(id)}/cap`, { cap, minor });
export const postKeepBrand = (id: string) => call<Agreement>("POST", `${agreement(id)}/keep-caps`, {});

export const getMine = (options?: CallOptions) => call<Agreement[]>("GET", "/api/funding/agreements", undefined, options);
export const postAcceptMine = (id: string) => call<Agreement[]>("POST", `${mine(id)}/accept`, {});
export const postDeclineMine = (id: string, reason: string) => call<Agreement[]>("POST", `${mine(id)}/decline`, { reason });
export const postOptOutMine = (id: string, product_id: string) => call<Agreement[]>("POST", `${mine(id)}/opt-out`, { product_id });
export const postCapMine = (id: string, cap: Cap, minor: number) => call<Agreement[]>("POST", `${mine(id)}/cap`, { cap, minor });
export const postKeepMine = (id: string) => call<Agreement[]>("POST", `${mine(id)}/keep-caps`, {});
