"""The events of a batch: one set, however many orders are in it, within the transaction that makes them true.

Viewers (``show:``) learn what is left and how much of a deal is sold; staff (``control:``) the orders and the budgets.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from tallylight.checkout.desk.decide import Sale
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.schemas import OrderLine
from tallylight.deals import Quote
from tallylight.foundation.outbox import NewEvent

ORDER_EVENTS_MAX = 20
"""Orders of one batch that staff is told of one by one; of the rest it learns the number."""

_encode = msgspec.json.Encoder().encode


def items_in_words(quote: Quote) -> str:
    """``2 × Dew Serum (30 ml), 1 × Mug``."""
    return ", ".join(
        f"{line.quantity} × {line.product_title}"
        + ("" if line.variant_title == "Default" else f" ({line.variant_title})")
        for line in quote.lines
    )


def batch_events(memory: DeskMemory, sales: Iterable[Sale], settled: Iterable[Settled]) -> list[NewEvent]:
    """Everything that ``sales`` and ``settled`` changed, by show."""
    variants: dict[UUID, dict[UUID, None]] = {}
    deals: dict[UUID, dict[UUID, None]] = {}
    orders: dict[UUID, list[Sale]] = {}
    for sale in sales:
        show_id = sale.asked.request.show_id
        orders.setdefault(show_id, []).append(sale)
        variants.setdefault(show_id, {}).update(dict.fromkeys(line.variant_id for line in sale.quote.lines))
        deals.setdefault(show_id, {}).update(dict.fromkeys(take.deal.deal_id for take in sale.takes))
    events = []
    for each in settled:
        if each.changed:
            variants.setdefault(each.show_id, {}).update(dict.fromkeys(each.variant_ids))
            deals.setdefault(each.show_id, {}).update(dict.fromkeys(each.deal_ids))
            payload = {"id": each.order_id, "state": each.state}
            events.append(_event(f"control:{each.show_id}", "order.settled", payload))
    for show_id, variant_ids in variants.items():
        for variant_id in variant_ids:
            if variant_id in memory.available:
                payload = {
                    "variant_id": variant_id,
                    "product_id": memory.facts.variants[variant_id].product_id,
                    "available": memory.available[variant_id],
                }
                events.append(_event(f"show:{show_id}", "stock", payload))
        for deal_id in deals.get(show_id, ()):
            deal = memory.deals.get(deal_id)
            if deal is not None:
                counted = {"deal_id": deal_id, "sold": deal.sold, "held": deal.held}
                events.append(_event(f"show:{show_id}", "deal.sold", counted))
                events.append(_event(f"control:{show_id}", "deal", deal.current_view()))
    for show_id, sold in orders.items():
        channel = f"control:{show_id}"
        events += [_event(channel, "order", _order_line(sale)) for sale in sold[:ORDER_EVENTS_MAX]]
        if len(sold) > ORDER_EVENTS_MAX:
            events.append(_event(f"control:{show_id}", "orders.more", {"count": len(sold) - ORDER_EVENTS_MAX}))
    return events


def _event(channel: str, type_: str, payload: object) -> NewEvent:
    return NewEvent(channel, type_, _encode(payload).decode())


def _order_line(sale: Sale) -> OrderLine:
    request = sale.asked.request
    return OrderLine(
        sale.asked.order_id,
        str(sale.number),
        sale.placed_us,
        min(request.at_us, sale.placed_us),
        request.buyer.name.strip(),
        items_in_words(sale.quote),
        sale.quote.total,
        sale.quote.discount,
        "payment_pending" if sale.pending else "paid",
    )
