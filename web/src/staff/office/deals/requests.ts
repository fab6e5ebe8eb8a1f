/** What a funder is asked at its cap, in words. Pure. */
import type { Agreement, Cap, CapRequest } from "./api";

export const saidCap = (cap: Cap) => ({ budget: " in all", day: " a day", order: " an order" })[cap];

/** One a funder and cap: the first that was asked, however many deals stand still at it. */
export function openRequests(agreement: Agreement): CapRequest[] {
  const first = new Map<string, CapRequest>();
  for (const one of agreement.requests) if (one.answered_us === null) first.set(`${String(one.funder)} ${one.cap}`, one);
  return [...first.values()];
}

/** "“Eight off” stands still", "“A” and “B” stand still". */
export function dealsOf(agreement: Agreement, request: CapRequest): string {
  const titles = agreement.requests
    .filter((one) => one.answered_us === null && one.funder === request.funder && one.cap === request.cap)
    .map((one) => `“${one.deal_title}”`)
    .reverse();
  const all = titles.length > 1 ? `${titles.slice(0, -1).join(", ")} and ${titles.at(-1) ?? ""}` : (titles[0] ?? "");
  return `${all} ${titles.length > 1 ? "stand" : "stands"} still`;
}
