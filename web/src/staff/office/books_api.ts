/** Closed statements, payouts, and the rates that commission and fees are charged at. */
import { call, type CallOptions } from "../../lib/api";
import type { Money, Statement, StatementEntry } from "../../lib/types";

export type Party = Omit<Statement["party"], "kind"> & { kind: Statement["party"]["kind"] | "bank" };
export type ClosedState = "to_pay" | "paid" | "owed" | "collected" | "carried" | "settled";

export type ClosedLine = {
  id: string;
  number: number;
  party: Statement["party"];
  from: string;
  to: string;
  closed_at: string;
  payable: Money;
  state: ClosedState;
  payout_number: number | null;
  /** Why the bank sent its payout back, the last time that it did. */
  returned: string | null;
};

export type Payout = { id: string; number: number; pay_on: string; made_at: string; payouts: number; total: Money; returned: number };

export type Books = {
  statements: ClosedLine[];
  payouts: Payout[];
  /** `account`: the last digits of where a party is paid; null when nobody said. */
  parties: { party: Party; account: string | null }[];
  server_now_us: number;
};

export type Closed = { closed: ClosedLine; statement: Statement; items: number };

export type NewAccount = { holder: string; iban?: string; bic?: string; account_number?: string; routing_number?: string };

export type PlanKind = "open" | "target" | "partner";
export type Plan = {
  id: string;
  kind: PlanKind;
  rate_bps: number;
  base: "goods" | "subtotal";
  creator_name: string | null;
  product_id: string | null;
  from_us: number;
  until_us: number | null;
};
export type NewPlan = Pick<Plan, "kind" | "rate_bps" | "base" | "creator_name" | "product_id">;

export type Fee = {
  id: string;
  kind: string;
  rate_bps: number;
  fixed_minor: number;
  currency: string;
  base: "goods" | "subtotal" | "payment";
  kept_on_refund: boolean;
  hold_days: number | null;
  from_us: number;
  until_us: number | null;
};
export type NewFee = Pick<Fee, "kind" | "rate_bps" | "fixed_minor" | "base" | "kept_on_refund" | "hold_days">;

export type Rates = { plans: { plan: Plan; product_title: string | null }[]; fees: Fee[]; server_now_us: number };

const shopAt = (shopId: string) => `/api/office/shops/${encodeURIComponent(shopId)}`;
const closedAt = (shopId: string, id: string) => `${shopAt(shopId)}/closed-statements/${encodeURIComponent(id)}`;

export const getBooks = (shopId: string, options?: CallOptions) => call<Books>("GET", `${shopAt(shopId)}/books`, undefined, options);

export const postClose = (shopId: string, to: string) => call<ClosedLine[]>("POST", `${shopAt(shopId)}/closed-statements`, { to });

export const getClosed = (shopId: string, id: string, options?: CallOptions) => call<Closed>("GET", closedAt(shopId, id), undefined, options);

export const getClosedEntries = (shopId: string, id: string, key: string) =>
  call<{ entries: StatementEntry[] }>("GET", `${closedAt(shopId, id)}/lines/${encodeURIComponent(key)}`);

/** The bank sent the statement's payout back. */
export const postPayoutReturn = (shopId: string, id: string, reason: string) =>
  call<unknown>("POST", `${closedAt(shopId, id)}/payout-return`, { reason });

export const postCollection = (shopId: string, id: string, note: string) =>
  call<unknown>("POST", `${closedAt(shopId, id)}/collection`, { note });

export const postPayouts = (shopId: string, pay_on: string) =>
  call<{ payout_id: string; payouts: number; without_account: string[] }>("POST", `${shopAt(shopId)}/payouts`, { pay_on });

/** `partyId` null: where payouts come from. */
export const putAccount = (shopId: string, partyId: string | null, account: NewAccount) =>
  call<unknown>("PUT", `${shopAt(shopId)}/${partyId === null ? "" : `parties/${encodeURIComponent(partyId)}/`}bank-account`, account);

export const getRates = (shopId: string, options?: CallOptions) => call<Rates>("GET", `${shopAt(shopId)}/rates`, undefined, options);
export const postPlan = (shopId: string, plan: NewPlan) => call<Rates>("POST", `${shopAt(shopId)}/plans`, plan);
export const postEndPlan = (shopId: string, id: string) => call<Rates>("POST", `${shopAt(shopId)}/plans/${encodeURIComponent(id)}/end`, {});
export const putFee = (shopId: string, fee: NewFee) => call<Rates>("PUT", `${shopAt(shopId)}/fees`, fee);
export const postEndFee = (shopId: string, kind: string) => call<Rates>("POST", `${shopAt(shopId)}/fees/${encodeURIComponent(kind)}/end`, {});

export const statementFile = (shopId: string, id: string, kind: "csv" | "pdf") => `${closedAt(shopId, id)}/statement.${kind}`;
export const payoutFile = (shopId: string, id: string, kind: "csv" | "xml") =>
  `${shopAt(shopId)}/payouts/${encodeURIComponent(id)}/file?kind=${kind}`;
export const beancountFile = (shopId: string) => `${shopAt(shopId)}/books.beancount`;

export const STATES: Record<ClosedState, { label: string; tone: "neutral" | "amber" | "green" }> = {
  to_pay: { label: "To pay", tone: "amber" },
  paid: { label: "Paid", tone: "green" },
  owed: { label: "Owed by them", tone: "amber" },
  collected: { label: "Collected", tone: "green" },
  carried: { label: "Carried forward", tone: "neutral" },
  settled: { label: "Even", tone: "neutral" },
};

/** Basis points as people write them: 1250 is "12.5 %". */
export function percent(bps: number): string {
  return `${String(bps / 100)} %`;
}

/** "12.5" as basis points; null when it is no percentage of at most two decimals. */
export function bpsOf(text: string): number | null {
  const found = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!found) return null;
  return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}
