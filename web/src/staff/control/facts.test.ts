import { expect, test } from "vitest";
import { factRows } from "./facts";

test("a pair of spoken and live stands side by side", () => {
  expect(factRows({ spoken: "14.99", live: "19.99", currency: "USD" })).toEqual([
    { label: "Said and live", spoken: "14.99", live: "19.99" },
    { label: "Currency", spoken: null, live: "USD" },
  ]);
});

test("named pairs keep their names", () => {
  expect(factRows({ price: { spoken: "14.99", live: "19.99" }, stock: { said: 3, fact: 41 } })).toEqual([
    { label: "Price", spoken: "14.99", live: "19.99" },
    { label: "Stock", spoken: "3", live: "41" },
  ]);
  expect(factRows({ compared: [{ name: "deal_ends_at", spoken: "midnight", live: "20:14" }] })).toEqual([
    { label: "Deal ends at", spoken: "midnight", live: "20:14" },
  ]);
});

test("single facts are live facts, and an unknown one says so", () => {
  expect(factRows({ host_is_paid: true, approved_claims: [], made_in: null })).toEqual([
    { label: "Host is paid", spoken: null, live: "yes" },
    { label: "Approved claims", spoken: null, live: "none" },
    { label: "Made in", spoken: null, live: "unknown" },
  ]);
});

test("too much is cut", () => {
  const facts = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`fact_${i}`, "x".repeat(500)]));
  const rows = factRows(facts);
  expect(rows).toHaveLength(8);
  expect(rows[0]?.live?.length).toBe(160);
});

test("a moment is shown as the time of day", () => {
  const [row] = factRows({ deal_ends_at: "2026-11-26T15:39:43.314600+00:00" });
  expect(row?.live).toMatch(/^\d\d:\d\d:43$/);
});
