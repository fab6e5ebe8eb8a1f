import { describe, expect, it } from "vitest";
import type { PastShow } from "../shows/api";
import type { Start } from "./api";
import { beginning, dealRow, fromPlan, toPlan, usOf } from "./draft";

const START: Start = {
  currency: "EUR",
  variants: [{ variant_id: "v1", product_id: "p1", product_title: "Serum", variant_title: "30 ml", price_minor: 2500, unit_cost_minor: 900 }],
  agreements: [
    {
      id: "a1",
      terms: {
        title: "Spring",
        funders: [
          { party: "brand", name: "Aurora", share_bps: 5000, budget_minor: 100, cap_order_minor: null, cap_day_minor: null },
          { party: "platform", name: "Market", share_bps: 5000, budget_minor: 100, cap_order_minor: null, cap_day_minor: null },
        ],
        from_us: null,
        until_us: null,
        product_ids: [],
        at_cap: "end_deal",
        steps: [],
      },
    },
  ],
  shows: [],
  past: { shows: 3, orders_a_show: 40, orders_spread_bps: 2500, repeat_bps: 1000, return_bps: 500, baskets: [], watched: [] },
};

describe("a plan that is typed", () => {
  it("begins with what past shows say and is sent in whole units", () => {
    const draft = beginning(START, 1_800_000_000_000_000);
    const plan = toPlan(draft, "EUR");
    expect(plan.assumptions).toMatchObject({ conversion_bps: 200, viewers_spread_bps: 2500, repeat_bps: 1000, return_bps: 500, rests_on_shows: 3 });
    expect(plan.baskets).toEqual([{ lines: [{ variant_id: "v1", quantity: 1 }], weight: 1 }]);
    expect(plan.unit_costs).toEqual([{ variant_id: "v1", cost_minor: 900 }]);
    expect(plan.shipping_cost_minor).toBeNull();
  });

  it("begins with the traffic and conversion of shows that were watched, rehearsals left out", () => {
    const show = (viewers: number, orders: number, duration_s: number): PastShow => ({
      broadcast_id: String(viewers), show_id: "s", title: "Show", host_name: "Mara", started_us: 0, duration_s, viewers, peak: 1, average: 1, watched_s: 1,
      average_watch_s: 1, by_minute: [1], orders, revenue: { minor: 0, currency: "EUR" }, conversion_bps: null,
    });
    const watched = [show(100, 10, 3600), show(300, 6, 3600), show(1, 1, 60)];
    const plan = toPlan(beginning({ ...START, past: { ...START.past, watched } }, 1_800_000_000_000_000), "EUR");
    expect(plan.shows[0]?.viewers).toBe(200);
    expect(plan.assumptions).toMatchObject({ conversion_bps: 400, viewers_spread_bps: 5000, conversion_spread_bps: 6667, rests_on_shows: 2 });
  });

  it("lets shares be written over, with a step", () => {
    const draft = beginning(START, 1_800_000_000_000_000);
    const row = draft.agreements[0];
    if (!row) throw new Error("no agreement");
    row.step = "2027-03-01T00:00";
    row.later = ["70", "30"];
    expect(toPlan(draft, "EUR").agreements[0]?.terms.steps).toEqual([{ from_us: usOf("2027-03-01T00:00"), shares_bps: [7000, 3000] }]);
  });

  it("is the same plan after it was saved and opened again", () => {
    const draft = beginning(START, 1_800_000_060_000_000);
    draft.deals.push(dealRow("2027-01-01T10:00", "a1"));
    const plan = toPlan(draft, "EUR");
    expect(plan.deals[0]?.terms).toMatchObject({ form: "campaign", percentage_bps: 2000, duration_s: 7 * 86_400, agreement_id: "a1", funders: [] });
    expect(toPlan(fromPlan(plan, "x", "EUR"), "EUR")).toEqual(plan);
  });
});
