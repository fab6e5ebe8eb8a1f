/** What a cart costs, and where it may go. */

import type { Money } from "./goods";

export type QuoteLine = {
  variant_id: string;
  product_title: string;
  variant_title: string;
  quantity: number;
  unit_list: Money;
  unit_price: Money;
  /** Of the whole line. */
  discount: Money;
  total: Money;
  reasons: Reason[];
};

/** `announces` false: the price before must not be shown, nor what is off it. Older quotes do not say. */
export type Reason = { text: string; deal_id: string | null; discount: Money; announces?: boolean };

export type Quote = {
  lines: QuoteLine[];
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  total: Money;
  at_us: number;
  /** What deals took off the shipping. */
  shipping_reasons: Reason[];
  /** Why the code that was typed took nothing off, for the buyer. */
  code_problem: string | null;
  /** All of the tax, by line and rate; older quotes have none. */
  tax_parts?: TaxPart[];
  shipping_by?: ShippingChoice | null;
  /** What a little more would bring; an order's own quote has none. */
  next_steps?: NextStep[];
};

/** Of the kind `pieces`: so many more of `variant_id`; `missing` is what the goods cost more with them. */
export type NextStep = {
  kind: "free_shipping" | "deal" | "pieces";
  missing: Money;
  title: string;
  pieces?: number;
  variant_id?: string | null;
};

export type GiftChoice = { variant_id: string; product_title: string; variant_title: string; price: Money };

/** A gift that the cart has earned. `taken`: the one that stands in the quote's lines; `costs`: what is paid for it. */
export type GiftOffer = { deal_id: string; title: string; choices: GiftChoice[]; taken: string | null; costs: Money };

/** Tax of a line (`of`: its position from 1) or of shipping (0). `included`: prices hold it already. */
export type TaxPart = { of: number; authority: string; name: string; rate_ppm: number; base: Money; tax: Money; included: boolean; text: string };

export type ShippingChoice = { id: string; name: string; days_min: number | null; days_max: number | null };

export type ShippingOption = ShippingChoice & { fee: Money };

/** What a cart costs, with the ways in which it can be sent; none for a shop with one fee for everywhere. */
export type CartQuote = Quote & {
  shipping_options?: ShippingOption[];
  gifts?: GiftOffer[];
  /** The voucher that applied by itself, since the viewer follows the shop. */
  by_follow?: { deal_id: string; title: string } | null;
};

export type AddressField = "line1" | "city" | "region" | "postal_code";

/** How an address is asked for in a country. */
export type AddressRules = {
  country: string;
  fields: AddressField[];
  required: AddressField[];
  region_label: string;
  city_label: string;
  postal_code_label: string;
  postal_code_pattern: string | null;
  postal_code_example: string | null;
  regions: { code: string; name: string }[];
};

/** Where an order goes, as far as the price depends on it. */
export type Sending = { country: string; region: string; postal_code: string };

export type Address = {
  line1: string;
  line2?: string;
  city: string;
  postal_code: string;
  region?: string;
  country: string;
};
