"""Takes something of a paid order back, in a batch of the desk: rows, ledger, stock, deals and budgets at once."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from tallylight import ledger
from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.disputes.end_dispute import end_dispute
from tallylight.checkout.errors import KeyReusedError, SoldOutError
from tallylight.checkout.exchanges.divide import divide_refund
from tallylight.checkout.refunds.left import (
    BACK_KINDS,
    History,
    deals_of_line,
    order_left,
    pieces_held,
    standing_of,
    take_pieces,
)
from tallylight.checkout.refunds.plan import (
    OrderLeft,
    Pieces,
    Share,
    share_of_amount,
    share_of_everything,
    share_of_pieces,
)
from tallylight.checkout.refunds.schemas import RefundView, TakeBack
from tallylight.checkout.refunds.views import refund_view
from tallylight.deals import Quote
from tallylight.foundation.database import joined
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError

REFUNDS_MAX = 200
"""Refunds of one order."""

_ORDER = """
select show_id, number, state, placed_us, total_minor, currency, buyer_hash,
    (select q.quote from order_quote as q where q.id = customer_order.quote_id) as quote from customer_order
where id = $1 and shop_id = $2 for no key update
"""
_LINES = """
select position, variant_id, product_id, quantity, unit_list_minor from order_line where order_id = $1
order by position
"""
_FUNDING = """
select f.deal_id, f.funder_ids, f.amounts_minor, f.quantity, f.code_hash,
    array(select u.party_id from unnest(f.funder_ids) with ordinality as n(id, place) join funder as u on u.id = n.id
        order by n.place) as party_ids
from order_funding as f where f.order_id = $1 order by f.deal_id
"""
_REFUNDS = "select * from order_refund where order_id = $1 order by nth"
_REFUND_LINES = """
select l.* from order_refund_line as l join order_refund as r on r.id = l.refund_id where r.order_id = $1
order by r.nth, l.position
"""
_REFUND_FUNDING = """
select f.* from order_refund_funding as f join order_refund as r on r.id = f.refund_id where r.order_id = $1
"""
_DISPUTED = "select id, held_minor from order_dispute where order_id = $1 and ended_us is null"
EXCHANGING = "an exchange of this order waits for its payment; call it off first"
_EXCHANGING = """
select exists (select from order_exchange as e join customer_order as o on o.id = e.order_id
    where e.of_order_id = $1 and o.state = 'payment_pending')
"""
_SHIPPED = "select state in ('shipped', 'delivered', 'lost') from fulfilment where order_id = $1"
_INSERT = """
insert into order_refund (id, order_id, nth, kind, reason, currency, list_minor, discount_minor, shipping_minor,
    tax_minor, amount_minor, made_us, made_by, body_hash, money, next_try_us, taxes_minor, tax_bases_minor,
    credited_minor)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $12, $16, $17, $18) returning *
"""
_INSERT_LINE = """
insert into order_refund_line (refund_id, position, pieces, restocked, list_minor, deal_ids, discounts_minor,
    variant_id) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_INSERT_FUNDING = """
insert into order_refund_funding (refund_id, deal_id, funder_ids, amounts_minor) values ($1, $2, $3, $4)
"""
_COUNT = """
insert into order_refunded as r (order_id, paid_minor, refunded_minor, standing) values ($1, $2, $3, $4)
on conflict (order_id) do update
    set refunded_minor = r.refunded_minor + excluded.refunded_minor, standing = excluded.standing
"""

_encode = msgspec.json.Encoder(order="deterministic").encode


class TakenBack(msgspec.Struct, frozen=True):
    """``settled``: what the batch's events tell."""

    view: RefundView
    settled: Settled


class ForExchange(msgspec.Struct, frozen=True):
    """The return belongs to an exchange: it is ``worth_minor``, of which ``credit_minor`` pays for ``order_id``."""

    order_id: UUID
    worth_minor: int
    credit_minor: int


async def take_back(
    connection: asyncpg.Connection,
    batch: Batch,
    memory: DeskMemory,
    order_id: UUID,
    asked: TakeBack,
    *,
    made_by: UUID | None,
    now_us: int,
    exchange: ForExchange | None = None,
) -> TakenBack:
    """Do what is ``asked``, or repeat what its id did.

    Raises NotFoundError, ConflictError (not paid, not so much left, shipped already, an exchange is to be paid),
    InvalidInputError, KeyReusedError, SoldOutError (an exchange for what is not there). Then nothing was changed.
    """
    order = await connection.fetchrow(_ORDER, order_id, memory.shop_id)
    if order is None:
        raise NotFoundError("there is no such order")
    body_hash = hashlib.sha256(order_id.bytes + _encode(asked)).digest()
    history = await read_history(connection, order_id, order["quote"])
    known = next((row for row in history.refunds if row["id"] == asked.id), None)
    if known is not None:
        return _repeated(known, history, order, body_hash)
    if await connection.fetchval("select exists (select from order_refund where id = $1)", asked.id):
        raise KeyReusedError("the id belongs to a refund of another order")
    if order["state"] != "paid":
        raise ConflictError("the order is not paid; there is nothing to take back", state=order["state"])
    if asked.kind == "cancel" and await connection.fetchval(_SHIPPED, order_id):
        raise ConflictError("the order was shipped; take it back as a return")
    if len(history.refunds) >= REFUNDS_MAX and asked.kind != "chargeback":
        raise ConflictError(f"an order takes at most {REFUNDS_MAX} refunds")
    if exchange is None and asked.kind != "chargeback" and await connection.fetchval(_EXCHANGING, order_id):
        raise ConflictError(EXCHANGING)
    left = order_left(history)
    disputed = await read_disputed(connection, order_id)
    share = _share(asked, left, order["currency"])
    takes = share.payment_minor or any(line.pieces or line.list_minor for line in share.lines)
    if asked.kind != "exchange" and not takes:
        raise ConflictError("everything was taken back already")
    if exchange is not None and share.payment_minor != exchange.worth_minor:
        raise ConflictError("what comes back is not worth what it was any more")
    check_disputed(asked.id, left, share, disputed)
    restocked = _move_pieces(batch, memory, asked, history, share, order_id, now_us)
    credited = 0 if exchange is None else exchange.credit_minor
    row = await connection.fetchrow(
        _INSERT, asked.id, order_id, len(history.refunds) + 1, asked.kind, asked.reason.strip(), order["currency"],
        sum(line.list_minor for line in share.lines), sum(line.discount_minor for line in share.lines),
        share.shipping_minor, share.tax_minor, share.payment_minor, now_us, made_by, body_hash,
        "due" if share.payment_minor > credited and asked.kind != "chargeback" else "none",
        [part.tax_minor for part in share.taxes], [part.base_minor for part in share.taxes], credited,
    )  # fmt: skip
    lines = await _write_lines(connection, asked, share, restocked)
    await divide_refund(
        connection, order_id, asked.id, share.payment_minor, credited, None if exchange is None else exchange.order_id
    )
    today = order["placed_us"] // DAY_US == now_us // DAY_US
    parties = await _give_budgets_back(connection, batch, asked.id, share, history, today=today)
    _give_deals_back(batch, memory, asked, share, history, order["buyer_hash"], today=today)
    standing = order["state"]
    if asked.kind != "exchange":
        standing = standing_of([*(each["kind"] for each in history.refunds), asked.kind], last=share.last)
        await connection.execute(_COUNT, order_id, order["total_minor"], share.payment_minor, standing)
    taxes = _by_account(memory, history.quote, share)
    await _reverse_books(
        connection, asked, share, parties, taxes, order_id=order_id, number=order["number"],
        shipping_off_left=left.shipping_off_minor, now_us=now_us,
    )  # fmt: skip
    if asked.id in disputed:
        async with joined(connection) as rooms:
            await end_dispute(rooms, asked.id, "lost", now_us=now_us)
    variant_ids = tuple({variant_id for each in restocked.values() for variant_id in each})
    settled = Settled(order_id, order["show_id"], standing, True, variant_ids, tuple(share.funding))
    return TakenBack(refund_view(row, lines), settled)


async def read_disputed(connection: asyncpg.Connection, order_id: UUID) -> dict[UUID, int]:
    """What is held for each open dispute of the order, minor units."""
    return {row["id"]: row["held_minor"] for row in await connection.fetch(_DISPUTED, order_id)}


def check_disputed(refund_id: UUID, left: OrderLeft, share: Share, disputed: Mapping[UUID, int]) -> None:
    """What is held for a dispute goes back by the bank or not at all: the buyer would have it twice.

    Raises ConflictError.
    """
    held = sum(minor for dispute_id, minor in disputed.items() if dispute_id != refund_id)
    if share.payment_minor > left.payment_minor - held:
        raise ConflictError(
            "the buyer's bank disputes the payment; until it has decided, only what it does not dispute goes back",
            left_minor=left.payment_minor - held,
        )


async def read_history(connection: asyncpg.Connection, order_id: UUID, quote: str) -> History:
    """The rows of an order and of what was taken back of it."""
    return History(
        msgspec.json.decode(quote, type=Quote),
        await connection.fetch(_LINES, order_id),
        await connection.fetch(_FUNDING, order_id),
        await connection.fetch(_REFUNDS, order_id),
        await connection.fetch(_REFUND_LINES, order_id),
        await connection.fetch(_REFUND_FUNDING, order_id),
    )


def _repeated(known: Mapping[str, Any], history: History, order: Mapping[str, Any], body_hash: bytes) -> TakenBack:
    if known["body_hash"] != body_hash:
        raise KeyReusedError("the id belongs to another refund")
    lines = [line for line in history.refund_lines if line["refund_id"] == known["id"]]
    return TakenBack(
        refund_view(known, lines), Settled(known["order_id"], order["show_id"], order["state"], changed=False)
    )


def _share(asked: TakeBack, left: OrderLeft, currency: str) -> Share:
    if asked.amount is not None:
        if asked.amount.currency != currency:
            raise InvalidInputError(f"the order was paid in {currency}", field="amount")
        if asked.kind == "chargeback" and asked.amount.minor >= left.payment_minor:
            return share_of_everything(left)
        whole = asked.shipping or asked.kind == "chargeback"
        return share_of_amount(left, asked.amount.minor, shipping=whole)
    if asked.kind == "exchange":
        pieces = {line.position: line.pieces for line in left.lines}
        for line in asked.lines:
            if not 1 <= line.quantity <= pieces.get(line.position, 0):
                raise ConflictError("fewer pieces are left of this line than are to be exchanged", field="lines")
        return Share((), 0, (), {}, last=False)
    if asked.lines:
        wanted = [Pieces(line.position, line.quantity) for line in asked.lines]
        return share_of_pieces(left, wanted, shipping=asked.shipping)
    return share_of_everything(left)


def _move_pieces(
    batch: Batch,
    memory: DeskMemory,
    asked: TakeBack,
    history: History,
    share: Share,
    order_id: UUID,
    now_us: int,
) -> dict[int, dict[UUID, int]]:
    """Put what came back on the shelf, and take from it what an exchange gives. Pieces restocked, by line."""
    if asked.kind == "exchange":
        return _exchange(batch, memory, asked, history, order_id, now_us)
    if asked.kind not in BACK_KINDS:
        return {}
    kept_off = {line.position for line in asked.lines if not line.restock}
    restocked: dict[int, dict[UUID, int]] = {}
    for line in share.lines:
        if line.pieces and line.position not in kept_off:
            taken = take_pieces(pieces_held(history, line.position), line.pieces)
            restocked[line.position] = taken
            for variant_id, quantity in taken.items():
                _shelve(batch, memory, variant_id, quantity, order_id, now_us)
    return restocked


def _exchange(
    batch: Batch, memory: DeskMemory, asked: TakeBack, history: History, order_id: UUID, now_us: int
) -> dict[int, dict[UUID, int]]:
    products = {line["position"]: line["product_id"] for line in history.lines}
    wanted: dict[UUID, int] = {}
    for line in asked.lines:
        assert line.variant_id is not None
        fact = memory.facts.variants.get(line.variant_id)
        if fact is None or fact.product_id != products[line.position]:
            raise InvalidInputError("an exchange gives another variant of the same product", field="lines")
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    for variant_id, quantity in wanted.items():
        if memory.available.get(variant_id, 0) < quantity:
            raise SoldOutError("too few pieces are there to exchange", variant_id=str(variant_id))
    restocked: dict[int, dict[UUID, int]] = {}
    for line in asked.lines:
        assert line.variant_id is not None
        taken = take_pieces(pieces_held(history, line.position), line.quantity)
        if line.restock:
            restocked[line.position] = taken
            for variant_id, quantity in taken.items():
                _shelve(batch, memory, variant_id, quantity, order_id, now_us)
        batch.count_stock(line.variant_id, on_hand=-line.quantity, held=0)
        batch.rows["stock_movement"].append((None, line.variant_id, -line.quantity, "exchange", order_id, now_us))
        memory.available[line.variant_id] -= line.quantity
    return restocked


def _shelve(batch: Batch, memory: DeskMemory, variant_id: UUID, quantity: int, order_id: UUID, now_us: int) -> None:
    batch.count_stock(variant_id, on_hand=quantity, held=0)
    batch.rows["stock_movement"].append((None, variant_id, quantity, "return", order_id, now_us))
    if variant_id in memory.available:
        memory.available[variant_id] += quantity


async def _write_lines(
    connection: asyncpg.Connection, asked: TakeBack, share: Share, restocked: Mapping[int, Mapping[UUID, int]]
) -> list[dict[str, Any]]:
    """The rows of ``order_refund_line``, as ``refund_view`` reads them."""
    parts: list[tuple[int, int, int, Mapping[UUID, int], UUID | None]]
    if asked.kind == "exchange":
        parts = [(line.position, line.quantity, 0, {}, line.variant_id) for line in asked.lines]
    else:
        parts = [(line.position, line.pieces, line.list_minor, line.discounts, None) for line in share.lines]
    rows = [
        {
            "position": position,
            "pieces": pieces,
            "restocked": sum(restocked.get(position, {}).values()),
            "list_minor": list_minor,
            "deal_ids": list(discounts),
            "discounts_minor": list(discounts.values()),
            "variant_id": variant_id,
        }
        for position, pieces, list_minor, discounts, variant_id in parts
        if pieces or list_minor
    ]
    await connection.executemany(_INSERT_LINE, [(asked.id, *row.values()) for row in rows])
    return rows


async def _give_budgets_back(
    connection: asyncpg.Connection, batch: Batch, refund_id: UUID, share: Share, history: History, *, today: bool
) -> dict[UUID, int]:
    """Give each funder its part back; how much, by party."""
    funders = {row["deal_id"]: row for row in history.funding}
    parties: dict[UUID, int] = {}
    for deal_id, parts in share.funding.items():
        row = funders[deal_id]
        await connection.execute(_INSERT_FUNDING, refund_id, deal_id, row["funder_ids"], list(parts))
        for funder_id, party_id, part in zip(row["funder_ids"], row["party_ids"], parts, strict=True):
            if part:
                batch.count_funder(funder_id, spent=-part, held=0, today=-part if today else 0, day=batch.day)
                parties[party_id] = parties.get(party_id, 0) + part
    return parties


async def _reverse_books(
    connection: asyncpg.Connection,
    asked: TakeBack,
    share: Share,
    parties: Mapping[UUID, int],
    taxes: Mapping[UUID, int],
    *,
    order_id: UUID,
    number: int,
    shipping_off_left: int,
    now_us: int,
) -> None:
    """Post what goes back of the sale, and of everything that was charged on it."""
    if not share.payment_minor and not any(line.list_minor for line in share.lines):
        return
    what = "Chargeback" if asked.kind == "chargeback" else "Refund"
    reversal = ledger.OrderReversal(
        order_id=order_id,
        refund_id=asked.id,
        lines=[
            ledger.LineReversal(line.position, line.list_minor, line.discount_minor)
            for line in share.lines
            if line.list_minor
        ],
        posted_us=now_us,
        description=f"{what} on order {number}",
        kind="chargeback" if asked.kind == "chargeback" else "refund",
        shipping_minor=share.shipping_minor + share.shipping_off_minor,
        shipping_discount_minor=share.shipping_off_minor,
        shipping_discount_left_minor=shipping_off_left,
        tax_minor=share.tax_minor,
        tax_included_minor=share.tax_included_minor,
        taxes=taxes,
        funding=parties,
    )
    async with joined(connection) as rooms:
        await ledger.reverse_order(rooms, reversal)


def _by_account(memory: DeskMemory, quote: Quote, share: Share) -> dict[UUID, int]:
    """The tax that goes back, by the account of the authority that was owed it."""
    found: dict[UUID, int] = {}
    for part, taken in zip(quote.tax_parts, share.taxes, strict=False):
        if taken.tax_minor:
            account_id = memory.books.taxes[part.authority]
            found[account_id] = found.get(account_id, 0) + taken.tax_minor
    return found


def _give_deals_back(
    batch: Batch,
    memory: DeskMemory,
    asked: TakeBack,
    share: Share,
    history: History,
    buyer_hash: bytes,
    *,
    today: bool,
) -> None:
    """Give pieces that came back to their deals; memory learns of the budgets as well.

    A deal on the order as a whole, and a code, are given back with the order as a whole.
    """
    empty: Sequence[int] = ()
    for row in history.funding:
        deal_id = row["deal_id"]
        quantity, code_hash = 0, None
        if asked.kind in BACK_KINDS:
            of_deal = {
                line["position"]: line["quantity"]
                for line in history.lines
                if deal_id in deals_of_line(history.quote, line["position"])
            }
            if sum(of_deal.values()) == row["quantity"]:
                quantity = sum(line.pieces for line in share.lines if line.position in of_deal)
            elif share.last:
                quantity = row["quantity"]
            code_hash = row["code_hash"] if share.last else None
        if quantity:
            batch.count_deal(deal_id, sold=-quantity, held=0)
            batch.count_returned(deal_id, buyer_hash, quantity)
        if code_hash is not None:
            batch.count_returned(deal_id, code_hash, 1)
        if deal_id in memory.deals:
            parts = share.funding.get(deal_id, empty)
            memory.deals[deal_id].give_back(quantity, parts, buyer_hash, code_hash, today=today)
