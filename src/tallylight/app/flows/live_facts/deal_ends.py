"""Whether the end of a deal is what it was said to be: moved by opening it again, and known to come back.

A deal's end can only be brought forward, so an end that moves later is a new deal on the same goods that goes on where
the other stopped, for no more money. What comes back is known when the next deal is drafted and waits for its cue.
"""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.schemas import Product
from tallylight.deals.discount import discount_of
from tallylight.deals.facts import DealFact
from tallylight.deals.models import deal
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.types import DealKind
from tallylight.foundation.clock import MICROSECONDS, to_datetime

CONTINUED_US = 15 * MICROSECONDS
"""A deal that opens within this time after another's end goes on with it: the end was moved (CAP 3.31; CMA guidance on
urgency claims: a countdown that starts anew)."""
_LOOKED_BACK_US = 2 * 86_400 * MICROSECONDS
_DEALS_MAX = 50


class DealEnd(msgspec.Struct, frozen=True):
    """``returns_later`` None: nobody has planned it, which is not to say that it will not."""

    extended: bool
    returns_later: bool | None


class _Deal(msgspec.Struct, frozen=True):
    id: UUID
    kind: DealKind
    figure: int
    opens_us: int | None
    ends_us: int | None


async def deal_end(connection: AsyncConnection, product: Product, held: DealFact, at_us: int) -> DealEnd:
    """What is known at ``at_us`` about the end of the deal ``held`` on ``product``."""
    price = _lowest(held.kind, held.figure, product)
    others = [each for each in await _deals(connection, product, at_us) if each.id != held.deal_id]
    continued = any(
        each.ends_us is not None
        and 0 <= held.opens_us - each.ends_us <= CONTINUED_US
        and price <= _lowest(each.kind, each.figure, product)
        for each in others
    )
    planned = any(
        (each.opens_us is None or each.opens_us > at_us) and _lowest(each.kind, each.figure, product) <= price
        for each in others
    )
    return DealEnd(continued, True if planned else None)


async def _deals(connection: AsyncConnection, product: Product, at_us: int) -> list[_Deal]:
    """The product's deals of the days around ``at_us``: those that ended before it, and those that were
    planned by then.
    """
    figure = sa.func.coalesce(deal.c.price_minor, deal.c.percentage_bps, deal.c.amount_minor)
    rows = await connection.execute(
        sa.select(deal.c.id, deal.c.kind, figure, deal.c.opens_us, deal.c.ends_us)
        .where(
            sa.or_(deal.c.product_ids == [], deal.c.product_ids.contains([product.id])),
            deal.c.form.in_(PRICE_FORMS),
            sa.or_(
                sa.and_(deal.c.opens_us <= at_us, deal.c.ends_us > at_us - _LOOKED_BACK_US),
                deal.c.created_at <= to_datetime(at_us),
            ),
            sa.or_(deal.c.ends_us.is_(None), deal.c.ends_us > at_us - _LOOKED_BACK_US),
        )
        .order_by(deal.c.id.desc())
        .limit(_DEALS_MAX)
    )
    return [_Deal(*row) for row in rows]


def _lowest(kind: DealKind, figure: int, product: Product) -> int:
    """The least that a piece costs under such a deal."""
    return min(variant.price.minor - discount_of(kind, figure, variant.price.minor) for variant in product.variants)
