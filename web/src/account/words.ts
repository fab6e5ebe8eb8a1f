/** How an order's state and an address are said to the one whose they are. Pure. */
import { EMPTY_FORM, type BuyerForm } from "../shop/address_form";
import type { Address, OrderLine } from "../lib/types";
import type { KeptAddress, SavedAddress } from "./api";

const STATES: Record<string, string> = {
  paid: "Paid",
  payment_pending: "Waiting for the bank",
  declined: "Payment declined, nothing charged",
  cancelled: "Cancelled",
};
const STANDINGS: Record<string, string> = {
  cancelled: "Cancelled, money back",
  refunded: "Refunded",
  partly_refunded: "Partly refunded",
  disputed: "Taken back by your bank",
};
const PARCELS: Record<string, string> = { packing: "Being packed", shipped: "On its way", delivered: "Delivered", lost: "Lost on its way; the shop knows" };

/** What matters most about an order: what was taken back, where its parcel is, whether it is paid. */
export function orderState(order: Pick<OrderLine, "state" | "standing" | "fulfilment">): string {
  if (order.standing && order.standing !== "partly_refunded") return STANDINGS[order.standing] ?? order.standing;
  if (order.state !== "paid") return STATES[order.state] ?? order.state;
  const parcel = order.fulfilment ? PARCELS[order.fulfilment] : undefined;
  const said = parcel ?? "Paid";
  return order.standing ? `${said}, partly refunded` : said;
}

/** "1 Main St, Reno NV 89501": one line, without the country. */
export function addressLine({ line1, line2, city, region, postal_code }: KeptAddress): string {
  const place = [city, region, postal_code].filter(Boolean).join(" ");
  return [line1, line2, place].filter(Boolean).join(", ");
}

/** The fields of a saved address, with the e-mail that is in the form already. */
export function formOfSaved(saved: Pick<SavedAddress, "name" | "address">, email: string): BuyerForm {
  const { line2, region, ...rest } = saved.address;
  return { ...EMPTY_FORM, ...rest, line2: line2 ?? "", region: region ?? "", name: saved.name, email };
}

type Label = { name: string; address: Address | KeptAddress };

export function sameAddress(a: Label, b: Label): boolean {
  const flat = ({ name, address: { line1, line2, city, region, postal_code, country } }: Label) =>
    [name, line1, line2 ?? "", city, region ?? "", postal_code, country].join("\n");
  return flat(a) === flat(b);
}
