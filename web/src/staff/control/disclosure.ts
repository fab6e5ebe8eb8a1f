/** What the control room says about a host who is paid. Pure. */
import { formatCountdown } from "../../lib/time";
import type { DisclosureShown, PaidHost, PaidHow } from "../../lib/types";

export const PAID_HOW: Record<PaidHow, string> = {
  commission: "by commission",
  fee: "a fee",
  goods: "in goods",
  employed: "as an employee",
};

/** How it is known whether the host is paid. */
export function paidWords(paid: PaidHost): string {
  const state = paid.paid ? "Paid" : "Not paid";
  if (paid.source === "ruling") return `${state}, says ${paid.ruled_by ?? "the administrator"}: ${paid.reason ?? ""}`;
  if (paid.source === "contract" && paid.paid_how) return `${state} by ${paid.payer_name ?? "the shop"}, ${PAID_HOW[paid.paid_how]}`;
  return paid.paid ? "Paid, as the show says of itself" : "Not paid: no contract names this host";
}

/** The reminder, by the programme's clock; null: nothing is due. */
export function dueWords(due_us: number | null, programme_us: number): { overdue: boolean; text: string } | null {
  if (due_us === null) return null;
  const left_us = due_us - programme_us;
  return left_us > 0
    ? { overdue: false, text: `The host must say within ${formatCountdown(left_us)} that this is a paid partnership.` }
    : { overdue: true, text: "The host is overdue to say that this is a paid partnership." };
}

/** What players say of the disclosure on the screen; null: none is due, or nobody watches. */
export function shownWords(shown: DisclosureShown | null): { confirmed: boolean; text: string } | null {
  if (shown === null) return null;
  const players = shown.asked === 1 ? "1 player" : `${String(shown.asked)} players`;
  return shown.confirmed
    ? { confirmed: true, text: `“Paid partnership” seen by ${String(shown.shown)} of ${players}` }
    : { confirmed: false, text: `“Paid partnership” can be read in only ${String(shown.shown)} of ${players}: have the host say it.` };
}
