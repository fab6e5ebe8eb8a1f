/** Money is an integer of minor units with its currency. No floats: amounts are shown from decimal strings. */
import type { Money } from "./types";

export const BASIS_POINTS = 10_000;

/** ISO 4217 exponents that differ from two, as the back end knows them. */
const EXPONENTS: Record<string, number> = Object.fromEntries([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3] as const),
]);

/** Decimals of a currency: 2 for USD, 0 for JPY, 3 for KWD. */
export function exponent(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

/** The amount as a decimal string: "19.99", "-0.05", "1200" for yen. */
export function decimal(money: Money): `${number}` {
  const places = exponent(money.currency);
  const sign = money.minor < 0 ? "-" : "";
  const digits = String(Math.abs(money.minor)).padStart(places + 1, "0");
  const text = places > 0 ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return `${sign}${text}` as `${number}`;
}

const formats = new Map<string, Intl.NumberFormat>();

/** As people read it: "$19.99", "−$4.00". `cents: "auto"` leaves out ".00". */
export function formatMoney(
  money: Money,
  options: { locale?: string | undefined; cents?: "always" | "auto"; sign?: boolean } = {},
): string {
  const { locale, cents = "always", sign = false } = options;
  const places = exponent(money.currency);
  const whole = cents === "auto" && money.minor % 10 ** places === 0;
  const key = `${locale ?? ""}|${money.currency}|${String(whole)}|${String(sign)}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      style: "currency",
      currency: money.currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: whole ? 0 : places,
      maximumFractionDigits: whole ? 0 : places,
      signDisplay: sign ? "exceptZero" : "auto",
    });
    formats.set(key, format);
  }
  return format.format(decimal(money)).replace("-", "−");
}

export function zero(currency: string): Money {
  return { minor: 0, currency };
}

export function add(a: Money, b: Money): Money {
  return { minor: a.minor + same(a, b), currency: a.currency };
}

export function subtract(a: Money, b: Money): Money {
  return { minor: a.minor - same(a, b), currency: a.currency };
}

export function times(money: Money, count: number): Money {
  return { minor: money.minor * count, currency: money.currency };
}

/** `basisPoints`/10,000 of `minor`, rounded half away from zero, as the back end rounds. */
export function basisPointsOf(minor: number, basisPoints: number): number {
  const twice = BigInt(Math.abs(minor)) * BigInt(basisPoints) * 2n + BigInt(BASIS_POINTS);
  const part = Number(twice / BigInt(2 * BASIS_POINTS));
  return minor < 0 ? -part : part;
}

/** How much less `now` is than `before`, in whole per cent, rounded down so that it never promises too much. */
export function percentOff(before: Money, now: Money): number {
  same(before, now);
  if (before.minor <= 0 || now.minor >= before.minor) return 0;
  return Math.floor(((before.minor - now.minor) * 100) / before.minor);
}

function same(a: Money, b: Money): number {
  if (a.currency !== b.currency) throw new RangeError(`${a.currency} and ${b.currency} do not add up`);
  return b.minor;
}
