/** Taking orders back, and where their parcels are: the office's part of the HTTP API. */
import { call, type CallOptions } from "../../lib/api";
import { exponent } from "../../lib/money";
import type { Dispute, Exchange, Fulfilment, FulfilmentState, LineRequest, Money, OrderDetail, Refund, RefundKind } from "../../lib/types";

const part = encodeURIComponent;

/** `variant_id`: of an exchange, what the buyer gets instead. */
export type TakeBackLine = { position: number; quantity: number; restock: boolean; variant_id?: string };

/** `id`: made once an attempt and kept while it is repeated, so that it is done once. */
export type TakeBack = {
  id: string;
  kind: RefundKind;
  reason: string;
  lines?: TakeBackLine[];
  amount?: Money;
  shipping?: boolean;
};

export const postTakeBack = (orderId: string, asked: TakeBack) =>
  call<Refund>("POST", `/api/office/orders/${part(orderId)}/refunds`, asked);

/** `difference`: what staff was told that the buyer pays; without it the answer only says what that is. */
export type ExchangeRequest = { id: string; reason: string; lines: TakeBackLine[]; wanted: LineRequest[]; difference?: Money };

export const postExchange = (orderId: string, asked: ExchangeRequest, options?: CallOptions) =>
  call<Exchange>("POST", `/api/office/orders/${part(orderId)}/exchanges`, asked, options);

export const postSendAgain = (refundId: string) => call<Refund>("POST", `/api/office/refunds/${part(refundId)}/send`, {});

/** Somebody sent the bank evidence; the order's disputes then. */
export const postEvidenceSent = (disputeId: string) => call<Dispute[]>("POST", `/api/office/disputes/${part(disputeId)}/evidence`, {});

export const postRelease = (orderId: string) =>
  call<{ state: string }>("POST", `/api/office/orders/${part(orderId)}/release`, {});

export const postFulfilment = (orderId: string, step: { state: FulfilmentState; carrier?: string; tracking?: string }) =>
  call<Fulfilment>("POST", `/api/office/orders/${part(orderId)}/fulfilment`, step);

/** What a person typed as an amount, in minor units; null when it is no amount of that currency. */
export function parseAmount(text: string, currency: string): Money | null {
  const places = exponent(currency);
  const match = /^(\d{1,9})(?:[.,](\d+))?$/.exec(text.trim());
  if (!match) return null;
  const decimals = match[2] ?? "";
  if (decimals.length > places) return null;
  const minor = Number(`${match[1] ?? "0"}${decimals.padEnd(places, "0")}`);
  return minor > 0 ? { minor, currency } : null;
}

/** The kinds that make sense for an order as it is. */
export function kindsFor(detail: OrderDetail): RefundKind[] {
  const rest = detail.left.some((line) => line.quantity > 0 || line.amount.minor > 0);
  if (detail.order.state !== "paid" || !rest || waiting(detail)) return [];
  const gone = detail.fulfilment !== null && ["shipped", "delivered", "lost"].includes(detail.fulfilment.state);
  return gone ? ["return", "refund"] : ["return", "refund", "cancel"];
}

/** Whether pieces of the order can be exchanged: not while an exchange of others waits for its payment. */
export const mayExchange = (detail: OrderDetail) => detail.order.state === "paid" && waiting(detail) === undefined && detail.left.some((line) => line.quantity > 0);

/** The exchange of the order's pieces that its buyer is to pay for. */
export const waiting = (detail: OrderDetail) => detail.exchanges.find((one) => one.of_order_id === detail.order.id && one.state === "payment_pending");
