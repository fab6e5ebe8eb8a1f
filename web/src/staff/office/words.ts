/** How the books' own names are said to people. */
import type { Dispute, FulfilmentState, Refund, RefundKind } from "../../lib/types";

const ACCOUNTS: Record<string, string> = {
  customer_payment: "Customer payment",
  subtotal: "Subtotal before discount",
  seller_discount: "Seller discount",
  platform_discount: "Platform discount",
  creator_discount: "Creator co-funded discount",
  shipping: "Shipping",
  tax: "Tax",
  affiliate_commission: "Affiliate commission",
  supplier_discount: "Supplier co-funded discount",
  dispute_fee: "Dispute fee",
  reserve_held: "Reserve, held",
  cash: "Bank",
};

export const PARTIES: Record<string, string> = { brand: "Brand", platform: "Platform", creator: "Creator", supplier: "Supplier" };

export const ORDER_STATES: Record<string, string> = {
  paid: "Paid",
  payment_pending: "Payment pending",
  declined: "Declined",
  cancelled: "Cancelled",
  refunded: "Refunded",
  partly_refunded: "Partly refunded",
  disputed: "Disputed",
};

export const REFUND_KINDS: Record<RefundKind, { name: string; act: string; does: string }> = {
  cancel: { name: "Cancel", act: "Cancel the order", does: "Everything goes back: money, pieces, deal and budgets." },
  refund: { name: "Refund", act: "Refund", does: "Money goes back; the buyer keeps the goods." },
  return: { name: "Return", act: "Take back", does: "The goods came back, and their money goes back." },
  exchange: { name: "Exchange", act: "Exchange", does: "Another variant for what came back; no money moves." },
  chargeback: { name: "Chargeback", act: "Book the chargeback", does: "The buyer's bank took the money back." },
};

export const DISPUTE_STATES: Record<Dispute["state"], string> = {
  opened: "Dispute opened",
  evidence_sent: "Evidence sent",
  won: "Dispute won",
  lost: "Dispute lost",
};

/** Whether the bank has not decided yet. */
export const isOpen = (dispute: Pick<Dispute, "state">) => dispute.state === "opened" || dispute.state === "evidence_sent";

export const MONEY_STATES: Record<Refund["money"], string> = {
  none: "No money to send",
  due: "The money is on its way",
  sent: "The money was sent",
  failed: "The money was not sent",
};

export const PARCEL_STATES: Record<FulfilmentState, string> = {
  waiting: "To be packed",
  packing: "Being packed",
  shipped: "Shipped",
  delivered: "Delivered",
  lost: "Lost",
};

/** "sales_tax_eu" → "Sales tax eu" for what has no word of its own. */
export function readable(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A bare number is said as "#17"; a number with a prefix of its own stays. */
export const orderName = (number: string) => (/^\d+$/.test(number) ? `#${number}` : number);

export const accountName = (account: string) => ACCOUNTS[account] ?? readable(account);
