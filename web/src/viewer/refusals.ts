/** The player's words for each refusal that a quote or an order can be answered with. Pure.
 *
 * `buyer_codes.json` lists the codes; tests on both sides hold the server and these words to it. */
import type { ApiError } from "../lib/api";
import { formatMoney } from "../lib/money";
import type { CartQuote } from "../lib/types";
import type { Problem } from "./checkout_rules";

type Words = Problem | ((error: ApiError, quote: CartQuote | null) => Problem);

const KEPT = "Nothing was charged, and everything you chose is kept.";
const UNKNOWN_OUTCOME = "We do not know yet whether your order arrived. Try again: it is sent as the same order, so you never pay twice.";
/** No answer came, or none of ours. */
export const NO_ANSWER: Problem = { about: "connection", title: "We could not reach the shop", text: UNKNOWN_OUTCOME };
const TOO_MUCH: Problem = {
  about: "stock",
  title: "That is more than one order takes",
  text: `An order has up to 20 different things, and up to 20 pieces of each. ${KEPT} Take some out and order them apart.`,
};
const PAY_OTHERWISE: Problem = {
  about: "payment",
  title: "That way to pay did not work",
  text: `${KEPT} Fill it in once more, or choose another way to pay.`,
};
/** Fields that a buyer fills in: the server's sentence says what is wrong with one. */
const TYPED = new Set(["email", "name", "line1", "line2", "city", "region", "postal_code", "country", "code"]);

export const WORDS: Readonly<Record<string, Words>> = {
  price_changed: priceChanged,
  sold_out: soldOut,
  deal_limit_reached: {
    about: "price",
    title: "The deal is used up",
    text: "All its pieces are sold. Nothing was charged. You can still buy at the price shown now.",
  },
  buyer_limit_reached: {
    about: "price",
    title: "You have reached this deal's limit per person",
    text: "Nothing was charged. Choose fewer pieces, or buy at the price shown now.",
  },
  budget_exhausted: {
    about: "price",
    title: "The deal has just ended",
    text: "Its budget is used up. Nothing was charged. You can still buy at the price shown now.",
  },
  not_shipped: { about: "address", title: "Not shipped there", text: "This shop does not send to that address. Choose another one; nothing was charged." },
  no_such_shipping_method: {
    about: "price",
    title: "That way of shipping is gone",
    text: "Nothing was charged. Look at the ways offered now and place the order again.",
  },
  tax_unknown: {
    about: "later",
    title: "The tax is not known right now",
    text: `The shop cannot work out the tax for where this goes at the moment. ${KEPT} Try again in a minute, or send it somewhere else.`,
  },
  shipping_unknown: {
    about: "later",
    title: "The cost of shipping is not known right now",
    text: `The carriers do not say at the moment what sending it there costs. ${KEPT} Try again in a minute, or send it somewhere else.`,
  },
  payment_declined: {
    about: "payment",
    title: "The payment was declined",
    text: "Nothing was charged and your pieces are back on the shelf. Try another way to pay.",
  },
  conflict: {
    about: "payment",
    title: "The payment was not taken",
    text: "Try another way to pay. Should your bank show this one all the same, it is let go of by itself.",
  },
  payment_outcome_unknown: { about: "connection", title: "Your payment is not confirmed yet", text: UNKNOWN_OUTCOME },
  key_reused: {
    about: "other",
    title: "This order was placed already",
    text: "Look for its receipt in your e-mail before you order again.",
  },
  not_found: notFound,
  invalid_input: invalidInput,
  body_too_large: TOO_MUCH,
  too_many_requests: {
    about: "connection",
    title: "One moment, please",
    text: "Many people near you are shopping at once. Try again in a few seconds: it is sent as the same order, so you never pay twice.",
  },
  unavailable: NO_ANSWER,
  internal: { about: "connection", title: "Something broke in the shop", text: UNKNOWN_OUTCOME },
};

export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function priceChanged(error: ApiError, quote: CartQuote | null): Problem {
  const minor = error.fields["total_minor"];
  const total = typeof minor === "number" && quote ? ` It is now ${formatMoney({ minor, currency: quote.total.currency })}.` : "";
  const code_problem = error.fields["code_problem"];
  const [title, why] =
    typeof code_problem === "string"
      ? ["The offer is not for this order", `${sentence(code_problem)}.`]
      : ["The total has changed", "A deal began or ended while you were checking out."];
  return { about: "price", title, text: `${why}${total} Nothing was charged. Look it over and place the order again.` };
}

function soldOut(error: ApiError, quote: CartQuote | null): Problem {
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
}

function notFound(error: ApiError): Problem {
  if (error.fields["variant_id"] === undefined) {
    return { about: "other", title: "This show is over", text: "It takes no orders any more. Nothing was charged." };
  }
  return { about: "stock", title: "Something here is no longer sold", text: "Nothing was charged. Take it out, and order the rest." };
}

function invalidInput(error: ApiError): Problem {
  const field = String(error.fields["field"] ?? "");
  if (TYPED.has(field)) return { about: "form", title: "Something here is not right yet", text: `${sentence(error.message)}. Nothing was charged.` };
  if (field === "lines") return TOO_MUCH;
  if (field === "token" || field === "provider") return PAY_OTHERWISE;
  if (field === "at_us") {
    return { about: "other", title: "The picture and the shop are out of step", text: `${KEPT} Let the video play on for a moment, and try again.` };
  }
  return { about: "other", title: "The shop could not read this order", text: `${KEPT} Go back, open the checkout once more, and try again.` };
}
