import { describe, expect, it } from "vitest";
import { ApiError } from "../lib/api";
import type { Quote } from "../lib/types";
import { buyerOf, COUNTRIES, EMPTY_FORM, explain, formOf, validate, type BuyerForm } from "./checkout_rules";

const good: BuyerForm = {
  email: "maya@example.com",
  name: "Maya Lindqvist",
  line1: "12 Orchard Lane",
  line2: "",
  city: "San Francisco",
  region: "CA",
  postal_code: "94110",
  country: "US",
};
const usd = (minor: number) => ({ minor, currency: "USD" });
const quote: Quote = { lines: [], subtotal: usd(0), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(1999), at_us: 0, shipping_reasons: [], code_problem: null };

describe("the buyer's form", () => {
  it("takes a good one", () => {
    expect(validate(good)).toEqual({});
    expect(validate({ ...good, country: "DE", region: "", postal_code: "10115" })).toEqual({});
    expect(validate({ ...good, country: "GB", region: "", postal_code: "sw1a 1aa" })).toEqual({});
    expect(validate({ ...good, country: "IE", region: "", postal_code: "D02 AF30" })).toEqual({});
  });

  it("says what is missing, field by field", () => {
    expect(Object.keys(validate(EMPTY_FORM)).sort()).toEqual(["city", "email", "line1", "name", "postal_code", "region"]);
    expect(validate({ ...good, name: "   " }).name).toBeTruthy();
  });

  it.each(["maya", "maya@", "@example.com", "maya@example", "ma ya@example.com", "maya@example..com"])(
    "refuses the address %s",
    (email) => expect(validate({ ...good, email }).email).toBeTruthy(),
  );

  it("knows postal codes by country", () => {
    expect(validate({ ...good, postal_code: "9411" }).postal_code).toContain("94110");
    expect(validate({ ...good, country: "CA", postal_code: "K1A0B1", region: "ON" })).toEqual({});
  });

  it("refuses what is too long", () => {
    expect(validate({ ...good, line2: "x".repeat(121) }).line2).toBeTruthy();
  });

  it("sends trimmed values and leaves out what is empty", () => {
    expect(buyerOf({ ...good, name: " Maya ", region: "" })).toEqual({
      email: "maya@example.com",
      name: "Maya",
      address: { line1: "12 Orchard Lane", city: "San Francisco", postal_code: "94110", country: "US" },
    });
  });

  it("comes back from what was sent", () => {
    expect(formOf(buyerOf(good))).toEqual(good);
  });

  it("offers each country once", () => {
    expect(new Set(COUNTRIES).size).toBe(COUNTRIES.length);
  });
});

describe("refusals", () => {
  it("names the new total", () => {
    const problem = explain(new ApiError(409, "price_changed", "", { total_minor: 3200 }), quote);
    expect(problem.about).toBe("price");
    expect(problem.text).toContain("32.00");
  });

  it.each(["price_changed", "sold_out", "deal_limit_reached", "buyer_limit_reached", "budget_exhausted", "payment_declined"])(
    "says for %s that nothing was charged",
    (code) => expect(explain(new ApiError(409, code, "raw"), quote).text).toContain("othing was charged"),
  );

  it("never says so when it is not known", () => {
    for (const error of [new ApiError(0, "network", ""), new ApiError(503, "http_503", ""), new ApiError(0, "timeout", "")]) {
      const problem = explain(error, quote);
      expect(problem.about).toBe("connection");
      expect(problem.text).not.toContain("othing was charged");
    }
  });

  it("passes the server's own words on for the rest", () => {
    expect(explain(new ApiError(422, "invalid", "country must be a two-letter code"), quote)).toMatchObject({
      about: "form",
      text: "country must be a two-letter code",
    });
  });
});
