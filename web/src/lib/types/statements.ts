/** What a party is owed. */

import type { Money } from "./goods";

export type StatementLine = {
  key: string;
  label: string;
  definition: string;
  /** + in the party's favour. */
  amount: Money;
  orders: number;
  /** Lines of `reference` are for information and not in the payable. */
  section: "balance" | "revenue" | "fees" | "adjustments" | "reserve" | "reference";
};

export type Statement = {
  party: { id: string; kind: "brand" | "platform" | "creator" | "supplier"; name: string };
  from: string;
  to: string;
  lines: StatementLine[];
  /** Below zero: the party owes it. */
  payable: Money;
};

/** One entry behind a statement line, signed as the line is. */
export type StatementEntry = {
  transfer_id: string;
  /** Null for a correction that belongs to no order. */
  order_id: string | null;
  order_number: string | null;
  at: string;
  description: string;
  amount: Money;
  at_us: number | null;
  show_slug: string | null;
};
