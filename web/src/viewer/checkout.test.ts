import { describe, expect, it } from "vitest";
import { ApiError } from "../lib/api";
import type { AddressRules, Quote } from "../lib/types";
import { buyerOf, COUNTRIES, EMPTY_FORM, fitted, formOf, PLAIN_RULES, validate, type BuyerForm } from "../shop/address_form";
import codes from "./buyer_codes.json";
import { explain, explainQuote, leavesOpen } from "./checkout_rules";
import { WORDS } from "./refusals";

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
const US: AddressRules = {
  country: "US",
  fields: ["line1", "city", "region", "postal_code"],
  required: ["line1", "city", "region", "postal_code"],
  region_label: "State",
  city_label: "City",
  postal_code_label: "ZIP code",
  postal_code_pattern: "^(\\d{5})(?:[ \\-](\\d{4}))?$",
  postal_code_example: "95014",
  regions: [{ code: "CA", name: "California" }],
};
const HK: AddressRules = { ...PLAIN_RULES, country: "HK", fields: ["region", "city", "line1"], required: ["line1", "region"], region_label: "Area" };
const usd = (minor: number) => ({ minor, currency: "USD" });
const quote: Quote = { lines: [], subtotal: usd(0), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(1999), at_us: 0, shipping_reasons: [], code_problem: null };

describe("the buyer's form", () => {
  it("takes a good one", () => {
    expect(validate(good, US)).toEqual({});
    expect(validate({ ...good, postal_code: "94110-1234" }, US)).toEqual({});
    expect(validate({ ...good, country: "HK", region: "Kowloon", city: "", postal_code: "" }, HK)).toEqual({});
  });

  it("says what is missing, field by field", () => {
    expect(Object.keys(validate(EMPTY_FORM, US)).sort()).toEqual(["city", "email", "line1", "name", "postal_code", "region"]);
    expect(validate({ ...good, name: "   " }, US).name).toBeTruthy();
  });

  it.each(["maya", "maya@", "@example.com", "maya@example", "ma ya@example.com", "maya@example..com"])(
    "refuses the address %s",
    (email) => expect(validate({ ...good, email }, US).email).toBeTruthy(),
  );

  it("holds post codes and regions against the country's own rules, in its words", () => {
    expect(validate({ ...good, postal_code: "9411" }, US).postal_code).toContain("95014");
    expect(validate({ ...good, postal_code: "" }, US).postal_code).toContain("ZIP code");
    expect(validate({ ...good, region: "" }, US).region).toContain("state");
  });

  it("sends nothing that the country does not ask for", () => {
    expect(fitted(good, HK)).toMatchObject({ region: "CA", city: "San Francisco", postal_code: "" });
    expect(fitted(good, { ...US, regions: [{ code: "NY", name: "New York" }] }).region).toBe("");
  });

  it("refuses what is too long", () => {
    expect(validate({ ...good, line2: "x".repeat(121) }, US).line2).toBeTruthy();
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

  it.each(Object.entries(codes))("has words of its own for %s", (code, status) => {
    for (const said of [explain, explainQuote]) {
      const problem = said(new ApiError(status, code, "raw", { field: "at_us" }), quote);
      expect(problem.title).not.toBe("That did not work");
      expect(problem.text).not.toContain("raw");
    }
  });

  it("has no words for what no server says", () => {
    expect(Object.keys(WORDS).filter((code) => !(code in codes))).toEqual([]);
  });

  it("says of a price that is missing nothing about an order", () => {
    for (const [code, status] of Object.entries(codes).filter(([, status]) => status === 429 || status >= 500)) {
      expect(explainQuote(new ApiError(status, code, ""), quote).text).not.toContain("arrived");
    }
  });

  it("takes an unknown tax as a clear no, and whatever else may have arrived as open", () => {
    expect(leavesOpen(new ApiError(503, "tax_unknown", ""))).toBe(false);
    expect(leavesOpen(new ApiError(409, "sold_out", ""))).toBe(false);
    for (const code of ["unavailable", "internal", "payment_outcome_unknown", "http_502"]) expect(leavesOpen(new ApiError(503, code, ""))).toBe(true);
  });

  it("passes on what the server says of a field that the buyer typed, and no other", () => {
    const said = (field: string) => explain(new ApiError(422, "invalid_input", "the e-mail address is not one", { field }), quote);
    expect(said("email")).toMatchObject({ about: "form", text: "The e-mail address is not one. Nothing was charged." });
    expect([said("lines").about, said("token").about, said("at_us").about]).toEqual(["stock", "payment", "other"]);
  });

  it("passes the server's own words on for the rest", () => {
    expect(explain(new ApiError(422, "invalid", "country must be a two-letter code"), quote)).toMatchObject({
      about: "form",
      text: "country must be a two-letter code",
    });
  });
});
