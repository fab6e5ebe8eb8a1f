import { expect, test } from "vitest";
import type { Statement, TransferView } from "../../lib/types";
import { proof, sides } from "./balance";

const entry = (minor: number, currency = "USD") => ({ account: "a", party: "p", amount: { minor, currency } });
const transfer = (...entries: TransferView["entries"]): TransferView => ({ id: "t", kind: "sale", at: "", description: "", entries });

test("debits and credits meet, in each currency by itself", () => {
  expect(sides(transfer(entry(2_654), entry(600), entry(-3_200), entry(-54)))).toEqual([
    { debit: { minor: 3_254, currency: "USD" }, credit: { minor: 3_254, currency: "USD" }, balanced: true },
  ]);
  expect(sides(transfer(entry(100), entry(-100, "EUR"))).map((side) => side.balanced)).toEqual([false, false]);
});

function statement(payable: number, ...lines: [number, "revenue" | "fees" | "reference"][]): Statement {
  return {
    party: { id: "p", kind: "brand", name: "" },
    from: "",
    to: "",
    lines: lines.map(([minor, section], i) => ({ key: `${i}`, label: "", definition: "", amount: { minor, currency: "USD" }, orders: 1, section })),
    payable: { minor: payable, currency: "USD" },
  };
}

test("a statement's lines add up to the payable, those for reference aside", () => {
  expect(proof(statement(950, [1_000, "revenue"], [-50, "fees"], [777, "reference"]))).toMatchObject({ proven: true, sum: { minor: 950 } });
  expect(proof(statement(951, [1_000, "revenue"], [-50, "fees"])).proven).toBe(false);
  expect(proof(statement(0)).proven).toBe(true);
});
