"""What really came of a plan's shows, by day: orders and discounts as sold, margin as the ledger has it."""

from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.checkout.funded_parts import FUNDED_PARTS, PART
from tallylight.checkout.models import customer_order, order_funding, order_line
from tallylight.checkout.refunds.models import order_refund
from tallylight.deals.models import funder
from tallylight.deals.planner.types import Plan
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId
from tallylight.ledger.models import account, entry, party, transfer

_DAY_US = 86_400 * MICROSECONDS
_EARNINGS = (
    "subtotal", "seller_discount", "shipping", "tax_included", "affiliate_commission", "affiliate_ads_commission",
    "referral_fee", "transaction_fee", "co_funded_service_fee", "flash_sale_service_fee",
    "refund_administration_fee",
)  # fmt: skip
"""The brand's accounts that make up its margin: what it earned and what that cost it."""


class LiveDay(msgspec.Struct, frozen=True):
    """A day (UTC), minor units. ``discounts``: by party of the funder, as sold. ``margin``: docs/algorithms/planner.md;
    ``uncosted``: pieces whose unit cost the plan does not know, which count as free.
    """

    day: str
    orders: int
    revenue: int
    margin: int
    discounts: dict[str, int]
    uncosted: int


class LiveResult(msgspec.Struct, frozen=True):
    """``shows``: how many of the plan's are tied to real ones."""

    shows: int
    days: list[LiveDay]


async def live_result(connection: AsyncConnection, shop_id: ShopId, plan: Plan) -> LiveResult:
    """The paid orders of the shows that the plan is tied to."""
    shows = {each.show_id for each in plan.shows if each.show_id is not None}
    days: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if shows:
        await _add_orders(connection, shop_id, plan, shows, days)
        await _add_discounts(connection, shop_id, shows, days)
        await _add_earnings(connection, shop_id, shows, days)
        await _add_goods(connection, shop_id, plan, shows, days)
        for each in plan.shows:
            if each.show_id is not None:
                days[each.starts_us // _DAY_US]["margin"] -= each.fixed_cost_minor
    return LiveResult(len(shows), [_day(day, sums) for day, sums in sorted(days.items())])


def _day(day: int, sums: dict[str, int]) -> LiveDay:
    discounts = {name[9:]: minor for name, minor in sorted(sums.items()) if name.startswith("discount:")}
    name = datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()
    return LiveDay(name, sums["orders"], sums["revenue"], sums["margin"], discounts, sums["uncosted"])


def _of(shop_id: ShopId, shows: set[UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(
        customer_order.c.shop_id == shop_id, customer_order.c.show_id.in_(shows), customer_order.c.state == "paid"
    )


async def _add_orders(
    connection: AsyncConnection, shop_id: ShopId, plan: Plan, shows: set[UUID], days: dict[int, dict[str, int]]
) -> None:
    sending = plan.shipping_cost_minor
    if sending is None:
        sending = (await catalogue.terms_of_shop(connection, shop_id)).shipping_fee_minor
    rows = await connection.execute(
        sa.select(
            customer_order.c.placed_us.op("/")(_DAY_US).label("sold_on"),
            sa.func.count().label("orders"),
            sa.func.sum(customer_order.c.total_minor).label("revenue"),
        )
        .where(_of(shop_id, shows))
        .group_by("sold_on")
    )
    for row in rows:
        days[row.sold_on]["orders"] += row.orders
        days[row.sold_on]["revenue"] += int(row.revenue)
        # Sending it costs what the plan says; what customers were asked for it is in the ledger.
        days[row.sold_on]["margin"] -= row.orders * sending


async def _add_discounts(
    connection: AsyncConnection, shop_id: ShopId, shows: set[UUID], days: dict[int, dict[str, int]]
) -> None:
    rows = await connection.execute(
        sa.select(
            customer_order.c.placed_us.op("/")(_DAY_US).label("sold_on"),
            funder.c.party_kind,
            funder.c.name,
            sa.func.sum(PART.c.amount_minor).label("minor"),
        )
        .select_from(FUNDED_PARTS)
        .join(customer_order, customer_order.c.id == order_funding.c.order_id)
        .where(_of(shop_id, shows))
        .group_by("sold_on", funder.c.party_kind, funder.c.name)
    )
    for row in rows:
        days[row.sold_on][f"discount:{row.party_kind} {row.name}"] += int(row.minor)


async def _add_earnings(
    connection: AsyncConnection, shop_id: ShopId, shows: set[UUID], days: dict[int, dict[str, int]]
) -> None:
    """Everything posted for the orders, refunds too, on the day the order was placed: credits earn, debits cost."""
    rows = await connection.execute(
        sa.select(
            customer_order.c.placed_us.op("/")(_DAY_US).label("sold_on"),
            sa.func.sum(-entry.c.amount_minor).label("minor"),
        )
        .select_from(customer_order)
        .join(transfer, transfer.c.order_id == customer_order.c.id)
        .join(entry, entry.c.transfer_id == transfer.c.id)
        .join(account, account.c.id == entry.c.account_id)
        .join(party, party.c.id == account.c.party_id)
        .where(_of(shop_id, shows), party.c.kind == "brand", account.c.purpose.in_(_EARNINGS))
        .group_by("sold_on")
    )
    for row in rows:
        days[row.sold_on]["margin"] += int(row.minor)


async def _add_goods(
    connection: AsyncConnection, shop_id: ShopId, plan: Plan, shows: set[UUID], days: dict[int, dict[str, int]]
) -> None:
    """What the pieces cost. Orders with a refund of all their goods gave theirs back."""
    costs = {each.variant_id: each.cost_minor for each in plan.unit_costs}
    whole = (
        sa.select(order_refund.c.order_id)
        .group_by(order_refund.c.order_id)
        .having(
            sa.func.sum(order_refund.c.list_minor)
            >= sa.select(sa.func.sum(order_line.c.unit_list_minor * order_line.c.quantity))
            .where(order_line.c.order_id == order_refund.c.order_id)
            .scalar_subquery()
        )
    )
    rows = await connection.execute(
        sa.select(
            customer_order.c.placed_us.op("/")(_DAY_US).label("sold_on"),
            order_line.c.variant_id,
            sa.func.sum(order_line.c.quantity).label("pieces"),
        )
        .join(order_line, order_line.c.order_id == customer_order.c.id)
        .where(_of(shop_id, shows), customer_order.c.id.not_in(whole))
        .group_by("sold_on", order_line.c.variant_id)
    )
    for row in rows:
        if row.variant_id in costs:
            days[row.sold_on]["margin"] -= int(row.pieces) * costs[row.variant_id]
        else:
            days[row.sold_on]["uncosted"] += int(row.pieces)
