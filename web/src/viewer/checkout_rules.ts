/** What a refusal means in plain words. Pure. */
import type { ApiError } from "../lib/api";
import type { CartQuote } from "../lib/types";
import { NO_ANSWER, WORDS } from "./refusals";

export type Problem = {
  /** What the page does about it: ask again for a price, offer to (`later`, `connection`), point at the payment, or only say it. */
  about: "price" | "stock" | "payment" | "connection" | "form" | "address" | "later" | "other";
  title: string;
  text: string;
};

const NO_PRICE: Problem = { about: "connection", title: "The price did not load", text: "Check your connection and try again. Everything you chose is kept." };
const BUSY: Problem = {
  about: "connection",
  title: "The price did not load",
  text: "Many people near you are shopping at once. Try again in a few seconds; everything you chose is kept.",
};

/** Whether the order may have arrived all the same: then only the same request may follow. What is not known of a place
 * right now is a clear no, though it comes with a status that asks to be repeated. */
export const leavesOpen = (error: ApiError): boolean => error.retryable && wordsFor(error, null)?.about !== "later";

/** The server's refusal of an order, said so that a buyer knows what happened and what to do. */
export function explain(error: ApiError, quote: CartQuote | null): Problem {
  const words = wordsFor(error, quote) ?? (error.retryable ? NO_ANSWER : null);
  return words ?? { about: error.status === 422 || error.status === 400 ? "form" : "other", title: "That did not work", text: error.message };
}

/** Why there is no price: nothing was sent that could be charged. */
export function explainQuote(error: ApiError, quote: CartQuote | null): Problem {
  if (!leavesOpen(error)) return explain(error, quote);
  return error.status === 429 ? BUSY : NO_PRICE;
}

function wordsFor(error: ApiError, quote: CartQuote | null): Problem | null {
  const words = WORDS[error.code];
  return (typeof words === "function" ? words(error, quote) : words) ?? null;
}
