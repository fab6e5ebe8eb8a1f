import { expect, test } from "vitest";
import { dayUs, stateOf, type Contract } from "./contracts_api";

const CONTRACT = { from_us: 10, until_us: 20 } as Contract;

test("a contract is coming, in force and over", () => {
  expect([9, 10, 19, 20].map((now) => stateOf(CONTRACT, now))).toEqual(["coming", "in force", "in force", "over"]);
  expect(stateOf({ ...CONTRACT, until_us: null }, 1e9)).toBe("in force");
});

test("a day lasts to the first moment after it", () => {
  const first = dayUs("2026-03-02");
  expect(first).toBe(new Date(2026, 2, 2).getTime() * 1000);
  expect(dayUs("2026-03-02", true)).toBe(new Date(2026, 2, 3).getTime() * 1000);
  expect(dayUs("")).toBeNull();
});
