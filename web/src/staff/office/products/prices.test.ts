import { describe, expect, it } from "vitest";
import type { PricePeriod } from "./api";
import { lowestOf, stepsOf } from "./prices";

const DAY_US = 86_400_000_000;
const held = (day: number, selling: number): PricePeriod => ({ at_us: day * DAY_US, list: { minor: 2000, currency: "USD" }, selling: { minor: selling, currency: "USD" }, reason: "edit" });

describe("a price history", () => {
  it("is steps in time, whatever order it came in", () => {
    expect(stepsOf([held(12, 2000), held(10, 1500), held(0, 2000)], 50 * DAY_US).map((one) => [one.from_us / DAY_US, one.to_us / DAY_US, one.selling])).toEqual([[0, 10, 2000], [10, 12, 1500], [12, 50, 2000]]);
    expect(stepsOf([held(3, 5), held(3, 6)], 3 * DAY_US)).toEqual([]);
  });

  it("keeps a low price as the lowest for the 30 days after it ended", () => {
    const steps = stepsOf([held(0, 2000), held(10, 1500), held(12, 2000)], 50 * DAY_US);
    expect(lowestOf(steps, 50 * DAY_US).map((one) => [one.from_us / DAY_US, one.lowest])).toEqual([[0, 2000], [10, 1500], [12, 1500], [40, 1500], [42, 2000], [50, 2000]]);
  });
});
