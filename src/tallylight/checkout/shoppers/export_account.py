"""Everything that a shop keeps about a shopper, as data (Regulation (EU) 2016/679, Art. 15 and 20)."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.fulfilment.advance import FulfilmentState
from tallylight.checkout.models import customer_order, quote_of_order
from tallylight.checkout.queries import lines_of_orders
from tallylight.checkout.receipt import buyer_hash
from tallylight.checkout.refunds.schemas import Standing
from tallylight.checkout.schemas import Address, OrderState
from tallylight.checkout.shoppers.addresses import SavedAddress, addresses_of
from tallylight.checkout.shoppers.models import shopper, shopper_session
from tallylight.checkout.shoppers.orders import own_order_ids
from tallylight.checkout.shoppers.sessions import Shopper
from tallylight.deals import Quote
from tallylight.deals.follow_shop import followed_since
from tallylight.foundation.money import Money

ORDERS_MAX = 2_000
"""The newest."""


class ExportedOrder(msgspec.Struct, frozen=True):
    id: UUID
    number: str
    placed_us: int
    state: OrderState
    buyer_name: str
    buyer_email: str
    address: Address
    quote: Quote
    standing: Standing | None
    refunded: Money | None
    fulfilment: FulfilmentState | None


class ExportedAccount(msgspec.Struct, frozen=True):
    """Wall times in microseconds since 1970. ``orders_left_out``: whether there are more than ORDERS_MAX."""

    email: str
    created_us: int
    exported_us: int
    signed_in_us: list[int]
    follows_shop_since_us: int | None
    addresses: list[SavedAddress]
    orders: list[ExportedOrder]
    orders_left_out: bool


async def export_account(connection: AsyncConnection, who: Shopper, *, now_us: int) -> ExportedAccount:
    """The account and its orders, the newest first."""
    ids = [row.order_id for row in await connection.execute(own_order_ids(who, None, ORDERS_MAX + 1))]
    rows = (
        await connection.execute(
            sa.select(customer_order, quote_of_order)
            .where(customer_order.c.id.in_(ids[:ORDERS_MAX]))
            .order_by(customer_order.c.number.desc())
        )
    ).all()
    lines = await lines_of_orders(connection, rows)
    orders = [
        ExportedOrder(
            row.id, str(row.number), row.placed_us, row.state, row.buyer_name, row.buyer_email,
            msgspec.convert(row.address, Address), msgspec.convert(row.quote, Quote),
            line.standing, line.refunded, line.fulfilment,
        )
        for row, line in zip(rows, lines, strict=True)
    ]  # fmt: skip
    created = sa.select(shopper.c.created_us).where(shopper.c.id == who.id)
    opened = (
        sa.select(shopper_session.c.opened_us)
        .where(shopper_session.c.shopper_id == who.id)
        .order_by(shopper_session.c.opened_us)
    )
    return ExportedAccount(
        email=who.email,
        created_us=(await connection.execute(created)).scalar_one(),
        exported_us=now_us,
        signed_in_us=list((await connection.execute(opened)).scalars()),
        follows_shop_since_us=await followed_since(connection, who.shop_id, buyer_hash(who.shop_id, who.email)),
        addresses=await addresses_of(connection, who.id),
        orders=orders,
        orders_left_out=len(ids) > ORDERS_MAX,
    )
