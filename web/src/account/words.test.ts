import { describe, expect, it } from "vitest";
import { buyerOf } from "../shop/address_form";
import { addressLine, formOfSaved, orderState, sameAddress } from "./words";

const address = { line1: "1 Main St", line2: null, city: "Reno", region: "NV", postal_code: "89501", country: "US" };

describe("an order's state", () => {
  it("says what matters most", () => {
    expect(orderState({ state: "paid", standing: null, fulfilment: null })).toBe("Paid");
    expect(orderState({ state: "paid", standing: null, fulfilment: "shipped" })).toBe("On its way");
    expect(orderState({ state: "paid", standing: "refunded", fulfilment: "delivered" })).toBe("Refunded");
    expect(orderState({ state: "paid", standing: "partly_refunded", fulfilment: "delivered" })).toBe("Delivered, partly refunded");
    expect(orderState({ state: "payment_pending" })).toBe("Waiting for the bank");
  });
});

describe("a saved address", () => {
  it("fits one line", () => {
    expect(addressLine(address)).toBe("1 Main St, Reno NV 89501");
  });

  it("fills the form and comes back as it was", () => {
    const form = formOfSaved({ name: "Ana", address }, "ana@x.test");
    expect(form).toMatchObject({ email: "ana@x.test", name: "Ana", line2: "", region: "NV" });
    expect(sameAddress({ name: "Ana", address }, buyerOf(form))).toBe(true);
    expect(sameAddress({ name: "Bo", address }, buyerOf(form))).toBe(false);
  });
});
