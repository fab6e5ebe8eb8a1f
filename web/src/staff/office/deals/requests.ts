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

/** Agreements about whose caps somebody is asked come first, else in their order. */
export const askedFirst = (agreements: readonly Agreement[]): Agreement[] =>
  [...agreements].sort((a, b) => Number(openRequests(b).length > 0) - Number(openRequests(a).length > 0));

/** How many questions wait for the reader. */
export const waitingFor = (agreements: readonly Agreement[]): number =>
  agreements.reduce((sum, one) => sum + openRequests(one).filter((request) => one.mine.includes(request.funder)).length, 0);
