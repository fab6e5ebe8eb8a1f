/** Orders, and what became of them. */

import type { Word } from "./findings";
import type { LineRequest, Money } from "./goods";
import type { Address, Quote } from "./quotes";

export type OrderRequest = {
  /** Made by the client, kept across retries of one attempt. */
  key: string;
  show_id: string;
  broadcast_id: string | null;
  lines: LineRequest[];
  at_us: number;
  expected_total: Money;
  buyer: { email: string; name: string; address: Address };
  payment: { provider: PaymentWay["provider"]; token: string };
  code: string | null;
  shipping_method: string | null;
  /** Of a buyer who follows the shop: the viewer's own id, and the voucher that applied by itself. */
  follow: { viewer_id: string; deal_id: string | null } | null;
};

export type Order = {
  id: string;
  number: string;
  state: "paid" | "payment_pending" | "declined" | "cancelled";
  placed_us: number;
  /** The programme time the buyer saw. */
  at_us: number;
  quote: Quote;
  buyer: { email: string; name: string };
  receipt_url: string;
  receipt_token: string;
  moment_url: string;
  /** While the payment is pending: whether the pieces are kept for this order. */
  kept: boolean;
  /** What others had by the time that the money was sure. The money goes back. */
  cancelled_because: LostBecause | null;
  /** Wall time until which a pending payment is waited for. */
  pay_by_us: number | null;
  /** What the buyer's bank wants of the buyer before it says yes. */
  step: PaymentStep | null;
};

export type PaymentStep = { kind: "stripe" | "test_dialog" | "test_page"; secret: string };

/** A way to pay; `publishable_key` is for Stripe's script. */
export type PaymentWay = { provider: "stripe" | "test"; publishable_key: string | null };

export type LostBecause = "sold_out" | "deal_limit_reached" | "buyer_limit_reached" | "budget_exhausted" | "deal_over" | "exchange_over";

export type RefundKind = "cancel" | "refund" | "return" | "exchange" | "chargeback";

/** Pieces of an order for others: an order of its own, got instead of what comes back. */
export type Exchange = {
  id: string;
  /** `quoted`: it was only asked about. `payment_pending`: the buyer is to pay the difference. */
  state: "quoted" | Order["state"];
  of_order_id: string;
  of_number: string;
  /** What the buyer gets, in words. */
  items: string;
  /** What was paid for what comes back. */
  worth: Money;
  total: Money;
  /** What the buyer pays; less than nothing where it goes back. */
  difference: Money;
  reason: string;
  order_id: string | null;
  number: string | null;
  pay_by_us: number | null;
  pay_url: string | null;
};

export type Refund = {
  id: string;
  kind: RefundKind;
  reason: string;
  amount: Money;
  /** Of the amount, what pays for the order that the buyer got in exchange. */
  credited: Money;
  shipping: Money;
  tax: Money;
  discount: Money;
  /** Whether the payment provider has sent the amount. */
  money: "none" | "due" | "sent" | "failed";
  problem: string | null;
  made_us: number;
  lines: { position: number; quantity: number; restocked: number; amount: Money; variant_id: string | null }[];
};

/** What an order is called once something of it was taken back. */
export type Standing = "cancelled" | "partly_refunded" | "refunded" | "disputed";

/** A payment that the buyer's bank wants back. `held`: of the amount, what is held back from the brand until its end. */
export type Dispute = {
  id: string;
  provider: string;
  reference: string;
  reason: string;
  state: "opened" | "evidence_sent" | "won" | "lost";
  amount: Money;
  held: Money;
  fee: Money | null;
  opened_us: number;
  evidence_us: number | null;
  ended_us: number | null;
  /** Until when the bank takes evidence. */
  due_us: number | null;
};

export type FulfilmentState = "waiting" | "packing" | "shipped" | "delivered" | "lost";

export type Fulfilment = { state: FulfilmentState; carrier: string | null; tracking: string | null; changed_us: number | null };

/** What was shown and said when an order was bought. `sha256` is of the document's text as it was made. */
export type OnRecord = {
  document: { transcript: { text: string; start_us: number; end_us: number }[]; clip: { from_us: number; until_us: number } | null };
  sha256: string;
  has_clip: boolean;
};

/** An order on its buyer's own page. */
export type BuyerOrder = Order & {
  standing: Standing | null;
  refunds: Refund[];
  fulfilment: Fulfilment | null;
  exchanges: Exchange[];
  /** While its buyer is to pay for an exchange. */
  address: Address | null;
};

export type OrderLine = {
  id: string;
  number: string;
  placed_us: number;
  at_us: number;
  buyer_name: string;
  items: string;
  total: Money;
  discount: Money;
  state: string;
  standing?: Standing | null;
  refunded?: Money | null;
  fulfilment?: FulfilmentState | null;
  /** Of its newest dispute. */
  dispute?: Dispute["state"] | null;
  /** Pieces in the order; without it they are counted from `items`. */
  units?: number;
};

export type TransferView = {
  id: string;
  kind: string;
  at: string;
  description: string;
  /** Debits are positive, credits negative. */
  entries: { account: string; party: string; amount: Money }[];
};

export type OrderDetail = {
  order: Order;
  transfers: TransferView[];
  moment: { show_slug: string; at_us: number; transcript: Word[] };
  funders: { party: string; name: string; amount: Money }[];
  standing: Standing | null;
  refunds: Refund[];
  /** What can still be taken back of each line. */
  left: { position: number; product_id: string; quantity: number; amount: Money }[];
  fulfilment: Fulfilment | null;
  disputes: Dispute[];
  exchanges: Exchange[];
};
