import type { LostBecause } from "../lib/types";

/** Why an order lost whose money was sure too late, in words for its buyer. */
export const LOST: Record<LostBecause, string> = {
  sold_out: "The last pieces were sold while your bank was answering.",
  deal_limit_reached: "The deal's last pieces were sold while your bank was answering.",
  buyer_limit_reached: "Another order of yours had used the deal up by then.",
  budget_exhausted: "The deal's budget was used up while your bank was answering.",
  exchange_over: "What was to come back in exchange could not come back any more.",
  deal_over: "The deal had ended long before your bank answered.",
};
