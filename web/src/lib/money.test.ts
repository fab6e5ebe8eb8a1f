import { describe, expect, it } from "vitest";
import { basisPointsOf, decimal, formatMoney, percentOff, subtract } from "./money";

const usd = (minor: number) => ({ minor, currency: "USD" });

describe("money", () => {
  it("writes decimals of any currency without floats", () => {
    expect(decimal(usd(1999))).toBe("19.99");
    expect(decimal(usd(-5))).toBe("-0.05");
    expect(decimal({ minor: 1200, currency: "JPY" })).toBe("1200");
    expect(decimal({ minor: 1, currency: "KWD" })).toBe("0.001");
    expect(decimal(usd(9_007_199_254_740_991))).toBe("90071992547409.91");
  });

  it("formats as people read it", () => {
    expect(formatMoney(usd(1999), { locale: "en-US" })).toBe("$19.99");
    expect(formatMoney(usd(-400), { locale: "en-US" })).toBe("−$4.00");
    expect(formatMoney(usd(400), { locale: "en-US", sign: true })).toBe("+$4.00");
    expect(formatMoney(usd(2000), { locale: "en-US", cents: "auto" })).toBe("$20");
    expect(formatMoney(usd(2050), { locale: "en-US", cents: "auto" })).toBe("$20.50");
    expect(formatMoney({ minor: 1200, currency: "JPY" }, { locale: "en-US" })).toBe("¥1,200");
    expect(formatMoney(usd(9_007_199_254_740_991), { locale: "en-US" })).toBe("$90,071,992,547,409.91");
  });

  it("rounds basis points half away from zero", () => {
    expect(basisPointsOf(3332, 4000)).toBe(1333);
    expect(basisPointsOf(1, 5000)).toBe(1);
    expect(basisPointsOf(-1, 5000)).toBe(-1);
    expect(basisPointsOf(1, 4999)).toBe(0);
  });

  it("never promises more per cent off than there is", () => {
    expect(percentOff(usd(3332), usd(1999))).toBe(40);
    expect(percentOff(usd(1000), usd(601))).toBe(39);
    expect(percentOff(usd(1000), usd(1000))).toBe(0);
    expect(percentOff(usd(0), usd(0))).toBe(0);
  });

  it("refuses to mix currencies", () => {
    expect(() => subtract(usd(1), { minor: 1, currency: "EUR" })).toThrow(RangeError);
  });
});
