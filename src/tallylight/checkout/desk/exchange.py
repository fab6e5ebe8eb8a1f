"""Exchanges pieces of a paid order for others, in a batch of the desk: at once when nothing more is to be paid, else as
a hold that waits for the difference.

What the buyer gets is an order of its own at today's price, sent free; what comes back pays for it as far as it goes.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from tallylight.checkout.address_rules import place_of
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.decide import Sale, check_stock
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.price_memo import Priced
from tallylight.checkout.desk.requests import ExchangeRequest, SaleRequest, ShowFact
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.desk.take_back import (
    EXCHANGING,
    REFUNDS_MAX,
    ForExchange,
    check_disputed,
    read_disputed,
    read_history,
    take_back,
)
from tallylight.checkout.errors import KeyReusedError, PriceChangedError
from tallylight.checkout.exchanges.schemas import Exchange, ExchangeView
from tallylight.checkout.exchanges.views import exchange_view
from tallylight.checkout.receipt import key_hash, receipt_token
from tallylight.checkout.refunds.left import order_left
from tallylight.checkout.refunds.plan import Pieces, share_of_pieces
from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.checkout.schemas import Address, Buyer, PaymentMeans, PlaceOrder
from tallylight.deals import RefusalCode
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.money import Money

HOLD_US = 48 * 3_600_000_000
"""How long pieces and funding are kept for a buyer who is asked to pay a difference."""

_ORDER = """
select o.*, p.provider, s.slug, (select q.quote from order_quote as q where q.id = o.quote_id) as quote
from customer_order as o join payment as p on p.order_id = o.id join show as s on s.id = o.show_id
where o.id = $1 and o.shop_id = $2 for no key update of o
"""
_KNOWN = """
select e.*, o.number, o.state, o.total_minor, o.hold_expires_us,
    (select q.quote from order_quote as q where q.id = o.quote_id) as quote
from order_exchange as e join customer_order as o on o.id = e.order_id where e.refund_id = $1
"""
_WAITS = """
select exists (select from order_exchange as e join customer_order as o on o.id = e.order_id
    where e.of_order_id = $1 and o.state = 'payment_pending')
"""
_DELETED = """
select exists (select from shopper_deletion where shop_id = $1 and buyer_hash = $2 and through_number >= $3)
"""
_INSERT = """
insert into order_exchange (order_id, of_order_id, refund_id, lines, reason, currency, worth_minor, credit_minor,
    made_us, made_by, body_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

_encode = msgspec.json.Encoder(order="deterministic").encode


class Exchanged(msgspec.Struct, frozen=True):
    """``sale``: of the new order, not yet in the batch; None when nothing is done. ``settled``: of the old one."""

    view: ExchangeView
    sale: Sale | None
    settled: Settled


async def exchange(
    connection: asyncpg.Connection, batch: Batch, memory: DeskMemory, request: ExchangeRequest, *, now_us: int
) -> Exchanged:
    """Do what ``request`` asks, say what it would come to, or repeat what its id did.

    Raises NotFoundError, ConflictError (not paid, not so much left, disputed, another exchange waits), SoldOutError,
    PriceChangedError, InvalidInputError, KeyReusedError, NotShippedError. Then nothing was changed.
    """
    asked, order_id = request.asked, request.order_id
    order = await connection.fetchrow(_ORDER, order_id, memory.shop_id)
    if order is None:
        raise NotFoundError("there is no such order")
    unchanged = Settled(order_id, order["show_id"], order["state"], changed=False)
    body_hash = hashlib.sha256(order_id.bytes + _encode(asked)).digest()
    known = await connection.fetchrow(_KNOWN, asked.id)
    if known is not None:
        if known["body_hash"] != body_hash:
            raise KeyReusedError("the id belongs to another exchange")
        return Exchanged(exchange_view(known, str(order["number"])), None, unchanged)
    worth = await _worth(connection, order, asked)
    priced = _priced(memory, order, asked, now_us)
    row = _row(request, order, priced, worth, body_hash, now_us)
    difference = row["total_minor"] - worth
    if asked.difference is None:
        quoted = msgspec.structs.replace(exchange_view(row, str(order["number"])), quote=priced.quote)
        return Exchanged(quoted, None, unchanged)
    if asked.difference != Money(difference, memory.facts.currency):
        raise PriceChangedError("the difference has changed; please confirm the new one", total_minor=difference)
    sale = _sale(memory, request, order, priced, row, now_us)
    check_stock(memory, sale.asked)
    settled = unchanged
    await connection.execute(
        _INSERT, row["order_id"], order_id, asked.id, row["lines"], row["reason"], row["currency"], worth,
        row["credit_minor"], now_us, request.made_by, body_hash,
    )  # fmt: skip
    if not sale.pending:
        taken = await take_back(
            connection, batch, memory, order_id, _return_of(asked), made_by=request.made_by, now_us=now_us,
            exchange=ForExchange(request.new_order_id, worth, row["credit_minor"]),
        )  # fmt: skip
        settled = taken.settled
    for line in asked.wanted:
        memory.available[line.variant_id] -= line.quantity
    for deal_id, use in priced.uses.items():
        memory.deals[deal_id].take(use, order["buyer_hash"], None, hold=sale.pending)
    memory.next_number += 1
    return Exchanged(exchange_view(row, str(order["number"])), sale, settled)


async def _worth(connection: asyncpg.Connection, order: Mapping[str, Any], asked: Exchange) -> int:
    """What was paid for the pieces that come back, minor units; what take_back would refuse is refused now."""
    order_id = order["id"]
    if order["state"] != "paid":
        raise ConflictError("the order is not paid; there is nothing to exchange", state=order["state"])
    deleted = await connection.fetchval(_DELETED, order["shop_id"], order["buyer_hash"], order["number"])
    if deleted or not order["buyer_email"]:
        raise ConflictError("the buyer's account was deleted, and with it where to send anything")
    if await connection.fetchval(_WAITS, order_id):
        raise ConflictError(EXCHANGING)
    if await connection.fetchval("select exists (select from order_refund where id = $1)", asked.id):
        raise KeyReusedError("the id belongs to a refund")
    history = await read_history(connection, order_id, order["quote"])
    if len(history.refunds) >= REFUNDS_MAX:
        raise ConflictError(f"an order takes at most {REFUNDS_MAX} refunds")
    left = order_left(history)
    share = share_of_pieces(left, [Pieces(line.position, line.quantity) for line in asked.lines], shipping=False)
    check_disputed(asked.id, left, share, await read_disputed(connection, order_id))
    return share.payment_minor


def _priced(memory: DeskMemory, order: Mapping[str, Any], asked: Exchange, now_us: int) -> Priced:
    """Today's price of what is wanted, without the deals that cannot bear it."""
    if any(line.variant_id not in memory.facts.variants for line in asked.wanted):
        raise InvalidInputError("the shop does not sell one of the variants", field="wanted")
    address = msgspec.json.decode(order["address"], type=Address)
    where = place_of(address.country, address.region, address.postal_code)
    refused: Mapping[UUID, RefusalCode] = {}
    while True:
        priced = memory.prices.price_sent_free(asked.wanted, now_us, without=refused, where=where)
        more, uses = memory.fit(priced.uses, order["buyer_hash"], None)
        if not more:
            return priced.borne_otherwise(uses)
        refused = {**refused, **more}


def _row(
    request: ExchangeRequest, order: Mapping[str, Any], priced: Priced, worth: int, body_hash: bytes, now_us: int
) -> dict[str, Any]:
    """The exchange as ``exchange_view`` reads it."""
    asked, total = request.asked, priced.quote.total
    pending = total.minor > worth
    state = "quoted" if asked.difference is None else "payment_pending" if pending else "paid"
    return {
        "order_id": request.new_order_id,
        "of_order_id": order["id"],
        "refund_id": asked.id,
        "lines": _encode(asked.lines).decode(),
        "reason": asked.reason.strip(),
        "currency": total.currency,
        "worth_minor": worth,
        "credit_minor": min(worth, total.minor),
        "state": state,
        "total_minor": total.minor,
        "hold_expires_us": now_us + HOLD_US if pending else None,
        "quote": _encode(priced.quote).decode(),
        "number": 0,
        "body_hash": body_hash,
    }


def _sale(
    memory: DeskMemory, request: ExchangeRequest, order: Mapping[str, Any], priced: Priced, row: dict[str, Any],
    now_us: int,
) -> Sale:  # fmt: skip
    """The new order: of the old one's buyer, show and moment, so its creator earns on it as before."""
    asked = request.asked
    address = msgspec.json.decode(order["address"], type=Address)
    placed = PlaceOrder(
        key=asked.id,
        show_id=order["show_id"],
        lines=asked.wanted,
        at_us=order["at_us"],
        expected_total=priced.quote.total,
        buyer=Buyer(order["buyer_email"], order["buyer_name"], address),
        payment=PaymentMeans(order["provider"], ""),
        broadcast_id=order["broadcast_id"],
    )
    show = ShowFact(
        order["show_id"], memory.shop_id, order["slug"], 0, order["commission_bps"], order["creator_name"], {}
    )
    pending = row["state"] == "payment_pending"
    row["number"] = memory.next_number
    return Sale(
        SaleRequest(
            request=placed,
            show=show,
            key_hash=key_hash(asked.id),
            body_hash=row["body_hash"],
            buyer_hash=order["buyer_hash"],
            order_id=request.new_order_id,
            receipt_token=receipt_token(asked.id, request.new_order_id),
            at_once=None if pending else "captured",
            answer=asyncio.get_running_loop().create_future(),
        ),
        memory.next_number,
        priced,
        priced.quote,
        priced.takes,
        priced.units,
        now_us,
        now_us,
        pending,
        credit_minor=row["credit_minor"],
        hold_expires_us=row["hold_expires_us"],
    )


def _return_of(asked: Exchange) -> TakeBack:
    return TakeBack(id=asked.id, kind="return", reason=asked.reason, lines=asked.lines)
