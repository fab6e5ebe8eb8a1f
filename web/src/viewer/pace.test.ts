import { expect, test } from "vitest";
import { paceFor } from "./pace";

test("a player that has enough plays at full pace", () => {
  expect(paceFor(0.4, 1)).toBe(1);
});

test("one that runs low slows down, and stays so until it has enough again", () => {
  expect(paceFor(0.1, 1)).toBe(0.94);
  expect(paceFor(0.3, 0.94)).toBe(0.94);
  expect(paceFor(0.36, 0.94)).toBe(1);
  expect(paceFor(0.3, 1)).toBe(1);
});

test("catching up is left alone", () => {
  expect(paceFor(0.1, 1.06)).toBe(1.06);
});

test("a show whose delay grows by 4 % of the pace never runs dry", () => {
  let ahead_s = 0.45;
  let rate = 1;
  let lowest_s = ahead_s;
  for (let at_s = 0; at_s < 100; at_s += 0.25) {
    rate = paceFor(ahead_s, rate);
    ahead_s += 0.25 * (0.96 - rate);
    lowest_s = Math.min(lowest_s, ahead_s);
  }
  expect(lowest_s).toBeGreaterThan(0.15);
});
