/** A price history as a drawing and in words. Pure. */
import type { PricePeriod } from "./api";

export const REGIONS: Record<string, { name: string; rule: string }> = {
  eu: { name: "European Union", rule: "Directive 98/6/EC, article 6a: a reduction is announced from the lowest price of the 30 days before it." },
  uk: { name: "United Kingdom", rule: "CTSI guidance: the higher price was asked at least as long as the reduction will last." },
  us: { name: "United States", rule: "16 CFR 233.1: openly offered at it for 7 of the 30 days before, or half the time on sale." },
  cn: { name: "China", rule: "Interim provisions of 2020, article 21: from the lowest price of the 7 days before." },
};

const WINDOW_US = 30 * 86_400_000_000;

export type Step = { from_us: number; to_us: number; list: number; selling: number };

/** The periods in time, each until the next began; the last until now. */
export function stepsOf(periods: readonly PricePeriod[], now_us: number): Step[] {
  const held = [...periods].sort((a, b) => a.at_us - b.at_us);
  return held
    .map((one, place) => ({ from_us: one.at_us, to_us: held[place + 1]?.at_us ?? Math.max(now_us, one.at_us), list: one.list.minor, selling: one.selling.minor }))
    .filter((one) => one.to_us > one.from_us);
}

/** The lowest selling price of the 30 days before each change, drawn as a line: minor units at the moments it changes. */
export function lowestOf(steps: readonly Step[], now_us: number): { from_us: number; lowest: number }[] {
  const moments = [...new Set(steps.flatMap((one) => [one.from_us, one.to_us, one.to_us + WINDOW_US]))].filter((at) => at <= now_us).sort((a, b) => a - b);
  return moments.flatMap((at) => {
    const within = steps.filter((one) => one.from_us <= at && one.to_us > at - WINDOW_US);
    return within.length > 0 ? [{ from_us: at, lowest: Math.min(...within.map((one) => one.selling)) }] : [];
  });
}
