import { describe, expect, test } from "vitest";
import { EMPTY, kindsOf, minorOf, said, toDeal, unsaid, type Draft } from "./terms";

const FUNDING = { agreement_id: "a1", funders: [] };
const draft = (over: Partial<Draft>): Draft => ({ ...EMPTY, title: "T", ...over });
const sent = (over: Partial<Draft>) => toDeal(draft(over), "USD", FUNDING);

test("amounts are read without floats, and nonsense is none", () => {
  expect([minorOf("19.99", "USD"), minorOf("19,9", "USD"), minorOf("1200", "JPY"), minorOf("0.1", "KWD")]).toEqual([1999, 1990, 1200, 100]);
  expect([minorOf("1.999", "USD"), minorOf("1.5", "JPY"), minorOf("-1", "USD"), minorOf("", "USD")]).toEqual([null, null, null, null]);
});

describe("what is sent", () => {
  test("has the one figure of its kind", () => {
    const flash = sent({ figure: "19.99", product_ids: ["p"], total_limit: "50", per_buyer_limit: "2" });
    expect(flash).toMatchObject({ kind: "price", price_minor: 1999, percentage_bps: null, amount_minor: null, counts: "pieces" });
    expect(flash).toMatchObject({ duration_s: 300, total_limit: 50, per_buyer_limit: 2, conditions: {}, announces: true });
  });

  test("leaves to the shop what an order holds, unless the deal chooses", () => {
    expect((["", "keep", "first_paid"] as const).map((waiting) => sent({ waiting }).first_paid)).toEqual([null, false, true]);
  });

  test("counts buyers when it is for the first ones", () => {
    expect(sent({ first_buyers: true, total_limit: "100" })).toMatchObject({ counts: "orders", total_limit: 100, per_buyer_limit: 1 });
  });

  test("has its form's own conditions and no others", () => {
    expect(sent({ form: "tiers", kind: "percentage" }).conditions).toEqual({
      tiers: [
        { quantity: 2, figure: 1000 },
        { quantity: 3, figure: 2000 },
      ],
    });
    expect(sent({ form: "bundle", parts: [{ product_id: "p", quantity: "2" }, { product_id: "", quantity: "1" }] }).conditions).toEqual({
      parts: [{ product_id: "p", quantity: 2 }],
    });
    expect(sent({ form: "voucher", kind: "percentage", min: "20", max: "5", audience: "new", code: " hi " })).toMatchObject({
      conditions: { min_minor: 2000, max_minor: 500, audience: "new" },
      code: " hi ",
      counts: "orders",
    });
    expect(sent({ form: "gift", gift_variant_id: "v", min: "40" })).toMatchObject({ kind: "percentage", percentage_bps: 10_000 });
    expect(sent({ form: "campaign", code: "x", min: "5" })).toMatchObject({ code: null, conditions: {} });
  });

  test("compares with no former price only where it states its own", () => {
    expect(sent({ announces: false, figure: "5" }).announces).toBe(false);
    expect(sent({ announces: false, kind: "percentage", figure: "5" }).announces).toBe(true);
  });
});

test("a preview says what it waits for and leaves the rest to the engine", () => {
  expect([unsaid(EMPTY), unsaid(draft({ figure: "5" })), unsaid(draft({ figure: "five", product_ids: ["p"] }))]).toEqual([
    "a price",
    "at least one product",
    null,
  ]);
  expect([unsaid(draft({ form: "gift" })), unsaid(draft({ form: "gift", gift_variant_id: "v" }))]).toEqual(["what is given", null]);
  expect([unsaid(draft({ form: "bundle", figure: "30" })), unsaid(draft({ form: "tiers" }))]).toEqual(["the products of the set", null]);
  expect([unsaid(draft({ form: "threshold", kind: "amount", figure: "5" })), unsaid(draft({ form: "voucher", kind: "percentage" }))]).toEqual([
    "from how much on",
    "how many per cent",
  ]);
});

test("a form has the kinds that make sense for it", () => {
  expect(kindsOf("threshold")).not.toContain("price");
  expect(kindsOf("campaign")).toContain("price");
});

test("deals are said in a few words", () => {
  const deal = { price: null, percentage_bps: 10_000, amount: null, kind: "percentage" } as const;
  expect(said({ ...deal, form: "buy_get", conditions: { buy: 2, get: 1 } }, "USD")).toBe("buy 2, get 1 free");
  expect(said({ ...deal, form: "free_shipping", conditions: { min_minor: 2000 } }, "USD")).toBe("free shipping from $20.00");
  expect(said({ ...deal, percentage_bps: 1500, form: "campaign", conditions: {} }, "USD")).toBe("15 % off");
});
