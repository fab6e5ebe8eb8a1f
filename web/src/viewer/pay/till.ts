/** Where a buyer's means to pay come from: the test provider's choices, or Stripe's form. */
import { call } from "../../lib/api";
import type { OrderRequest, PaymentStep, PaymentWay } from "../../lib/types";
import type { Problem } from "../checkout_rules";

/** What pays for one order; or why it cannot yet. */
export type Till = (buyer: OrderRequest["buyer"]) => Promise<OrderRequest["payment"] | Problem>;

export const getPaymentWays = () => call<{ ways: PaymentWay[] }>("GET", "/api/payments");

/** The mark of an address that a buyer comes back to from the bank's page. */
const BACK = "payment";

export const returnUrl = () => `${location.origin}${location.pathname}?${BACK}=back`;

/** Whether the page was opened by coming back. Stripe adds its own marks, one of them a secret: none may stay in the
 * address, where it would be shared along. */
export function cameBack(): boolean {
  if (new URLSearchParams(location.search).get(BACK) !== "back") return false;
  history.replaceState(history.state, "", location.pathname);
  return true;
}

/** The page of the test provider's bank. */
export const testBankUrl = (order_id: string, step: PaymentStep) =>
  `/test-bank/${encodeURIComponent(order_id)}#${new URLSearchParams({ secret: step.secret, back: `${location.pathname}?${BACK}=back` }).toString()}`;

export const answerTestBank = (order_id: string, secret: string, passed: boolean) =>
  call<undefined>("POST", `/api/test-bank/${encodeURIComponent(order_id)}`, { secret, passed });
