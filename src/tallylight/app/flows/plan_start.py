"""What a plan may begin with: the shop's products and agreements, and what its past shows say."""

from collections import Counter
from statistics import fmean, pstdev
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.past_shows import PastShow, past_shows
from tallylight.catalogue.models import product, variant
from tallylight.checkout.models import customer_order, order_line
from tallylight.checkout.refunds.models import order_refund
from tallylight.deals import NewAgreement, NewFunder, agreements_of_shop
from tallylight.deals.planner.types import Basket, BasketLine, PlannedAgreement
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import BASIS_POINTS
from tallylight.members.queries import shop_by_id
from tallylight.shows.models import show

PAST_SHOWS = 20
BASKETS = 12
VARIANTS_MAX = 1_000


class PlanVariant(msgspec.Struct, frozen=True):
    """``unit_cost_minor`` None: nobody has said."""

    variant_id: UUID
    product_id: UUID
    product_title: str
    variant_title: str
    price_minor: int
    unit_cost_minor: int | None


class PastShows(msgspec.Struct, frozen=True):
    """What the newest shows with orders say; ``watched``: the newest whose viewers were counted, from which a person
    chooses what the plan's traffic and conversion rest on.
    """

    shows: int
    orders_a_show: int
    orders_spread_bps: int
    repeat_bps: int
    return_bps: int
    baskets: list[Basket]
    watched: list[PastShow]


class PlanShow(msgspec.Struct, frozen=True):
    """A show of the shop, for a planned one to be tied to."""

    id: UUID
    title: str
    host_name: str
    commission_bps: int


class PlanStart(msgspec.Struct, frozen=True):
    """Everything a plan may be made of."""

    currency: str
    variants: list[PlanVariant]
    agreements: list[PlannedAgreement]
    shows: list[PlanShow]
    past: PastShows


async def plan_start(connection: AsyncConnection, shop_id: ShopId) -> PlanStart:
    """What there is. Raises NotFoundError for an unknown shop."""
    shop = await shop_by_id(connection, shop_id)
    rows = await connection.execute(
        sa.select(
            variant.c.id,
            product.c.id,
            product.c.title,
            variant.c.title,
            variant.c.price_minor,
            variant.c.unit_cost_minor,
        )
        .join(product, product.c.id == variant.c.product_id)
        .where(product.c.shop_id == shop_id)
        .order_by(product.c.title, variant.c.position)
        .limit(VARIANTS_MAX)
    )
    shows = await connection.execute(
        sa.select(show).where(show.c.shop_id == shop_id).order_by(show.c.created_at.desc()).limit(100)
    )
    variants = [PlanVariant(*row) for row in rows]
    return PlanStart(
        shop.currency,
        variants,
        await _agreements(connection, shop_id),
        [
            PlanShow(row.id, row.title, row.host_name, row.creator_commission_bps if row.host_is_paid else 0)
            for row in shows
        ],
        await _past(connection, shop_id, shop.currency, {each.variant_id for each in variants}),
    )


async def _agreements(connection: AsyncConnection, shop_id: ShopId) -> list[PlannedAgreement]:
    """Standing agreements as they are, with what is left of their budgets."""
    return [
        PlannedAgreement(
            each.id,
            NewAgreement(
                title=each.title,
                funders=tuple(
                    NewFunder(
                        party=funder.party,
                        name=funder.name,
                        share_bps=funder.share_bps,
                        budget_minor=_minor(funder.budget) - _minor(funder.spent) - _minor(funder.held),
                        cap_order_minor=None if funder.cap_order is None else funder.cap_order.minor,
                        cap_day_minor=None if funder.cap_day is None else funder.cap_day.minor,
                    )
                    for funder in each.funders
                ),
                from_us=each.from_us,
                until_us=each.until_us,
                product_ids=tuple(product.id for product in each.products),
                at_cap=each.at_cap,
                steps=tuple(each.steps),
            ),
        )
        for each in await agreements_of_shop(connection, shop_id)
        if each.standing and not any(funder.declined_us for funder in each.funders)
    ]


def _minor(money: Any) -> int:
    return 0 if money is None else int(money.minor)


async def _past(connection: AsyncConnection, shop_id: ShopId, currency: str, known: set[UUID]) -> PastShows:
    """What the newest PAST_SHOWS shows with paid orders say, of variants that are ``known``."""
    orders = customer_order
    newest = (
        sa.select(orders.c.show_id)
        .where(orders.c.shop_id == shop_id, orders.c.state == "paid")
        .group_by(orders.c.show_id)
        .order_by(sa.func.max(orders.c.placed_us).desc())
        .limit(PAST_SHOWS)
    )
    earlier = orders.alias("earlier")
    repeats = sa.exists().where(
        earlier.c.shop_id == orders.c.shop_id,
        earlier.c.buyer_hash == orders.c.buyer_hash,
        earlier.c.placed_us < orders.c.placed_us,
        earlier.c.state == "paid",
    )
    returned = sa.exists().where(order_refund.c.order_id == orders.c.id)
    rows = (
        await connection.execute(
            sa.select(
                orders.c.show_id,
                sa.func.count().label("orders"),
                sa.func.count().filter(repeats).label("repeats"),
                sa.func.count().filter(returned).label("returned"),
            )
            .where(orders.c.shop_id == shop_id, orders.c.state == "paid", orders.c.show_id.in_(newest))
            .group_by(orders.c.show_id)
        )
    ).all()
    counts = [row.orders for row in rows]
    total = max(1, sum(counts))
    mean = fmean(counts) if counts else 0.0
    return PastShows(
        len(counts),
        round(mean),
        round(BASIS_POINTS * pstdev(counts) / mean) if mean else 0,
        round(BASIS_POINTS * sum(row.repeats for row in rows) / total),
        round(BASIS_POINTS * sum(row.returned for row in rows) / total),
        await _baskets(connection, [row.show_id for row in rows], known),
        [each for each in await past_shows(connection, shop_id, currency, PAST_SHOWS) if each.viewers > 0],
    )


async def _baskets(connection: AsyncConnection, show_ids: list[UUID], known: set[UUID]) -> list[Basket]:
    """The carts that were bought most often."""
    rows = await connection.execute(
        sa.select(order_line.c.order_id, order_line.c.variant_id, sa.func.sum(order_line.c.quantity).label("quantity"))
        .join(customer_order, customer_order.c.id == order_line.c.order_id)
        .where(customer_order.c.show_id.in_(show_ids), customer_order.c.state == "paid")
        .group_by(order_line.c.order_id, order_line.c.variant_id)
        .order_by(order_line.c.order_id, order_line.c.variant_id)
        .limit(50_000)
    )
    carts: dict[UUID, list[BasketLine]] = {}
    for row in rows:
        carts.setdefault(row.order_id, []).append(BasketLine(row.variant_id, int(row.quantity)))
    counted = Counter(tuple(cart) for cart in carts.values() if all(line.variant_id in known for line in cart))
    return [Basket(cart, count) for cart, count in counted.most_common(BASKETS)]
