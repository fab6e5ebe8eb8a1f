"""What a warehouse is to ship: orders with their address and pieces, as data and as CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import variant
from tallylight.checkout.disputes.queries import has_open_dispute
from tallylight.checkout.fulfilment.advance import Fulfilment, FulfilmentState
from tallylight.checkout.fulfilment.models import fulfilment
from tallylight.checkout.models import customer_order, order_line, quote_of_order
from tallylight.checkout.refunds.left import History, pieces_held
from tallylight.checkout.refunds.models import order_refund, order_refund_line, order_refunded
from tallylight.checkout.schemas import Address
from tallylight.deals import Quote
from tallylight.foundation.database import row_dict
from tallylight.foundation.money import Money

PAGE_MAX = 200
_FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Leading characters that spreadsheets take for a formula (OWASP, "CSV injection")."""
CSV_ORDERS_MAX = 5_000
CSV_HEAD = (
    "order_id", "order", "placed", "state", "carrier", "tracking", "name", "email", "line1", "line2", "city",
    "postal_code", "region", "country", "sku", "product", "variant", "quantity",
)  # fmt: skip


class Parcel(msgspec.Struct, frozen=True):
    """Pieces of one variant in an order, what came back left out."""

    variant_id: UUID
    sku: str | None
    product_title: str
    variant_title: str
    quantity: int


class ToShip(msgspec.Struct, frozen=True):
    """An order as a warehouse sees it. ``placed_us``: wall time, microseconds."""

    order_id: UUID
    number: str
    placed_us: int
    name: str
    email: str
    address: Address
    parcels: list[Parcel]
    total: Money
    fulfilment: Fulfilment


class ToShipPage(msgspec.Struct, frozen=True):
    """``next``: what to pass as ``after`` for the page after; None at the end."""

    orders: list[ToShip]
    next: str | None


async def orders_to_ship(
    connection: AsyncConnection,
    shop_id: UUID,
    *,
    states: Sequence[FulfilmentState] = ("waiting", "packing"),
    after: int = 0,
    limit: int = PAGE_MAX,
) -> ToShipPage:
    """Paid orders of the shop that are in one of ``states``, the oldest first; wholly taken back ones left out, as
    are those to be shipped whose payment the buyer's bank disputes."""
    size = max(1, min(limit, CSV_ORDERS_MAX))
    at = sa.func.coalesce(fulfilment.c.state, "waiting")
    rows = (
        await connection.execute(
            sa.select(
                customer_order,
                quote_of_order,
                at.label("way"),
                fulfilment.c.carrier,
                fulfilment.c.tracking,
                fulfilment.c.changed_us,
            )
            .outerjoin(fulfilment, fulfilment.c.order_id == customer_order.c.id)
            .outerjoin(order_refunded, order_refunded.c.order_id == customer_order.c.id)
            .where(
                customer_order.c.shop_id == shop_id,
                customer_order.c.state == "paid",
                customer_order.c.number > after,
                at.in_(list(states)),
                sa.or_(order_refunded.c.standing.is_(None), order_refunded.c.standing == "partly_refunded"),
                sa.or_(at.in_(("shipped", "delivered", "lost")), ~has_open_dispute(customer_order.c.id)),
            )
            .order_by(customer_order.c.number)
            .limit(size + 1)
        )
    ).all()
    shown = rows[:size]
    parcels = await _parcels(connection, shown)
    orders = [
        ToShip(
            row.id,
            str(row.number),
            row.placed_us,
            row.buyer_name,
            row.buyer_email,
            msgspec.convert(row.address, Address),
            parcels[row.id],
            Money(row.total_minor, row.currency),
            Fulfilment(row.way, row.carrier, row.tracking, row.changed_us),
        )
        for row in shown
    ]
    return ToShipPage(orders, str(shown[-1].number) if len(rows) > size else None)


async def _parcels(connection: AsyncConnection, orders: Sequence[sa.Row[Any]]) -> dict[UUID, list[Parcel]]:
    """What the buyer of each order is to have, as exchanges and returns left it."""
    ids = [row.id for row in orders]
    lines = _by_order(
        await connection.execute(
            sa.select(order_line).where(order_line.c.order_id.in_(ids)).order_by(order_line.c.position)
        )
    )
    refunds = _by_order(
        await connection.execute(
            sa.select(order_refund).where(order_refund.c.order_id.in_(ids)).order_by(order_refund.c.nth)
        )
    )
    taken = _by_order(
        await connection.execute(
            sa.select(order_refund_line, order_refund.c.order_id)
            .join(order_refund, order_refund.c.id == order_refund_line.c.refund_id)
            .where(order_refund.c.order_id.in_(ids))
            .order_by(order_refund.c.nth)
        )
    )
    held: dict[UUID, list[tuple[dict[str, Any], dict[UUID, int]]]] = {}
    for row in orders:
        of_order = lines.get(row.id, [])
        history = History(
            msgspec.convert(row.quote, Quote), of_order, [], refunds.get(row.id, []), taken.get(row.id, []), []
        )
        held[row.id] = [(line, pieces_held(history, line["position"])) for line in of_order]
    names = await _names(connection, {each for kept in held.values() for _, pieces in kept for each in pieces})
    return {
        order_id: [
            _parcel(line, variant_id, quantity, names)
            for line, pieces in kept
            for variant_id, quantity in pieces.items()
        ]
        for order_id, kept in held.items()
    }


def _parcel(line: dict[str, Any], variant_id: UUID, quantity: int, names: dict[UUID, tuple[str | None, str]]) -> Parcel:
    sku, title = names.get(variant_id, (None, line["variant_title"]))
    return Parcel(variant_id, sku, line["product_title"], title, quantity)


async def _names(connection: AsyncConnection, variant_ids: set[UUID]) -> dict[UUID, tuple[str | None, str]]:
    rows = await connection.execute(
        sa.select(variant.c.id, variant.c.sku, variant.c.title).where(variant.c.id.in_(variant_ids))
    )
    return {row.id: (row.sku, row.title) for row in rows}


def _by_order(rows: Iterable[sa.Row[Any]]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row_dict(row))
    return found


def to_ship_csv(orders: Iterable[ToShip], iso_time: Callable[[int], str]) -> str:
    """A line a parcel; RFC 4180. What a spreadsheet would take for a formula is marked as text."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(CSV_HEAD)
    for order in orders:
        address = order.address
        for parcel in order.parcels:
            writer.writerow(
                _plain(cell)
                for cell in (
                    order.order_id, order.number, iso_time(order.placed_us), order.fulfilment.state,
                    order.fulfilment.carrier, order.fulfilment.tracking, order.name, order.email, address.line1,
                    address.line2, address.city, address.postal_code, address.region, address.country, parcel.sku,
                    parcel.product_title, parcel.variant_title, parcel.quantity,
                )
            )  # fmt: skip
    return target.getvalue()


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text
