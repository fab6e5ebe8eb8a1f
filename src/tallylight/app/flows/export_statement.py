"""A closed statement as CSV: its lines, then every entry with its order and its moment of video."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.closed_statements.read import ClosedStatement, Item, closed_statement, statement_items
from tallylight.ledger.csv_text import csv_text
from tallylight.ledger.queries import iso_time
from tallylight.shows.models import show

HEAD = (
    "statement", "party", "line", "section", "amount", "currency", "order", "time", "description", "transfer",
    "show", "programme_time_us",
)  # fmt: skip
ROWS_MAX = 1_000_000


async def statement_csv(connection: AsyncConnection, shop_id: ShopId, statement_id: UUID) -> str:
    """The statement's items, one a row; reference lines have a row each without items. Raises NotFoundError.

    The amounts of all rows whose section is not ``reference`` sum to what is payable.
    """
    found = await closed_statement(connection, shop_id, statement_id)
    items = [item async for item in statement_items(connection, statement_id)][:ROWS_MAX]
    orders = await _orders(connection, [item.order_id for item in items if item.order_id is not None])
    sections = {line.key: line.section for line in found.statement.lines}
    rows = [_item_row(found, item, sections[item.key], orders) for item in items]
    summed = {item.key for item in items}
    rows += [
        (
            found.closed.number, found.closed.party.name, line.key, line.section, line.amount.decimal(),
            line.amount.currency, None, None, line.label, None, None, None,
        )
        for line in found.statement.lines
        if line.key not in summed
    ]  # fmt: skip
    return csv_text(HEAD, rows)


def _item_row(
    found: ClosedStatement, item: Item, section: str, orders: dict[UUID, tuple[int, str]]
) -> tuple[str | int | None, ...]:
    number, slug = (None, None) if item.order_id is None else orders.get(item.order_id, (None, None))
    money = Money(item.amount_minor, found.closed.payable.currency)
    return (
        found.closed.number, found.closed.party.name, item.key, section, money.decimal(), money.currency, number,
        iso_time(item.posted_us), item.description, str(item.transfer_id), slug, item.at_us,
    )  # fmt: skip


async def _orders(connection: AsyncConnection, order_ids: Sequence[UUID]) -> dict[UUID, tuple[int, str]]:
    """By order, its number and its show."""
    rows = await connection.execute(
        sa.select(customer_order.c.id, customer_order.c.number, show.c.slug)
        .join(show, show.c.id == customer_order.c.show_id)
        .where(customer_order.c.id == sa.any_(sa.cast(list(set(order_ids)), sa.ARRAY(sa.Uuid))))
    )
    return {row.id: (row.number, row.slug) for row in rows}
