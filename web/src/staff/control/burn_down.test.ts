import { expect, test } from "vitest";
import type { DealBudget } from "../../lib/types";
import { chartColumns, usedUpAt, withSample, type Sample } from "./burn_down";

const S = 1_000_000;
const usd = (minor: number) => ({ minor, currency: "USD" });

function deal(brand_spent: number, platform_spent: number, held = 0): DealBudget {
  return {
    id: "d",
    product_id: "p",
    kind: "price",
    title: "",
    price: usd(1999),
    percentage_bps: null,
    amount: null,
    opens_us: 100 * S,
    ends_us: 400 * S,
    total_limit: 50,
    per_buyer_limit: 2,
    sold: 0,
    form: "live_flash",
    product_ids: ["p"],
    conditions: {},
    counts: "pieces",
    announces: true,
    first_paid: null,
    state: "open",
    market: "us-en",
    code: null,
    ended_reason: null,
    agreement: {
      funders: [
        { party: "brand", name: "Brand", share_bps: 6000, budget: usd(30_000), spent: usd(brand_spent), held: usd(held), accepted: true },
        { party: "platform", name: "Tally", share_bps: 4000, budget: usd(20_000), spent: usd(platform_spent), held: usd(0), accepted: true },
      ],
    },
  };
}

test("a burn-down begins with the whole budgets at the opening and takes held money as gone", () => {
  const samples = withSample([], deal(720, 480, 720), 130 * S);
  expect(samples).toEqual([
    { at_us: 100 * S, left: [30_000, 20_000] },
    { at_us: 130 * S, left: [28_560, 19_520] },
  ]);
});

test("a deal that has not opened has nothing to draw", () => {
  expect(withSample([], { ...deal(0, 0), opens_us: null, ends_us: null, state: "agreed" }, 130 * S)).toEqual([]);
});

test("nothing new adds nothing, and time never runs back", () => {
  const samples = withSample([], deal(720, 480), 130 * S);
  expect(withSample(samples, deal(720, 480), 140 * S)).toHaveLength(2);
  expect(withSample(samples, deal(1440, 960), 120 * S)).toHaveLength(2);
});

test("a long sale is thinned, with both ends kept", () => {
  let samples: Sample[] = [];
  for (let i = 1; i <= 2_000; i += 1) samples = withSample(samples, deal(i, i), (100 + i) * S);
  expect(samples.length).toBeLessThanOrEqual(241);
  expect(samples[0]?.at_us).toBe(100 * S);
  expect(samples.at(-1)?.at_us).toBe(2_100 * S);
});

test("the chart's columns reach on to now", () => {
  const columns = chartColumns(withSample([], deal(1_000, 500), 130 * S), 160 * S);
  expect(columns).toEqual([
    [100, 130, 160],
    [30_000, 29_000, 29_000],
    [20_000, 19_500, 19_500],
  ]);
});

test("the first budget to run out is foreseen from the last minute's pace", () => {
  // 10,000 of 20,000 in 60 s: the other half lasts 60 s more; the brand's 6,000 of 30,000 would last far longer.
  const samples: Sample[] = [
    { at_us: 100 * S, left: [30_000, 20_000] },
    { at_us: 160 * S, left: [24_000, 10_000] },
  ];
  expect(usedUpAt(samples, 160 * S)).toBe(220 * S);
  expect(usedUpAt(samples.slice(0, 1), 160 * S)).toBeNull();
  expect(usedUpAt([...samples, { at_us: 230 * S, left: [24_000, 10_000] }], 230 * S)).toBeNull();
});
