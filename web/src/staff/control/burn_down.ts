/** A deal's budget over time, from what was seen since it opened. Pure; times are programme time. */
import type { DealBudget } from "../../lib/types";

/** What each funder had left (budget less spent less held, minor units) at a moment. */
export type Sample = { at_us: number; left: number[] };

const SAMPLES_MAX = 240;
const RATE_WINDOW_US = 60_000_000;

export function leftOf(deal: DealBudget): number[] {
  return deal.agreement.funders.map((one) => one.budget.minor - one.spent.minor - one.held.minor);
}

/** The budgets as they were when the deal opened: where every line begins. */
function opening(deal: DealBudget, opens_us: number): Sample {
  return { at_us: opens_us, left: deal.agreement.funders.map((one) => one.budget.minor) };
}

/** Adds what `deal` says at `at_us`. A deal that has not opened has no samples; nothing new adds nothing; many samples are thinned, the first and last kept. */
export function withSample(samples: readonly Sample[], deal: DealBudget, at_us: number): Sample[] {
  if (deal.opens_us === null) return [];
  const left = leftOf(deal);
  const start = samples.length > 0 ? [...samples] : [opening(deal, deal.opens_us)];
  const last = start.at(-1);
  if (last && (at_us <= last.at_us || same(last.left, left))) return start;
  const grown = [...start, { at_us, left }];
  return grown.length <= SAMPLES_MAX ? grown : grown.filter((_, i) => i === 0 || i === grown.length - 1 || i % 2 === 0);
}

/** Columns for the chart: seconds, then one column a funder; the last values reach on to `now_us`. */
export function chartColumns(samples: readonly Sample[], now_us: number): [number[], ...number[][]] {
  const last = samples.at(-1);
  const all = last && now_us > last.at_us ? [...samples, { at_us: now_us, left: last.left }] : samples;
  const funders = samples[0]?.left.length ?? 0;
  return [
    all.map((one) => one.at_us / 1_000_000),
    ...Array.from({ length: funders }, (_, i) => all.map((one) => one.left[i] ?? 0)),
  ];
}

/** When the first budget is used up if it goes on as in the last minute; null when nothing was spent in it. */
export function usedUpAt(samples: readonly Sample[], now_us: number): number | null {
  const last = samples.at(-1);
  const before = [...samples].reverse().find((one) => one.at_us <= now_us - RATE_WINDOW_US) ?? samples[0];
  if (!last || !before || before === last || now_us <= before.at_us) return null;
  let soonest: number | null = null;
  for (const [i, left] of last.left.entries()) {
    const spent = (before.left[i] ?? 0) - left;
    if (spent <= 0) continue;
    const at_us = now_us + Math.round((left / spent) * (now_us - before.at_us));
    soonest = soonest === null ? at_us : Math.min(soonest, at_us);
  }
  return soonest;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
