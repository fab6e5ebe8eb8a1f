/** One product: its prices over time, what may be struck through beside them, what a piece costs, its tax class. */
import { call, type CallOptions } from "../../../lib/api";
import type { DealBudget, Money, Product } from "../../../lib/types";

export type PricePeriod = { at_us: number; list: Money; selling: Money; reason: string };
export type VariantPrices = { variant_id: string; title: string; lowest_30d: Money | null; lowest_ever: Money | null; periods: PricePeriod[] };
export type Struck = { variant_id: string; region: string; problem: string | null };
export type WaitingDeal = { id: string; title: string; state: DealBudget["state"]; market: string; opens_us: number | null; problem: string | null };
export type ProductView = {
  id: string;
  title: string;
  tax_class: string;
  tax_classes: string[];
  variants: Product["variants"];
  /** The newest period first. */
  prices: VariantPrices[];
  costs: { variant_id: string; cost: Money | null }[];
  struck: Struck[];
  deals: WaitingDeal[];
  now_us: number;
};

const shop = (id: string) => `/api/office/shops/${encodeURIComponent(id)}`;

export const getProduct = (shopId: string, id: string, options?: CallOptions) =>
  call<ProductView>("GET", `${shop(shopId)}/products/${encodeURIComponent(id)}`, undefined, options);
export const putUnitCost = (shopId: string, variantId: string, cost_minor: number | null) =>
  call<unknown>("PUT", `${shop(shopId)}/variants/${encodeURIComponent(variantId)}/unit-cost`, { cost_minor });
export const putTaxClass = (shopId: string, id: string, tax_class: string) =>
  call<undefined>("PUT", `${shop(shopId)}/products/${encodeURIComponent(id)}/tax-class`, { tax_class });
