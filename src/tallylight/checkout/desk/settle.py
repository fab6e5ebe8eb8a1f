"""Settles a pending order in a batch: posts it when it was paid, gives back what it held when it was not.

An order that holds nothing yet takes what it asks for first, when its money is sure (``claim_held``).
"""

import asyncpg
import msgspec

from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.claim_held import claim
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.requests import SettleRequest
from tallylight.checkout.desk.sale_rows import add_transfers
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.desk.take_back import ForExchange, take_back
from tallylight.checkout.refunds.schemas import TakeBack, TakeBackLine
from tallylight.checkout.sale_postings import SaleFigures, taxes_of
from tallylight.deals import Quote
from tallylight.foundation.errors import TallyError

_ORDER = """
select show_id, number, state, at_us, placed_us, total_minor, discount_minor, currency, commission_bps, creator_name,
    buyer_hash, unheld, (select q.quote from order_quote as q where q.id = customer_order.quote_id) as quote
from customer_order where id = $1 and shop_id = $2 for no key update
"""
_EXCHANGE = "select * from order_exchange where order_id = $1"
_SETTLE = """
update customer_order set state = $2, hold_expires_us = null, cancelled_because = coalesce($3, cancelled_because),
    owes_back = coalesce($4, owes_back) where id = $1
"""
_FUNDING = """
select f.deal_id, f.quantity, f.code_hash, part.funder_id, part.amount_minor, u.party_id
from order_funding as f, unnest(f.funder_ids, f.amounts_minor) as part(funder_id, amount_minor)
join funder as u on u.id = part.funder_id
where f.order_id = $1 order by f.deal_id, u.position
"""


async def settle(
    connection: asyncpg.Connection, batch: Batch, memory: DeskMemory, asked: SettleRequest, *, now_us: int
) -> Settled | None:
    """Bring the order to ``asked.outcome`` unless it is there already; None when the shop has no such order."""
    order = await connection.fetchrow(_ORDER, asked.order_id, memory.shop_id)
    if order is None:
        return None
    if order["state"] != "payment_pending":
        return Settled(asked.order_id, order["show_id"], order["state"], changed=False)
    lines = await connection.fetch("select variant_id, quantity from order_line where order_id = $1", asked.order_id)
    funding = await connection.fetch(_FUNDING, asked.order_id)
    variant_ids = tuple(line["variant_id"] for line in lines)
    deal_ids = tuple({each["deal_id"] for each in funding})
    unheld = bool(order["unheld"])
    if unheld and asked.outcome in ("claimed", "paid"):
        lost = await claim(connection, batch, memory, asked.order_id, order["buyer_hash"], lines, funding)
        if lost is not None:
            return Settled(asked.order_id, order["show_id"], "cancelled", True, variant_ids, deal_ids)
    if asked.outcome == "claimed":
        return Settled(asked.order_id, order["show_id"], "payment_pending", unheld, variant_ids, deal_ids)
    returned, outcome, lost_because = None, asked.outcome, None
    exchange = await connection.fetchrow(_EXCHANGE, asked.order_id) if outcome == "paid" else None
    if exchange is not None:
        returned = await _take_in(connection, batch, memory, exchange, now_us=now_us)
        if returned is None:
            outcome, lost_because = "cancelled", "exchange_over"
    paid = outcome == "paid"
    await connection.execute(_SETTLE, asked.order_id, outcome, lost_because, True if lost_because else None)
    payment_state = {"paid": "captured", "declined": "declined", "cancelled": "voided"}[outcome]
    await connection.execute(
        "update payment set state = $2, changed_us = $3 where order_id = $1", asked.order_id, payment_state, now_us
    )
    if unheld and not paid:
        return Settled(asked.order_id, order["show_id"], outcome, True)
    for line in lines:
        quantity = line["quantity"]
        batch.count_stock(line["variant_id"], on_hand=-quantity if paid else 0, held=-quantity)
        if paid:
            batch.rows["stock_movement"].append((None, line["variant_id"], -quantity, "sale", asked.order_id, now_us))
        elif line["variant_id"] in memory.available:
            memory.available[line["variant_id"]] += quantity
    if unheld:
        funding = await connection.fetch(_FUNDING, asked.order_id)  # at a cap the claim lets others bear it
    _settle_deals(batch, memory, order["buyer_hash"], funding, paid=paid, placed_us=order["placed_us"], now_us=now_us)
    if paid:
        quote = msgspec.json.decode(order["quote"], type=Quote)
        figures = SaleFigures(
            memory.shop_id,
            asked.order_id,
            order["number"],
            order["currency"],
            quote.subtotal.minor,
            order["discount_minor"],
            quote.shipping.minor + quote.shipping_off_minor,
            taxes_of(quote),
            quote.tax_included_minor,
            order["total_minor"],
            [(each["party_id"], each["amount_minor"]) for each in funding if each["amount_minor"]],
            order["commission_bps"],
            order["creator_name"],
            order["at_us"],
            now_us,
        )
        add_transfers(batch, memory, figures)
    return Settled(asked.order_id, order["show_id"], outcome, True, variant_ids, deal_ids, returned)


async def _take_in(
    connection: asyncpg.Connection, batch: Batch, memory: DeskMemory, exchange: asyncpg.Record, *, now_us: int
) -> Settled | None:
    """Book what comes back for an order in exchange; None when it cannot come back any more, as after a chargeback."""
    lines = msgspec.json.decode(exchange["lines"], type=list[TakeBackLine])
    asked = TakeBack(id=exchange["refund_id"], kind="return", reason=exchange["reason"], lines=lines)
    booked = ForExchange(exchange["order_id"], exchange["worth_minor"], exchange["credit_minor"])
    try:
        taken = await take_back(
            connection, batch, memory, exchange["of_order_id"], asked,
            made_by=exchange["made_by"], now_us=now_us, exchange=booked,
        )  # fmt: skip
    except TallyError:
        return None
    return taken.settled


def _settle_deals(
    batch: Batch,
    memory: DeskMemory,
    buyer_hash: bytes,
    funding: list[asyncpg.Record],
    *,
    paid: bool,
    placed_us: int,
    now_us: int,
) -> None:
    today = placed_us // DAY_US == now_us // DAY_US
    for each in funding:
        amount = each["amount_minor"]
        released = 0 if paid or not today else -amount
        spent = amount if paid else 0
        batch.count_funder(each["funder_id"], spent=spent, held=-amount, today=released, day=now_us // DAY_US)
    uses = {each["deal_id"]: (each["quantity"], each["code_hash"]) for each in funding}
    for deal_id, (quantity, code_hash) in uses.items():
        batch.count_deal(deal_id, sold=quantity if paid else 0, held=-quantity)
        if not paid:
            batch.count_returned(deal_id, buyer_hash, quantity)
            if code_hash is not None:
                batch.count_returned(deal_id, code_hash, 1)
        if deal_id in memory.deals:
            parts = [each["amount_minor"] for each in funding if each["deal_id"] == deal_id]
            memory.deals[deal_id].settle(quantity, parts, buyer_hash, code_hash, paid=paid, today=today)
