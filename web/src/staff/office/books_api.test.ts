import { expect, test } from "vitest";
import { bpsOf, percent } from "./books_api";

test("percentages are whole basis points", () => {
  expect(["12.5", "8", "0,25", " 100 ", "12.50"].map(bpsOf)).toEqual([1250, 800, 25, 10_000, 1250]);
});

test("what is no percentage is none", () => {
  expect(["", "x", "1.234", "-1", "1e3", "1000"].map(bpsOf)).toEqual([null, null, null, null, null, null]);
});

test("and are read as people write them", () => {
  expect([1250, 800, 25].map(percent)).toEqual(["12.5 %", "8 %", "0.25 %"]);
});
