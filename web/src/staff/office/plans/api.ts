/** The planner: what a campaign would come to. Amounts are minor units, shares basis points, times microseconds. */
import { call, type CallOptions } from "../../../lib/api";
import type { NewDeal, NewFunder } from "../deals/api";
import type { PastShow } from "../shows/api";

export type PlannedShow = {
  title: string;
  starts_us: number;
  duration_s: number;
  viewers: number;
  creator_name: string;
  commission_bps: number;
  fixed_cost_minor: number;
  show_id: string | null;
};
export type Basket = { lines: { variant_id: string; quantity: number }[]; weight: number };
export type Agreement = {
  id: string;
  terms: {
    title: string;
    funders: NewFunder[];
    from_us: number | null;
    until_us: number | null;
    product_ids: string[];
    at_cap: "next_funder" | "end_deal" | "ask";
    steps: { from_us: number; shares_bps: number[] }[];
  };
};
export type Assumptions = {
  conversion_bps: number;
  viewers_spread_bps: number;
  conversion_spread_bps: number;
  repeat_bps: number;
  return_bps: number;
  code_bps: number;
  lift_bps: number;
  rests_on_shows: number;
};
export type Plan = {
  shows: PlannedShow[];
  baskets: Basket[];
  assumptions: Assumptions;
  unit_costs: { variant_id: string; cost_minor: number }[];
  agreements: Agreement[];
  deals: { opens_us: number; terms: NewDeal }[];
  shipping_cost_minor: number | null;
  runs: number;
  seed: number;
};

/** Of all runs: a tenth are below p10, half below p50, nine tenths below p90. */
export type Range = { p10: number; p50: number; p90: number; mean: number };

export type PlanResult = {
  currency: string;
  seed: number;
  runs: number;
  orders: Range;
  revenue: Range;
  discount: Range;
  commission: Range;
  fees: Range;
  margin: Range;
  loss_bps: number;
  fixed_minor: number;
  brand_order_minor: number;
  funders: { party: string; name: string; discount: Range; budget_minor: number }[];
  days: { day: string; orders: Range; revenue: Range; margin: Range; discount: Range; discounts: Range[] }[];
  deals: { title: string; orders: Range; discount: Range; short_bps: number }[];
  products: {
    product_id: string;
    title: string;
    pieces: Range;
    margin: Range;
    per_piece_minor: number;
    fixed_minor: number;
    break_even: number | null;
    reached_bps: number;
  }[];
  glide: string[];
};

export type PlanState = "draft" | "kept";
export type PlanLine = { id: string; name: string; version: number; state: PlanState; saved_us: number; first_us: number; last_us: number; result: PlanResult };
export type SavedPlan = {
  id: string;
  name: string;
  version: number;
  state: PlanState;
  plan: Plan;
  result: PlanResult;
  versions: { version: number; state: PlanState; saved_us: number; by: string | null }[];
};
export type LiveDay = { day: string; orders: number; revenue: number; margin: number; discounts: Record<string, number>; uncosted: number };
export type Against = { plan: SavedPlan; live: { shows: number; days: LiveDay[] } };
export type Comparison = { plans: { plan: SavedPlan; words: string[] }[] };
export type Variant = { variant_id: string; product_id: string; product_title: string; variant_title: string; price_minor: number; unit_cost_minor: number | null };
export type Start = {
  currency: string;
  variants: Variant[];
  agreements: Agreement[];
  shows: { id: string; title: string; host_name: string; commission_bps: number }[];
  past: { shows: number; orders_a_show: number; orders_spread_bps: number; repeat_bps: number; return_bps: number; baskets: Basket[]; watched: PastShow[] };
};
export type PlanPost = { name: string; plan: Plan; state: PlanState; after: number };

const at = (shopId: string) => `/api/office/shops/${encodeURIComponent(shopId)}/campaigns`;

export const getPlans = (shopId: string, options?: CallOptions) => call<{ plans: PlanLine[] }>("GET", at(shopId), undefined, options);
export const getStart = (shopId: string, options?: CallOptions) => call<Start>("GET", `${at(shopId)}/start`, undefined, options);
export const getPlan = (shopId: string, id: string, options?: CallOptions) => call<Against>("GET", `${at(shopId)}/${encodeURIComponent(id)}`, undefined, options);
export const getComparison = (shopId: string, ids: readonly string[], options?: CallOptions) =>
  call<Comparison>("GET", `${at(shopId)}/compare?ids=${ids.map(encodeURIComponent).join(",")}`, undefined, options);
export const postTry = (shopId: string, plan: Plan) => call<PlanResult>("POST", `${at(shopId)}/try`, plan);
export const postPlan = (shopId: string, body: PlanPost) => call<SavedPlan>("POST", at(shopId), body);
export const putPlan = (shopId: string, id: string, body: PlanPost) => call<SavedPlan>("PUT", `${at(shopId)}/${encodeURIComponent(id)}`, body);
