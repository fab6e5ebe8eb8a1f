import { describe, expect, it } from "vitest";
import type { PastShow } from "./api";
import { looksReal, proposalOf, saidCurve } from "./audience";

const show = (viewers: number, orders: number, duration_s = 3600): PastShow => ({
  broadcast_id: `b${String(viewers)}`, show_id: "s", title: "Show", host_name: "Mara", started_us: 0, duration_s, viewers, peak: viewers, average: 1,
  watched_s: 0, average_watch_s: 0, by_minute: [], orders, revenue: { minor: 0, currency: "USD" }, conversion_bps: null,
});

describe("what past audiences say", () => {
  it("takes the mean of viewers, and all orders over all viewers", () => {
    // 100 and 300 viewers: mean 200, deviation 100; 10 % and 2 %: mean 6, deviation 4; 16 orders of 400 viewers.
    expect(proposalOf([show(100, 10), show(300, 6)])).toEqual({
      viewers: 200, viewers_spread_bps: 5000, conversion_bps: 400, conversion_spread_bps: 6667, rests_on_shows: 2,
    });
  });

  it("says nothing of shows that nobody watched, and never more than a plan may hold", () => {
    expect(proposalOf([])).toBeNull();
    expect(proposalOf([show(0, 3)])).toBeNull();
    expect(proposalOf([show(2, 9)])?.conversion_bps).toBe(10_000);
    expect(proposalOf([...Array.from({ length: 20 }, () => show(1, 0)), show(10_000_000, 0)])?.viewers_spread_bps).toBe(20_000);
    expect(proposalOf([show(5, 0)])?.conversion_spread_bps).toBe(0);
  });

  it("takes a short one for a rehearsal", () => {
    expect([looksReal(show(1, 1, 299)), looksReal(show(1, 1, 300))]).toEqual([false, true]);
  });

  it("tells the curve in words", () => {
    expect(saidCurve([3, 9, 4])).toBe("Viewers by minute: 3 in the first, the most, 9, in minute 2, 4 in the last of 3.");
  });
});
