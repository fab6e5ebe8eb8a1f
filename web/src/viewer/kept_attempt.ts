/** An order that was sent and not yet answered, kept for this tab so that a reload asks about the same order
 * instead of making a second one. It holds the buyer's address, so it goes as soon as there is an answer. */
import type { CartQuote, OrderRequest } from "../lib/types";

export type KeptAttempt = { request: OrderRequest; quote: CartQuote };

const KEY = "tallylight.attempt";

// Storage may be closed to us (private windows, embedded pages); the attempt then lives as long as the page.
export function keepAttempt(attempt: KeptAttempt): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(attempt));
  } catch {
    return;
  }
}

export function forgetAttempt(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    return;
  }
}

/** The attempt of this show that still waits for its answer. */
export function keptAttempt(show_id: string): KeptAttempt | null {
  try {
    const attempt = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as KeptAttempt | null;
    return attempt?.request.show_id === show_id ? attempt : null;
  } catch {
    return null;
  }
}
