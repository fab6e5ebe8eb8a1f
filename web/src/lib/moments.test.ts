import { describe, expect, it } from "vitest";
import { cardOffer, dealPrice, fold, offer, withMoment } from "./moments";
import type { DealView, Moment, Product, Variant } from "./types";

const usd = (minor: number) => ({ minor, currency: "USD" });

function deal(over: Partial<DealView> = {}): DealView {
  return {
    id: "d1", product_id: "p1", kind: "percentage", title: "Live deal", price: null, percentage_bps: 4000, amount: null,
    opens_us: 300, ends_us: 900, total_limit: 50, per_buyer_limit: 2, sold: 0,
    form: "live_flash", product_ids: ["p1"], conditions: {}, counts: "pieces", announces: true, first_paid: null, ...over,
  }; // prettier-ignore
}

function variant(over: Partial<Variant> = {}): Variant {
  return { id: "v1", title: "30 ml", sku: null, price: usd(3332), compare_at: null, available: 5, options: {}, ...over };
}

const product = (variants: Variant[]): Product => ({
  id: "p1", handle: "serum", title: "Serum", vendor: null, description: "", photos: [], variants,
}); // prettier-ignore

const moments: Moment[] = [
  { at_us: 100, type: "pin", product_id: "p1" },
  { at_us: 300, type: "deal.opened", deal: deal() },
  { at_us: 500, type: "pin", product_id: "p2" },
  { at_us: 600, type: "unpin" },
  { at_us: 700, type: "deal.ended", deal_id: "d1" },
];

describe("fold", () => {
  it("holds nothing before the first moment", () => {
    expect(fold(moments, 99)).toEqual({ pinned_product_id: null, deals: [] });
  });

  it("holds from the very microsecond on, not one before", () => {
    expect(fold(moments, 100).pinned_product_id).toBe("p1");
    expect(fold(moments, 299).deals).toEqual([]);
    expect(fold(moments, 300).deals.map((d) => d.id)).toEqual(["d1"]);
    expect(fold(moments, 500).pinned_product_id).toBe("p2");
    expect(fold(moments, 600).pinned_product_id).toBeNull();
    expect(fold(moments, 699).deals).toHaveLength(1);
    expect(fold(moments, 700).deals).toEqual([]);
  });

  it("ends a deal at its own end, event or not", () => {
    const open: Moment[] = [{ at_us: 300, type: "deal.opened", deal: deal() }];
    expect(fold(open, 899).deals).toHaveLength(1);
    expect(fold(open, 900).deals).toEqual([]);
  });

  it("gives the same whatever the order of the list", () => {
    for (let us = 0; us <= 1000; us += 50) expect(fold([...moments].reverse(), us)).toEqual(fold(moments, us));
  });

  it("goes backwards too: a replay may be wound back", () => {
    expect(fold(moments, 650).pinned_product_id).toBeNull();
    expect(fold(moments, 550).pinned_product_id).toBe("p2");
  });
});

describe("withMoment", () => {
  it("takes an event once and keeps the order", () => {
    const late: Moment = { at_us: 50, type: "pin", product_id: "p9" };
    const once = withMoment(moments, late);
    expect(once[0]).toEqual(late);
    expect(withMoment(once, late)).toHaveLength(once.length);
  });
});

describe("prices on the card", () => {
  it("takes the deal's kind", () => {
    expect(dealPrice(usd(3332), deal()).minor).toBe(1999);
    expect(dealPrice(usd(3332), deal({ kind: "price", price: usd(1999) })).minor).toBe(1999);
    expect(dealPrice(usd(3332), deal({ kind: "amount", amount: usd(500) })).minor).toBe(2832);
    expect(dealPrice(usd(300), deal({ kind: "amount", amount: usd(500) })).minor).toBe(0);
    expect(dealPrice(usd(1000), deal({ kind: "price", price: usd(1999) })).minor).toBe(1000);
  });

  it("chooses the first open deal by priority and strikes the list price", () => {
    const best = offer(variant(), [deal({ id: "below", form: "campaign", percentage_bps: 9000 }), deal()], "p1");
    expect(best.deal?.id).toBe("d1");
    expect(best.before?.minor).toBe(3332);
    expect(offer(variant(), [deal({ announces: false })], "p1").before).toBeNull();
  });

  it("leaves out deals of other products and sold-out deals", () => {
    expect(offer(variant(), [deal({ product_ids: ["p2"] })], "p1").deal).toBeNull();
    expect(offer(variant(), [deal({ sold: 50 })], "p1").price.minor).toBe(3332);
  });

  it("strikes the earlier price only when it was higher", () => {
    expect(offer(variant({ compare_at: usd(4000) }), [], "p1").before?.minor).toBe(4000);
    expect(offer(variant({ compare_at: usd(3000) }), [], "p1").before).toBeNull();
  });

  it("shows the cheapest variant that can be had", () => {
    const small = variant({ id: "s", price: usd(900), available: 0 });
    const large = variant({ id: "l", price: usd(2900) });
    expect(cardOffer(product([small, large]), [])?.variant.id).toBe("l");
    expect(cardOffer(product([small]), [])?.variant.id).toBe("s");
    expect(cardOffer(product([]), [])).toBeNull();
  });
});
