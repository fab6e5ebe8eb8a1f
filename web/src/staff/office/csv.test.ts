import { describe, expect, test } from "vitest";
import { csvCell, csvName, toCsv } from "./csv";

describe("a cell", () => {
  test("is quoted when it has to be", () => {
    expect(csvCell('Robe, "waffle"')).toBe('"Robe, ""waffle"""');
    expect(csvCell("two\nlines")).toBe('"two\nlines"');
    expect(csvCell(" padded ")).toBe('" padded "');
    expect(csvCell("plain")).toBe("plain");
    expect(csvCell(null)).toBe("");
  });

  test.each(["=1+1", "+41 79", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"])("never runs as a formula: %j", (text) => {
    expect(csvCell(text).replace(/^"/, "")).toMatch(/^'/);
  });

  test("does not hide a formula behind its quotes", () => {
    expect(csvCell('=HYPERLINK("http://x","y")')).toBe(`"'=HYPERLINK(""http://x"",""y"")"`);
  });

  test("leaves our own amounts and counts as figures, minus included", () => {
    expect(csvCell({ minor: -1205, currency: "USD" })).toBe("-12.05");
    expect(csvCell({ minor: 1200, currency: "JPY" })).toBe("1200");
    expect(csvCell(-3)).toBe("-3");
    expect(csvCell("-3")).toBe("-3");
  });
});

test("a table has its header, CRLF line ends and a byte order mark", () => {
  const csv = toCsv([{ label: "Order", value: (row: { n: string; q: number }) => row.n }, { label: "Qty", value: (row) => row.q }], [
    { n: "A-1", q: 2 },
  ]);
  expect(csv).toBe("\ufeffOrder,Qty\r\nA-1,2\r\n");
});

test("file names are tame", () => {
  expect(csvName("orders", "Quiet Acre", "2025-11-23")).toBe("orders-quiet-acre-2025-11-23.csv");
  expect(csvName("../..", "")).toBe("table.csv");
});
