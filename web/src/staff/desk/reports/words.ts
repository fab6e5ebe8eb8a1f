/** How the reports page says things. Pure. */
import type { ChainState, PromiseLine, ReportLine } from "./api";

/** A mark beside each verdict: the tally colours mean what is on air, never this. */
export const PROMISE_ICONS = { kept: "check", broken: "warning", open: "clock", unknown: "info" } as const satisfies Record<PromiseLine["verdict"], string>;

/** With the year: records are kept for years. */
export function dayInWords(us: number, locale?: string): string {
  return new Date(us / 1000).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

/** "2 broken, 1 open": the gravest first; empty without promises. */
export function promisesInWords(promises: readonly PromiseLine[]): string {
  return (["broken", "open", "kept", "unknown"] as const)
    .map((verdict) => ({ verdict, count: promises.filter((one) => one.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(", ");
}

export function chainInWords(chain: ChainState): string {
  if (chain.broken) return `Broken at entry ${chain.broken.seq}: ${chain.broken.reason}`;
  const emptied = chain.emptied > 0 ? `, ${chain.emptied} of them emptied by retention` : "";
  return `Intact: ${chain.entries} entries${emptied}`;
}

/** What stands in the way of signing; null when nothing does. */
export function whyNotSign(line: ReportLine, chain: ChainState | null): string | null {
  if (line.ended_us === null) return "The broadcast is still on air.";
  if (chain && !chain.intact) return "Its chain is broken.";
  return null;
}

export function yearsInWords(days: number): string {
  const years = Math.round(days / 365.25);
  return years >= 1 && Math.abs(days - years * 365.25) <= 1.5 ? `${years} ${years === 1 ? "year" : "years"}` : `${days} days`;
}
