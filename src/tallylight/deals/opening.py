"""What has to be true before a deal is scheduled or opened: it is agreed, no other deal makes it ambiguous,
and the prices that it comes down from are genuine.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealOverlapError, DealStateError, NotAcceptedError, NotFundedError
from tallylight.deals.models import agreement, deal, funder
from tallylight.deals.priority import Scope, ambiguous
from tallylight.deals.reference_price import Announced, check_reference_prices
from tallylight.deals.types import Conditions


async def check_agreed(connection: AsyncConnection, row: sa.Row[Any]) -> None:
    """Raises DealStateError when it was opened before, NotAcceptedError naming the funders that are missing."""
    if row.state in ("open", "ended"):
        raise DealStateError(f"the deal {row.title!r} was opened before")
    missing = (
        await connection.execute(
            sa.select(funder.c.name)
            .where(funder.c.agreement_id == row.agreement_id, funder.c.accepted_us.is_(None))
            .order_by(funder.c.position)
        )
    ).scalars()
    names = ", ".join(missing)
    if names or row.state == "draft":
        raise NotAcceptedError(f"the deal cannot open: {names} must accept its funding first", missing=names)


async def check_unambiguous(connection: AsyncConnection, row: sa.Row[Any], from_us: int, until_us: int) -> None:
    """Raises DealOverlapError naming both when another deal holds within [from_us, until_us) and no rule says which of
    the two applies.
    """
    others = await connection.execute(
        sa.select(deal)
        .where(
            deal.c.shop_id == row.shop_id,
            deal.c.id != row.id,
            deal.c.form == row.form,
            deal.c.opens_us < until_us,
            deal.c.ends_us > from_us,
        )
        .order_by(deal.c.opens_us)
    )
    mine = scope_of(row)
    for other in others:
        if ambiguous(mine, scope_of(other)):
            raise DealOverlapError(
                f"{row.title!r} cannot open while {other.title!r} runs on the same product: nothing says which of the"
                " two applies; end one, move one, or give them different forms"
            )


async def check_funded(connection: AsyncConnection, row: sa.Row[Any], from_us: int, until_us: int) -> None:
    """Raises NotFundedError unless the agreement covers the deal's products for all of [from_us, until_us)."""
    found = (await connection.execute(sa.select(agreement).where(agreement.c.id == row.agreement_id))).one()
    if (found.from_us is not None and from_us < found.from_us) or (
        found.until_us is not None and until_us > found.until_us
    ):
        raise NotFundedError(
            f"{row.title!r} cannot open: the agreement {found.title!r} does not hold for all of its time;"
            " move the deal, shorten it, or agree on new dates"
        )
    products = {part.product_id for part in scope_of(row).conditions.parts} or set(row.product_ids)
    if found.product_ids and (not products or not products <= set(found.product_ids)):
        raise NotFundedError(
            f"{row.title!r} cannot open: it is for products that the agreement {found.title!r} does not fund"
        )


async def check_reference(connection: AsyncConnection, row: sa.Row[Any], opens_us: int) -> None:
    """Raises ReferencePriceError when a price that the deal is announced as down from is not genuine."""
    figure = next(each for each in (row.price_minor, row.percentage_bps, row.amount_minor) if each is not None)
    announced = Announced(
        title=row.title,
        form=row.form,
        kind=row.kind,
        figure=figure,
        product_ids=row.product_ids,
        market=row.market,
        opens_us=opens_us,
        duration_s=row.duration_s,
        announces=row.announces,
    )
    await check_reference_prices(connection, row.shop_id, announced)


def scope_of(row: sa.Row[Any]) -> Scope:
    """What the rules of priority look at."""
    return Scope(row.form, row.product_ids, msgspec.convert(row.conditions, Conditions))
