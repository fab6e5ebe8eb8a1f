/** Debits and credits of a transfer, and whether they meet. Pure. */
import type { Money, Statement, TransferView } from "../../lib/types";

export type Side = { debit: Money; credit: Money; balanced: boolean };

/** One row a currency. Debits are positive entries, credits negative; both are shown as positive amounts. */
export function sides(transfer: TransferView): Side[] {
  const byCurrency = new Map<string, { debit: number; credit: number }>();
  for (const { amount } of transfer.entries) {
    const side = byCurrency.get(amount.currency) ?? { debit: 0, credit: 0 };
    if (amount.minor > 0) side.debit += amount.minor;
    else side.credit -= amount.minor;
    byCurrency.set(amount.currency, side);
  }
  return [...byCurrency].map(([currency, { debit, credit }]) => ({
    debit: { minor: debit, currency },
    credit: { minor: credit, currency },
    balanced: debit === credit,
  }));
}

/** What the lines add up to, without those for reference: it must be the payable. */
export function proof(statement: Statement): { sum: Money; proven: boolean } {
  const minor = statement.lines.filter((line) => line.section !== "reference").reduce((sum, line) => sum + line.amount.minor, 0);
  const sum = { minor, currency: statement.payable.currency };
  return { sum, proven: minor === statement.payable.minor && statement.lines.every((line) => line.amount.currency === sum.currency) };
}
