import { expect, test } from "vitest";
import { bounds, dayOf, presets } from "./periods";

test("presets are whole days, whatever the month", () => {
  const march = presets(new Date(2025, 2, 3, 15));
  expect(Object.fromEntries(march.map(({ key, period }) => [key, [period.first, period.last]]))).toEqual({
    today: ["2025-03-03", "2025-03-03"],
    week: ["2025-02-25", "2025-03-03"],
    month: ["2025-03-01", "2025-03-03"],
    "last-month": ["2025-02-01", "2025-02-28"],
  });
});

test("the last day is inside", () => {
  const day = bounds({ first: "2025-11-23", last: "2025-11-23" });
  expect(day && new Date(day.to).getTime() - new Date(day.from).getTime()).toBe(24 * 3600 * 1000);
  expect(day && dayOf(new Date(day.from))).toBe("2025-11-23");
});

test("a period that ends before it begins, or is no date, is none", () => {
  expect(bounds({ first: "2025-11-24", last: "2025-11-23" })).toBeNull();
  expect(bounds({ first: "", last: "2025-11-23" })).toBeNull();
});
