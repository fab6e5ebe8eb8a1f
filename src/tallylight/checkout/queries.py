"""Reads of the checkout room: orders for their buyers, for staff and for finance."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.checkout.desk.events import items_in_words
from tallylight.checkout.disputes.queries import dispute_states, disputes_of_order, was_disputed
from tallylight.checkout.exchanges.queries import exchanges_of
from tallylight.checkout.fulfilment.advance import fulfilment_of, fulfilment_states
from tallylight.checkout.funded_parts import funders_of_order
from tallylight.checkout.models import customer_order, quote_of_order, receipt_link
from tallylight.checkout.receipt import receipt_hash
from tallylight.checkout.refunds.queries import left_of_order, refunded_of, refunds_of_order
from tallylight.checkout.refunds.schemas import Standing
from tallylight.checkout.schemas import (
    Address,
    BuyerOrder,
    BuyerView,
    Order,
    OrderDetail,
    OrderLine,
    OrderMoment,
    OrderPage,
    OrderTotals,
    StatementEntry,
    TranscriptWord,
)
from tallylight.deals import Quote
from tallylight.foundation.database import row_dict
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import OrderId, ShopId, ShowId
from tallylight.foundation.money import Money
from tallylight.ledger import LineEntry
from tallylight.shows.models import show

ORDER_COLUMNS = (
    "id, number, state, placed_us, at_us, priced_us, buyer_email, buyer_name, unheld, cancelled_because, "
    "hold_expires_us, (select q.quote from order_quote as q where q.id = customer_order.quote_id) as quote"
)
"""What ``order_of_row`` reads, from ``customer_order``."""

PAGE_MAX = 200


def order_of_row(row: Mapping[str, Any], show_slug: str, token: str) -> Order:
    """An order from its row; ``quote`` is JSON text or decoded. Without a token the receipt's address has none."""
    return Order(
        row["id"],
        str(row["number"]),
        row["state"],
        row["placed_us"],
        row["at_us"],
        quote_of_row(row["quote"], row["priced_us"]),
        BuyerView(row["buyer_email"], row["buyer_name"]),
        f"/receipt/{row['id']}?token={token}" if token else f"/receipt/{row['id']}",
        token,
        f"/watch/{show_slug}?t={row['at_us']}",
        not row["unheld"],
        row["cancelled_because"],
        row["hold_expires_us"],
    )


def quote_of_row(quote: object, priced_us: int) -> Quote:
    """The price that an order's buyer saw. Orders of one price are written alike: the moment is a column of its own."""
    decoded = msgspec.json.decode(quote, type=Quote) if isinstance(quote, str) else msgspec.convert(quote, Quote)
    return msgspec.structs.replace(decoded, at_us=priced_us)


async def order_by_token(connection: AsyncConnection, order_id: OrderId, token: str) -> BuyerOrder:
    """The order for whoever holds its receipt token. Raises NotFoundError for a wrong id and a wrong token alike."""
    row = await _order_row(connection, order_id)
    known = row is not None and hmac.compare_digest(row.receipt_hash, receipt_hash(token))
    if row is None or not (known or await _is_mailed(connection, order_id, token)):
        raise NotFoundError("there is no such receipt")
    order = order_of_row(row_dict(row), row.show_slug, token)
    standing, _ = (await refunded_of(connection, [order_id])).get(order_id, (None, 0))
    refunds = await refunds_of_order(connection, order_id)
    way = await fulfilment_of(connection, order_id) if row.state == "paid" else None
    exchanges = await exchanges_of(connection, order_id)
    asked = any(each.order_id == order_id and each.state == "payment_pending" for each in exchanges)
    return BuyerOrder(
        **msgspec.structs.asdict(order),
        standing=standing,
        refunds=refunds,
        fulfilment=way,
        exchanges=exchanges,
        address=msgspec.convert(row.address, Address) if asked else None,
    )


async def _is_mailed(connection: AsyncConnection, order_id: OrderId, token: str) -> bool:
    """Whether the token came in a mail about the order."""
    found = sa.select(receipt_link.c.order_id).where(receipt_link.c.token_hash == receipt_hash(token))
    return bool((await connection.execute(found)).scalar_one_or_none() == order_id)


async def shop_of_order(connection: AsyncConnection, order_id: OrderId) -> ShopId:
    """The shop that the order belongs to. Raises NotFoundError."""
    shop_id = (
        await connection.execute(sa.select(customer_order.c.shop_id).where(customer_order.c.id == order_id))
    ).scalar_one_or_none()
    if shop_id is None:
        raise NotFoundError("there is no such order")
    return ShopId(shop_id)


async def order_detail(
    connection: AsyncConnection, order_id: OrderId, *, transcript: Sequence[TranscriptWord] = ()
) -> OrderDetail:
    """The order with its transfers, its moment of video and who funded its discount. Raises NotFoundError."""
    row = await _order_row(connection, order_id)
    if row is None:
        raise NotFoundError("there is no such order")
    order = order_of_row(row_dict(row), row.show_slug, "")
    standing, _ = (await refunded_of(connection, [order_id])).get(order_id, (None, 0))
    return OrderDetail(
        order,
        await ledger.transfers_of_order(connection, order_id),
        OrderMoment(row.show_slug, row.at_us, list(transcript)),
        await funders_of_order(connection, order_id, row.currency),
        standing,
        await refunds_of_order(connection, order_id),
        await left_of_order(connection, order_id, order.quote),
        await fulfilment_of(connection, order_id) if row.state == "paid" else None,
        await disputes_of_order(connection, order_id),
        await exchanges_of(connection, order_id),
    )


async def orders_of_show(connection: AsyncConnection, show_id: ShowId, *, limit: int = 50) -> list[OrderLine]:
    """The show's newest orders, newest first."""
    rows = await connection.execute(
        sa.select(customer_order, quote_of_order)
        .where(customer_order.c.show_id == show_id)
        .order_by(customer_order.c.placed_us.desc(), customer_order.c.number.desc())
        .limit(min(limit, PAGE_MAX))
    )
    return await lines_of_orders(connection, rows.all())


async def totals_of_show(connection: AsyncConnection, show_id: ShowId, currency: str) -> OrderTotals:
    """Orders, GMV (by payment), discount and pieces of the show's paid orders."""
    row = (
        await connection.execute(
            sa.select(
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(customer_order.c.total_minor), 0),
                sa.func.coalesce(sa.func.sum(customer_order.c.discount_minor), 0),
                sa.func.coalesce(sa.func.sum(customer_order.c.units), 0),
            ).where(
                customer_order.c.show_id == show_id,
                customer_order.c.state == "paid",
                customer_order.c.currency == currency,
            )
        )
    ).one()
    return OrderTotals(row[0], Money(int(row[1]), currency), Money(int(row[2]), currency), int(row[3]))


async def orders_of_shop(
    connection: AsyncConnection, shop_id: ShopId, *, before: str | None = None, disputed: bool = False, limit: int = 50
) -> OrderPage:
    """A page of the shop's orders, newest first; ``before`` is the ``next`` of the page before. ``disputed``: only
    those whose payment a bank disputes or has disputed.
    """
    size = max(1, min(limit, PAGE_MAX))
    statement = sa.select(customer_order, quote_of_order).where(customer_order.c.shop_id == shop_id)
    if before is not None:
        if not before.isascii() or not before.isdigit() or len(before) > 18:
            raise InvalidInputError("before is not the next of an earlier page", field="before")
        statement = statement.where(customer_order.c.number < int(before))
    if disputed:
        statement = statement.where(was_disputed(customer_order.c.id))
    rows = (await connection.execute(statement.order_by(customer_order.c.number.desc()).limit(size + 1))).all()
    shown = rows[:size]
    return OrderPage(await lines_of_orders(connection, shown), str(shown[-1].number) if len(rows) > size else None)


async def statement_entries(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    key: str,
    *,
    from_us: int,
    to_us: int,
    currency: str,
) -> list[StatementEntry]:
    """What a statement line sums, each with its order and the show it was sold in. Raises NotFoundError."""
    entries = await ledger.line_entries(
        connection, shop_id, party_id, key, from_us=from_us, to_us=to_us, currency=currency
    )
    return await with_orders(connection, entries)


async def with_orders(connection: AsyncConnection, entries: Sequence[LineEntry]) -> list[StatementEntry]:
    """The entries, each with its order's number and the show it was sold in."""
    rows = await connection.execute(
        sa.select(customer_order.c.id, customer_order.c.number, show.c.slug)
        .join(show, show.c.id == customer_order.c.show_id)
        .where(customer_order.c.id.in_({each.order_id for each in entries if each.order_id is not None}))
    )
    orders = {row.id: (str(row.number), row.slug) for row in rows}
    made = []
    for each in entries:
        number, slug = orders.get(each.order_id, (None, None)) if each.order_id is not None else (None, None)
        made.append(
            StatementEntry(
                each.transfer_id, each.order_id, number, each.at, each.description, each.amount, each.at_us, slug
            )
        )
    return made


async def _order_row(connection: AsyncConnection, order_id: OrderId) -> sa.Row[Any] | None:
    return (
        await connection.execute(
            sa.select(customer_order, quote_of_order, show.c.slug.label("show_slug"))
            .join(show, show.c.id == customer_order.c.show_id)
            .where(customer_order.c.id == order_id)
        )
    ).one_or_none()


async def lines_of_orders(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[OrderLine]:
    refunded = await refunded_of(connection, [row.id for row in rows])
    ways = await fulfilment_states(connection, [row.id for row in rows])
    disputes = await dispute_states(connection, [row.id for row in rows])
    return [
        msgspec.structs.replace(
            _line(row, *refunded.get(row.id, (None, 0))), fulfilment=ways.get(row.id), dispute=disputes.get(row.id)
        )
        for row in rows
    ]


def _line(row: sa.Row[Any], standing: Standing | None, refunded_minor: int) -> OrderLine:
    quote = msgspec.convert(row.quote, Quote)
    return OrderLine(
        row.id,
        str(row.number),
        row.placed_us,
        row.at_us,
        row.buyer_name,
        items_in_words(quote),
        Money(row.total_minor, row.currency),
        Money(row.discount_minor, row.currency),
        row.state,
        standing,
        Money(refunded_minor, row.currency) if standing is not None else None,
    )
