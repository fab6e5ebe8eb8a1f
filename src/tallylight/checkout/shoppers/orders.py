"""A shopper's orders: those placed with the address that the shopper has proven to read, signed in or as a guest."""

import base64
import hmac
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order, quote_of_order, receipt_link
from tallylight.checkout.queries import lines_of_orders
from tallylight.checkout.receipt import buyer_hash, receipt_hash
from tallylight.checkout.schemas import OrderPage
from tallylight.checkout.shoppers.models import buyer_order, buyer_order_progress, shopper_deletion
from tallylight.checkout.shoppers.sessions import Shopper
from tallylight.foundation.errors import InvalidInputError, NotFoundError

PAGE_SIZE = 20
TAIL_MAX = 5_000
"""Orders that are not noted yet and are looked through; some seconds of a rush."""


async def orders_of_shopper(
    connection: AsyncConnection, who: Shopper, *, before: str | None = None, limit: int = PAGE_SIZE
) -> OrderPage:
    """A page of the shopper's orders, newest first; ``before`` is the ``next`` of the page before."""
    if before is not None and (not before.isascii() or not before.isdigit() or len(before) > 18):
        raise InvalidInputError("before is not the next of an earlier page", field="before")
    ids = (await connection.execute(own_order_ids(who, None if before is None else int(before), limit + 1))).all()
    rows = await connection.execute(
        sa.select(customer_order, quote_of_order)
        .where(customer_order.c.id.in_([row.order_id for row in ids[:limit]]))
        .order_by(customer_order.c.number.desc())
    )
    lines = await lines_of_orders(connection, rows.all())
    return OrderPage(lines, str(ids[limit - 1].number) if len(ids) > limit else None)


async def require_own_order(connection: AsyncConnection, who: Shopper, order_id: UUID) -> None:
    """Raises NotFoundError for an order that is not the shopper's, as for one that does not exist."""
    row = (
        await connection.execute(
            sa.select(customer_order.c.buyer_hash).where(
                customer_order.c.id == order_id, customer_order.c.shop_id == who.shop_id
            )
        )
    ).scalar_one_or_none()
    if row != buyer_hash(who.shop_id, who.email):
        raise NotFoundError("there is no such order of yours")


async def receipt_of_own_order(connection: AsyncConnection, who: Shopper, order_id: UUID, session_token: str) -> str:
    """The address of the receipt, as the order's mails have one. Raises NotFoundError.

    It is derived from the session's secret, so that asking again makes no further link.
    """
    await require_own_order(connection, who, order_id)
    digest = hmac.digest(session_token.encode(), b"tallylight receipt" + order_id.bytes, "sha256")
    token = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    values = {"token_hash": receipt_hash(token), "order_id": order_id}
    await connection.execute(insert(receipt_link).values(values).on_conflict_do_nothing())
    return f"/receipt/{order_id}?token={token}"


def own_order_ids(who: Shopper, before: int | None, limit: int) -> sa.Select[tuple[UUID, int]]:
    """Ids and numbers: what is noted, and what was sold since."""
    mine = buyer_hash(who.shop_id, who.email)
    noted = sa.select(buyer_order.c.order_id, buyer_order.c.number).where(buyer_order.c.buyer_hash == mine)
    of_shop = customer_order.c.shop_id == who.shop_id
    # Of an account that was deleted and made again: what was before is over.
    deleted = (
        sa.select(sa.func.coalesce(sa.func.max(shopper_deletion.c.through_number), 0))
        .where(shopper_deletion.c.buyer_hash == mine)
        .scalar_subquery()
    )
    through = (
        sa.select(buyer_order_progress.c.through_number)
        .where(buyer_order_progress.c.shop_id == who.shop_id)
        .scalar_subquery()
    )
    newest = sa.select(sa.func.max(customer_order.c.number)).where(of_shop).scalar_subquery()
    fresh = sa.select(customer_order.c.id.label("order_id"), customer_order.c.number).where(
        of_shop,
        customer_order.c.number > sa.func.greatest(sa.func.coalesce(through, 0), newest - TAIL_MAX),
        customer_order.c.buyer_hash == mine,
    )
    both = sa.union_all(noted, fresh).subquery()
    statement = (
        sa.select(both.c.order_id, both.c.number)
        .where(both.c.number > deleted)
        .order_by(both.c.number.desc())
        .limit(limit)
    )
    return statement if before is None else statement.where(both.c.number < before)
