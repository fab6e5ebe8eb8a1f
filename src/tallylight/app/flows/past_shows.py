"""What became of a shop's broadcasts: who watched, and what they bought."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.models import broadcast_audience
from tallylight.checkout.models import customer_order
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import BASIS_POINTS, Money
from tallylight.shows.models import broadcast, show

AFTERWARDS_US = 600 * MICROSECONDS
"""An order that is placed this long after the end still counts as sold by the broadcast: the delay and a full bag."""
PAST_SHOWS_MAX = 200


class PastShow(msgspec.Struct, frozen=True):
    """A broadcast that is over and was counted. ``viewers``: different ones, within 2 % or so; ``peak``: the most at
    once; ``watched_s``: all of them together; ``by_minute``: the most at once. ``orders``: paid ones that were placed
    from its first picture until ten minutes after its last, refunded ones too; ``revenue``: what was paid for them.
    ``conversion_bps``: orders of 10,000 viewers; None without viewers.
    """

    broadcast_id: UUID
    show_id: UUID
    title: str
    host_name: str
    started_us: int
    duration_s: int
    viewers: int
    peak: int
    average: int
    watched_s: int
    average_watch_s: int
    by_minute: list[int]
    orders: int
    revenue: Money
    conversion_bps: int | None


async def past_shows(
    connection: AsyncConnection, shop_id: ShopId, currency: str, limit: int = PAST_SHOWS_MAX
) -> list[PastShow]:
    """The newest first."""
    sold = (
        sa.select(sa.func.count().label("orders"), sa.func.coalesce(sa.func.sum(_paid.total_minor), 0).label("revenue"))
        .where(
            _paid.show_id == broadcast.c.show_id,
            _paid.state == "paid",
            _paid.placed_us.between(broadcast.c.started_us, broadcast.c.ended_us + AFTERWARDS_US),
        )
        .lateral()
    )
    rows = await connection.execute(
        sa.select(broadcast, show.c.title, show.c.host_name, broadcast_audience, sold.c.orders, sold.c.revenue)
        .join(broadcast_audience, broadcast_audience.c.broadcast_id == broadcast.c.id)
        .join(show, show.c.id == broadcast.c.show_id)
        .join(sold, sa.true())
        .where(show.c.shop_id == shop_id, broadcast.c.ended_us.is_not(None))
        .order_by(broadcast.c.started_us.desc())
        .limit(limit)
    )
    return [_past_show(row, currency) for row in rows]


_paid = customer_order.c


def _past_show(row: sa.Row[tuple[object, ...]], currency: str) -> PastShow:
    duration_us = max(1, row.ended_us - row.started_us)
    return PastShow(
        broadcast_id=row.id,
        show_id=row.show_id,
        title=row.title,
        host_name=row.host_name,
        started_us=row.started_us,
        duration_s=duration_us // MICROSECONDS,
        viewers=row.viewers,
        peak=row.peak,
        average=round(row.watched_us / duration_us),
        watched_s=row.watched_us // MICROSECONDS,
        average_watch_s=row.watched_us // MICROSECONDS // row.viewers if row.viewers else 0,
        by_minute=list(row.by_minute),
        orders=row.orders,
        revenue=Money(int(row.revenue), currency),
        conversion_bps=round(BASIS_POINTS * row.orders / row.viewers) if row.viewers else None,
    )
