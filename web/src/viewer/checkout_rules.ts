/** What a refusal means in plain words. Pure. */
import type { ApiError } from "../lib/api";
import { formatMoney } from "../lib/money";
import type { CartQuote } from "../lib/types";

export type Problem = {
  /** What the page does about it: ask again for a price, point at the payment, or only say it. */
  about: "price" | "stock" | "payment" | "connection" | "form" | "address" | "other";
  title: string;
  text: string;
};

/** The server's refusal, said so that a buyer knows what happened and what to do. */
export function explain(error: ApiError, quote: CartQuote | null): Problem {
  switch (error.code) {
    case "price_changed": {
      const minor = error.fields["total_minor"];
      const total =
        typeof minor === "number" && quote ? ` It is now ${formatMoney({ minor, currency: quote.total.currency })}.` : "";
      const code_problem = error.fields["code_problem"];
      if (typeof code_problem === "string") {
        return {
          about: "price",
          title: "The offer is not for this order",
          text: `${code_problem.charAt(0).toUpperCase()}${code_problem.slice(1)}.${total} Nothing was charged. Look it over and place the order again.`,
        };
      }
      return {
        about: "price",
        title: "The total has changed",
        text: `A deal began or ended while you were checking out.${total} Nothing was charged. Look it over and place the order again.`,
      };
    }
    case "sold_out":
      if (quote?.gifts?.some((gift) => gift.taken === error.fields["variant_id"])) {
        return {
          about: "price",
          title: "The gift has just gone",
          text: "Someone was faster. Nothing was charged. Look over what is left and place the order again.",
        };
      }
      return {
        about: "stock",
        title: "Someone was faster",
        text: "There are not enough pieces left. Nothing was charged. Choose fewer or another variant.",
      };
    case "deal_limit_reached":
      return {
        about: "price",
        title: "The deal is used up",
        text: "All its pieces are sold. Nothing was charged. You can still buy at the price shown now.",
      };
    case "buyer_limit_reached":
      return {
        about: "price",
        title: "You have reached this deal's limit per person",
        text: "Nothing was charged. Choose fewer pieces, or buy at the price shown now.",
      };
    case "budget_exhausted":
      return {
        about: "price",
        title: "The deal has just ended",
        text: "Its budget is used up. Nothing was charged. You can still buy at the price shown now.",
      };
    case "not_shipped":
      return { about: "address", title: "Not shipped there", text: "This shop does not send to that address. Choose another one; nothing was charged." };
    case "no_such_shipping_method":
      return { about: "price", title: "That way of shipping is gone", text: "Nothing was charged. Look at the ways offered now and place the order again." };
    case "payment_declined":
      return {
        about: "payment",
        title: "The payment was declined",
        text: "Nothing was charged and your pieces are back on the shelf. Try another way to pay.",
      };
    default:
      if (error.retryable) {
        return {
          about: "connection",
          title: "We could not reach the shop",
          text: "We do not know yet whether your order arrived. Try again: it is sent as the same order, so you never pay twice.",
        };
      }
      return { about: error.status === 422 || error.status === 400 ? "form" : "other", title: "That did not work", text: error.message };
  }
}
