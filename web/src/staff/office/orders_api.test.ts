import { describe, expect, it } from "vitest";
import type { OrderDetail } from "../../lib/types";
import { kindsFor, mayExchange, parseAmount } from "./orders_api";

const usd = (minor: number) => ({ minor, currency: "USD" });

describe("an amount that somebody typed", () => {
  it("is minor units of the currency", () => {
    expect(parseAmount("5", "USD")).toEqual(usd(500));
    expect(parseAmount(" 5.05 ", "USD")).toEqual(usd(505));
    expect(parseAmount("5,5", "USD")).toEqual(usd(550));
    expect(parseAmount("1200", "JPY")).toEqual({ minor: 1200, currency: "JPY" });
  });
  it("is refused rather than guessed", () => {
    for (const text of ["", "0", "-1", "1.005", "1,234.50", "five", "1e3"]) expect(parseAmount(text, "USD")).toBeNull();
    expect(parseAmount("12.5", "JPY")).toBeNull();
  });
});

describe("what can be done with an order", () => {
  const order = (more: object) =>
    ({
      order: { state: "paid" },
      left: [{ position: 1, product_id: "p", quantity: 1, amount: usd(500) }],
      fulfilment: { state: "waiting", carrier: null, tracking: null, changed_us: null },
      exchanges: [],
      ...more,
    }) as unknown as OrderDetail;
  it("is cancelling only before it is shipped", () => {
    expect(kindsFor(order({}))).toContain("cancel");
    expect(kindsFor(order({ fulfilment: { state: "shipped" } }))).toEqual(["return", "refund"]);
  });
  it("is nothing when it is not paid or nothing is left", () => {
    expect(kindsFor(order({ order: { state: "declined" } }))).toEqual([]);
    expect(kindsFor(order({ left: [{ position: 1, product_id: "p", quantity: 0, amount: usd(0) }] }))).toEqual([]);
  });
});

describe("an exchange", () => {
  it("is for paid pieces that the buyer still has", () => {
    const order = (state: string, quantity: number) => ({ order: { state }, left: [{ position: 1, product_id: "p", quantity, amount: usd(5) }], exchanges: [] }) as unknown as OrderDetail;
    expect([mayExchange(order("paid", 1)), mayExchange(order("paid", 0)), mayExchange(order("payment_pending", 1))]).toEqual([true, false, false]);
  });
  it("waits for the one before", () => {
    const order = (state: string) =>
      ({ order: { id: "o", state: "paid" }, left: [{ position: 1, product_id: "p", quantity: 1, amount: usd(5) }], fulfilment: null, exchanges: [{ of_order_id: "o", state }] }) as unknown as OrderDetail;
    expect(["payment_pending", "paid", "cancelled"].map((state) => mayExchange(order(state)))).toEqual([false, true, true]);
    expect(kindsFor(order("payment_pending"))).toEqual([]);
  });
});
