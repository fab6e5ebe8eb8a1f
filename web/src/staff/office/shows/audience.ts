/** What past audiences say of those to come. Pure. */
import { BASIS_POINTS } from "../../../lib/money";
import type { PastShow } from "./api";

export type Proposal = { viewers: number; viewers_spread_bps: number; conversion_bps: number; conversion_spread_bps: number; rests_on_shows: number };

/** Shorter ones were most likely a rehearsal. */
const REHEARSAL_S = 300;
const SPREAD_BPS_MAX = 2 * BASIS_POINTS;

export const looksReal = (show: PastShow) => show.duration_s >= REHEARSAL_S;

/** The standard deviation, of the mean, in basis points. */
function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  if (mean === 0) return 0;
  const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length;
  return Math.min(SPREAD_BPS_MAX, Math.round((BASIS_POINTS * Math.sqrt(variance)) / mean));
}

/** Viewers are the mean of the shows; conversion is all their orders over all their viewers, so that a small show does
 * not weigh as much as a large one. Null when nobody watched any of them. */
export function proposalOf(shows: readonly PastShow[]): Proposal | null {
  const watched = shows.filter((one) => one.viewers > 0);
  const viewers = watched.reduce((sum, one) => sum + one.viewers, 0);
  if (viewers === 0) return null;
  const orders = watched.reduce((sum, one) => sum + one.orders, 0);
  return {
    viewers: Math.round(viewers / watched.length),
    viewers_spread_bps: spread(watched.map((one) => one.viewers)),
    conversion_bps: Math.min(BASIS_POINTS, Math.round((BASIS_POINTS * orders) / viewers)),
    conversion_spread_bps: spread(watched.map((one) => one.orders / one.viewers)),
    rests_on_shows: watched.length,
  };
}

/** The curve of an audience, for ears. */
export function saidCurve(by_minute: readonly number[]): string {
  const peak = Math.max(0, ...by_minute);
  const at = by_minute.indexOf(peak) + 1;
  return `Viewers by minute: ${String(by_minute[0] ?? 0)} in the first, the most, ${String(peak)}, in minute ${String(at)}, ${String(by_minute.at(-1) ?? 0)} in the last of ${String(by_minute.length)}.`;
}

/** "2.4 %". */
export const rate = (bps: number | null) => (bps === null ? "–" : `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(bps / 100)} %`);
