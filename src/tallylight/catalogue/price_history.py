"""What the price history says of a moment: the prices that held, and what they came down from.

Directive 98/6/EC article 6a: a reduction is announced from the lowest price of the 30 days *before* it, so the window
ends where the reduction begins, not where somebody speaks of it. 16 CFR 233.1: a former price is genuine when the goods
were openly offered at it for a reasonably substantial time, recently.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import price_change

DAY_US = 86_400_000_000
PRIOR_WINDOW_US = 30 * DAY_US


class PricePoint(msgspec.Struct, frozen=True):
    """A variant's list price, and the struck-through price beside it; minor units."""

    list_minor: int
    compare_at_minor: int | None


class Before(msgspec.Struct, frozen=True):
    """Whose price before which moment is asked for, and which reference price it has to bear out. Minor units."""

    variant_id: UUID
    until_us: int
    reference_minor: int


class PriorPrice(msgspec.Struct, frozen=True):
    """The 30 days before a moment. ``lowest_minor``: the lowest selling price that held in them.

    ``offered_us``: how long the goods were offered at the reference price or above it; ``known_us``: how long they
    have been on sale before the moment, at most the window.
    """

    lowest_minor: int
    offered_us: int
    known_us: int


async def prices_between(
    connection: AsyncConnection, variant_ids: Sequence[UUID], from_us: int, until_us: int
) -> dict[UUID, list[PricePoint]]:
    """Every list price of each variant that held at any time in [from_us, until_us], in order, each once."""
    columns = (price_change.c.variant_id, price_change.c.list_minor, price_change.c.compare_at_minor)
    latest_first = (price_change.c.variant_id, price_change.c.at_us.desc(), price_change.c.id.desc())
    held = await connection.execute(
        sa.select(*columns)
        .ext(distinct_on(price_change.c.variant_id))
        .where(price_change.c.variant_id.in_(variant_ids), price_change.c.at_us <= from_us)
        .order_by(*latest_first)
    )
    came = await connection.execute(
        sa.select(*columns)
        .where(
            price_change.c.variant_id.in_(variant_ids),
            price_change.c.at_us > from_us,
            price_change.c.at_us <= until_us,
        )
        .order_by(price_change.c.at_us, price_change.c.id)
    )
    found: dict[UUID, list[PricePoint]] = defaultdict(list)
    for row in [*held, *came]:
        point = PricePoint(row.list_minor, row.compare_at_minor)
        if point not in found[row.variant_id]:
            found[row.variant_id].append(point)
    return dict(found)


async def reductions(connection: AsyncConnection, variant_ids: Sequence[UUID], at_us: int) -> dict[UUID, int]:
    """When the list price that holds at ``at_us`` came down to where it is; variants whose last change was no reduction
    are left out. Deals open and end on their own: they are not asked here.
    """
    spans = (
        sa.select(
            price_change.c.variant_id,
            price_change.c.at_us,
            price_change.c.id,
            price_change.c.list_minor,
            sa.func.lag(price_change.c.list_minor)
            .over(partition_by=price_change.c.variant_id, order_by=(price_change.c.at_us, price_change.c.id))
            .label("before_minor"),
        )
        .where(price_change.c.variant_id.in_(variant_ids), price_change.c.at_us <= at_us)
        .subquery()
    )
    rows = await connection.execute(
        sa.select(spans.c.variant_id, spans.c.at_us, spans.c.list_minor, spans.c.before_minor)
        .ext(distinct_on(spans.c.variant_id))
        .where(spans.c.before_minor != spans.c.list_minor)
        .order_by(spans.c.variant_id, spans.c.at_us.desc(), spans.c.id.desc())
    )
    return {row.variant_id: row.at_us for row in rows if row.list_minor < row.before_minor}


_PRIOR = sa.text("""
with asked as (
    select * from unnest(:variant_ids, :until_us, :reference_minor) with ordinality
        as a(variant_id, until_us, reference_minor, nth)
), span as (
    select a.nth, a.until_us, a.until_us - :window_us as since_us, a.reference_minor, p.selling_minor,
        p.at_us as from_us,
        coalesce(lead(p.at_us) over (partition by a.nth order by p.at_us, p.id), a.until_us) as to_us
    from asked a join price_change p on p.variant_id = a.variant_id and p.at_us < a.until_us
)
select nth, min(selling_minor) filter (where to_us > since_us) as lowest_minor,
    cast(coalesce(sum(to_us - greatest(from_us, since_us))
        filter (where to_us > since_us and selling_minor >= reference_minor), 0) as bigint) as offered_us,
    max(until_us) - greatest(min(from_us), min(since_us)) as known_us
from span group by nth
""").bindparams(
    sa.bindparam("variant_ids", type_=ARRAY(sa.Uuid)),
    sa.bindparam("until_us", type_=ARRAY(sa.BigInteger)),
    sa.bindparam("reference_minor", type_=ARRAY(sa.BigInteger)),
    sa.bindparam("window_us", type_=sa.BigInteger),
)


async def prior_prices(connection: AsyncConnection, asked: Sequence[Before]) -> dict[Before, PriorPrice]:
    """The 30 days before each moment; what was not on sale before it is left out.

    The price that held when a window opened counts as one of the window.
    """
    rows = await connection.execute(
        _PRIOR,
        {
            "variant_ids": [each.variant_id for each in asked],
            "until_us": [each.until_us for each in asked],
            "reference_minor": [each.reference_minor for each in asked],
            "window_us": PRIOR_WINDOW_US,
        },
    )
    return {asked[row.nth - 1]: PriorPrice(row.lowest_minor, row.offered_us, row.known_us) for row in rows}
