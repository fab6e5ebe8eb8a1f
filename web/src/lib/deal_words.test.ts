import { describe, expect, it } from "vitest";
import { leftWords, orderWords, perksOf, setsFor, setWords, together } from "./deal_words";
import type { Offer } from "./moments";
import type { DealView, Product } from "./types";

const usd = (minor: number) => ({ minor, currency: "USD" });
const variant = { id: "v30", title: "30 ml", sku: null, price: usd(2499), compare_at: null, available: 9, options: {} };
const serum: Product = { id: "serum", handle: "serum", title: "Dew Serum", vendor: null, description: "", photos: [], variants: [variant] };
const mug: Product = { ...serum, id: "mug", title: "Mug", variants: [{ ...variant, id: "vmug", price: usd(1200) }] };
const offer: Offer = { variant, price: usd(2499), before: null, deal: null };

function deal(form: DealView["form"], more: Partial<DealView> = {}): DealView {
  return {
    id: form, product_id: null, kind: "percentage", title: form, price: null, percentage_bps: 10_000, amount: null, opens_us: 0, ends_us: 9,
    total_limit: null, per_buyer_limit: null, sold: 0, form, product_ids: [], conditions: {}, counts: "orders", announces: true, first_paid: null, ...more,
  };
}

// The worked numbers of docs/algorithms/pricing.md.
const tiers = deal("tiers", { percentage_bps: 1000, conditions: { tiers: [{ quantity: 3, figure: 2000 }, { quantity: 2, figure: 1000 }] } });
const buy_get = deal("buy_get", { conditions: { buy: 2, get: 1 } });

describe("what several pieces cost", () => {
  it.each([
    [1, 2499],
    [2, 2 * 2499 - 500],
    [3, 3 * 2499 - 1500],
    [4, 4 * 1999],
  ])("%i under tiers", (quantity, minor) => expect(together(offer, quantity, [tiers]).minor).toBe(minor));

  it("gives the third piece of buy 2 get 1, and tiers what is left of it", () => {
    expect(together(offer, 3, [buy_get]).minor).toBe(2 * 2499);
    expect(together(offer, 5, [tiers, buy_get]).minor).toBe(2 * 2499 + 2 * 2249);
  });

  it("leaves out what an exclusive deal leaves out", () => {
    const exclusive = { ...tiers, conditions: { ...tiers.conditions, exclusive: true } };
    expect(together({ ...offer, deal: deal("live_flash") }, 3, [exclusive]).minor).toBe(3 * 2499);
    expect(together(offer, 3, [exclusive]).minor).toBe(3 * 1999);
  });
});

describe("which deals a product is part of", () => {
  const bundle = deal("bundle", { conditions: { parts: [{ product_id: "serum", quantity: 1 }, { product_id: "mug", quantity: 1 }] } });
  it("finds sets with something left", () => {
    const used = deal("tiers", { id: "used", total_limit: 5, sold: 3, held: 2, conditions: tiers.conditions });
    const others = deal("tiers", { id: "others", product_ids: ["mug"], conditions: tiers.conditions });
    expect(setsFor(serum, [tiers, bundle, used, others, deal("threshold")]).map((one) => one.id)).toEqual(["tiers", "bundle"]);
  });
});

describe("deals in words", () => {
  it.each([
    [setWords(tiers, "USD"), "Buy 2: −10 % · 3: −20 %"],
    [setWords(buy_get, "USD"), "Buy 2, get 1 free"],
    [setWords(deal("bundle", { kind: "price", percentage_bps: null, price: usd(3000) }), "USD"), "Together for $30"],
    [orderWords(deal("threshold", { kind: "amount", percentage_bps: null, amount: usd(1000), conditions: { min_minor: 5000 } }), "USD", []), "$10 off from $50"],
    [orderWords(deal("free_shipping", { conditions: { min_minor: 2000 } }), "USD", []), "Free shipping from $20"],
    [orderWords(deal("gift", { conditions: { gift_variant_id: "vmug", min_minor: 4000 } }), "USD", [serum, mug]), "Mug, free from $40"],
    [orderWords(deal("voucher", { percentage_bps: 1000, conditions: { audience: "follower" } }), "USD", []), "10 % off for followers"],
    [orderWords(deal("voucher", { percentage_bps: 1000, conditions: { audience: "new" } }), "USD", []), "10 % off your first order"],
    [leftWords(deal("threshold", { total_limit: 50, per_buyer_limit: 1, sold: 30, held: 8 })), "First 50 buyers: 12 left"],
    [leftWords(deal("threshold")), null],
  ])("says %s", (said, wanted) => expect(said).toBe(wanted));

  it("tells of no code that is not offered, and of nothing that is used up", () => {
    const known = deal("voucher", { id: "known", code: "WELCOME" });
    const follower = deal("voucher", { id: "follower", conditions: { audience: "follower" } });
    const deals = [deal("voucher", { id: "hidden" }), known, follower, deal("gift", { total_limit: 1, sold: 1 }), deal("threshold"), tiers];
    expect(perksOf(deals).map((one) => one.id)).toEqual(["threshold", "known", "follower"]);
  });
});
