/** Taxes and shipping of a shop, over HTTP. */
import { call, type CallOptions } from "../../lib/api";
import type { Money } from "../../lib/types";

const part = encodeURIComponent;
const office = (shopId: string) => `/api/office/shops/${part(shopId)}`;

export type Registration = { country: string; region: string; included: boolean; number: string };
export type TaxSettings = {
  origin: { country: string; region: string; postal_code: string };
  /** Where cents are rounded. */
  rounding: "line" | "order";
  /** Sales into other EU countries are taxed as at the origin. */
  origin_in_eu: boolean;
  registrations: Registration[];
};
export type TaxRate = {
  authority: string;
  name: string;
  country: string;
  region: string;
  postal_prefix: string;
  tax_class: string;
  layer: number;
  rate_ppm: number;
  on_shipping: boolean;
  from_us: number | null;
  until_us: number | null;
  source: string;
};
/** `rates` are the first of `rates_count`. */
export type TaxView = { settings: TaxSettings | null; rates: TaxRate[]; rates_count: number };

/** `service` null: the shop's own table. `kept_h`: hours that answers serve while the service is away. */
export type TaxChoice = { service: string | null; own_when_away: boolean; kept_h: number; codes: Record<string, string> };
/** What a service said of a place. `asked_us` null: it never had an answer. */
export type ServiceAnswer = {
  where: { country: string; region: string; postal_code: string };
  asked_us: number | null;
  until_us: number | null;
  failed_us: number | null;
  problem: string | null;
};
export type TaxAnswer = ServiceAnswer & { rates: TaxRate[] | null };
/** `answers` are those of `answers_count` places to look at first. */
export type TaxServiceView = { offered: string[]; choice: TaxChoice; by: string | null; at_us: number | null; answers: TaxAnswer[]; answers_count: number };

/** What the shop packs up to so many grams in. */
export type Parcel = { up_to_grams: number; length_mm: number; width_mm: number; height_mm: number };
/** `service` null: each method's own fee. `levels`: the service's level by the id of a method. */
export type CarrierChoice = {
  service: string | null;
  own_when_away: boolean;
  kept_h: number;
  from_postal_code: string;
  levels: Record<string, string>;
  parcels: Parcel[];
};
export type CarrierAnswer = ServiceAnswer & { rates: { level: string; fees: { up_to_grams: number; fee_minor: number }[]; days: number | null }[] | null };
export type CarrierServiceView = { offered: string[]; choice: CarrierChoice; by: string | null; at_us: number | null; answers: CarrierAnswer[]; answers_count: number };

export type ShippingMethod = {
  id: string;
  name: string;
  basis: "value" | "weight";
  steps: { from_measure: number; fee_minor: number }[];
  free_over_minor: number | null;
  days_min: number | null;
  days_max: number | null;
};
export type ShippingZone = { id: string; name: string; places: string[]; methods: ShippingMethod[] };
export type Zones = { zones: ShippingZone[] };
export type TaxReportRow = { authority: string; name: string; rate_ppm: number; base: Money; tax: Money; back_base: Money; back_tax: Money };

export const getTax = (shopId: string, options?: CallOptions) => call<TaxView>("GET", `${office(shopId)}/tax`, undefined, options);
export const putTax = (shopId: string, settings: TaxSettings) => call<TaxView>("PUT", `${office(shopId)}/tax`, settings);
export const putTaxRates = (shopId: string, csv: string) => call<TaxView>("PUT", `${office(shopId)}/tax/rates`, { csv });
export const postTaxSet = (shopId: string, set: string) => call<TaxView>("POST", `${office(shopId)}/tax/rates/shipped`, { set });
export const taxRatesUrl = (shopId: string) => `${office(shopId)}/tax/rates.csv`;
export const getTaxService = (shopId: string, options?: CallOptions) => call<TaxServiceView>("GET", `${office(shopId)}/tax/service`, undefined, options);
export const putTaxService = (shopId: string, choice: TaxChoice) => call<TaxServiceView>("PUT", `${office(shopId)}/tax/service`, choice);
export const getCarriers = (shopId: string, options?: CallOptions) => call<CarrierServiceView>("GET", `${office(shopId)}/shipping/service`, undefined, options);
export const putCarriers = (shopId: string, choice: CarrierChoice) => call<CarrierServiceView>("PUT", `${office(shopId)}/shipping/service`, choice);
export const getShipping = (shopId: string, options?: CallOptions) => call<Zones>("GET", `${office(shopId)}/shipping`, undefined, options);
export const putShipping = (shopId: string, zones: ShippingZone[]) => call<Zones>("PUT", `${office(shopId)}/shipping`, { zones });

/** 190000 parts per million are "19 %". */
export const percentOfPpm = (ppm: number) => `${String(ppm / 10_000)} %`;

/** "standard: txcd_99999999", a line each, as codes by class; null for a line that is none. */
export function codesOf(text: string): Record<string, string> | null {
  const codes: [string, string][] = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [name = "", code = "", ...more] = line.split(":").map((one) => one.trim());
    if (name === "" || code === "" || more.length > 0) return null;
    codes.push([name, code]);
  }
  return Object.fromEntries(codes);
}

/** "1: 20 x 15 x 10", a line each, as what is packed up to so many kilograms, in centimetres; null for a line that is none. */
export function parcelsOf(text: string): Parcel[] | null {
  const parcels: Parcel[] = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [weight = "", size = "", ...more] = line.split(":");
    const [length_mm = null, width_mm = null, height_mm = null, ...sides] = size.split(/[x×]/i).map((side) => scaled(side, 1));
    const up_to_grams = scaled(weight, 3);
    if (up_to_grams === null || length_mm === null || width_mm === null || height_mm === null || sides.length > 0 || more.length > 0) return null;
    parcels.push({ up_to_grams, length_mm, width_mm, height_mm });
  }
  return parcels.length > 0 ? parcels : null;
}

/** The same line again. */
export const parcelLine = (one: Parcel) => `${String(one.up_to_grams / 1000)}: ${[one.length_mm, one.width_mm, one.height_mm].map((side) => String(side / 10)).join(" x ")}`;

/** "DE, US-CA *" as a list; what it is worth the server says. */
export const placesOf = (text: string) => text.toUpperCase().split(/[\s,;]+/).filter((one) => one !== "");

/** "0: 4.95" and "30: 2.95", a line each, as steps; null when a line is none. `amount` reads the fee's
 * figure as minor units, `measure` the other as what is measured: minor units of goods, or grams. */
export function stepsOf(text: string, amount: (figure: string) => number | null, measure: (figure: string) => number | null): ShippingMethod["steps"] | null {
  const steps = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [left, right, ...more] = line.split(":");
    const from_measure = measure(left?.trim() ?? "");
    const fee_minor = amount(right?.trim() ?? "");
    if (from_measure === null || fee_minor === null || more.length > 0) return null;
    steps.push({ from_measure, fee_minor });
  }
  return steps.length > 0 ? steps : null;
}

/** "4.95" as 495 with two places; null for what is no figure of that many places. */
export function scaled(text: string, places: number): number | null {
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text.trim());
  const fraction = match?.[2] ?? "";
  return match && fraction.length <= places ? Number(`${match[1] ?? ""}${fraction.padEnd(places, "0")}`) : null;
}

export const getTaxReport = (shopId: string, from_us: number, to_us: number, options?: CallOptions) =>
  call<{ rows: TaxReportRow[] }>("GET", `/api/office/shops/${encodeURIComponent(shopId)}/tax/report?from_us=${String(from_us)}&to_us=${String(to_us)}`, undefined, options);
export const getFirstPaid = (shopId: string, options?: CallOptions) =>
  call<{ first_paid: boolean }>("GET", `${office(shopId)}/first-paid`, undefined, options);
export const putFirstPaid = (shopId: string, first_paid: boolean) => call<{ first_paid: boolean }>("PUT", `${office(shopId)}/first-paid`, { first_paid });
