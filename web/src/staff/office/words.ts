/** How the books' own names are said to people. */

const ACCOUNTS: Record<string, string> = {
  customer_payment: "Customer payment",
  subtotal: "Subtotal before discount",
  seller_discount: "Seller discount",
  platform_discount: "Platform discount",
  creator_discount: "Creator co-funded discount",
  shipping: "Shipping",
  tax: "Tax",
  affiliate_commission: "Affiliate commission",
};

export const PARTIES: Record<string, string> = { brand: "Brand", platform: "Platform", creator: "Creator", supplier: "Supplier" };

export const ORDER_STATES: Record<string, string> = {
  paid: "Paid",
  payment_pending: "Payment pending",
  declined: "Declined",
  cancelled: "Cancelled",
  refunded: "Refunded",
};

/** "sales_tax_eu" → "Sales tax eu" for what has no word of its own. */
export function readable(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A bare number is said as "#17"; a number with a prefix of its own stays. */
export const orderName = (number: string) => (/^\d+$/.test(number) ? `#${number}` : number);

export const accountName = (account: string) => ACCOUNTS[account] ?? readable(account);
