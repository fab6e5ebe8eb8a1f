"""One product as finance and producers look at it: prices and what may be struck through, cost, tax class."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.price_history import VariantPrices, price_history
from tallylight.catalogue.models import product, variant
from tallylight.catalogue.queries import products_by_id
from tallylight.catalogue.schemas import Variant
from tallylight.deals.errors import ReferencePriceError
from tallylight.deals.models import deal
from tallylight.deals.opening import check_reference
from tallylight.deals.reference_price import Announced, reference_prices
from tallylight.deals.tax.models import tax_rate
from tallylight.deals.types import DealState
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ProductId, ShopId
from tallylight.foundation.money import Money

REGIONS = ("eu", "uk", "us", "cn")
DAY_S = 86_400
DEALS_MAX = 20


class VariantCost(msgspec.Struct, frozen=True):
    """``cost`` None: nobody has said."""

    variant_id: UUID
    cost: Money | None


class Struck(msgspec.Struct, frozen=True):
    """Whether, under a region's rule, a reduction of the variant that begins now and lasts a day may be announced as
    down from its list price. ``problem`` None: it may.
    """

    variant_id: UUID
    region: str
    problem: str | None


class WaitingDeal(msgspec.Struct, frozen=True):
    """A deal on the product that has not been open. ``problem``: why the price that it comes down from is not genuine
    at ``opens_us``, or now where it has no time yet; None: it is.
    """

    id: UUID
    title: str
    state: DealState
    market: str
    opens_us: int | None
    problem: str | None


class ProductView(msgspec.Struct, frozen=True):
    """``tax_classes``: those that the shop has rates for, and the product's own."""

    id: UUID
    title: str
    tax_class: str
    tax_classes: list[str]
    variants: list[Variant]
    prices: list[VariantPrices]
    costs: list[VariantCost]
    struck: list[Struck]
    deals: list[WaitingDeal]
    now_us: int


async def product_view(connection: AsyncConnection, shop_id: ShopId, product_id: UUID, *, now_us: int) -> ProductView:
    """Raises NotFoundError for another shop's product."""
    row = (
        await connection.execute(sa.select(product).where(product.c.id == product_id, product.c.shop_id == shop_id))
    ).one_or_none()
    if row is None:
        raise NotFoundError("there is no such product in this shop")
    costs = await connection.execute(
        sa.select(variant.c.id, variant.c.currency, variant.c.unit_cost_minor)
        .where(variant.c.product_id == product_id)
        .order_by(variant.c.position)
    )
    classes = await connection.scalars(sa.select(tax_rate.c.tax_class).distinct().where(tax_rate.c.shop_id == shop_id))
    return ProductView(
        id=product_id,
        title=row.title,
        tax_class=row.tax_class,
        tax_classes=sorted({"standard", row.tax_class, *classes}),
        variants=(await products_by_id(connection, [ProductId(product_id)]))[0].variants,
        prices=await price_history(connection, shop_id, product_id, now_us=now_us),
        costs=[
            VariantCost(each.id, None if each.unit_cost_minor is None else Money(each.unit_cost_minor, each.currency))
            for each in costs
        ],
        struck=await _struck(connection, shop_id, product_id, now_us),
        deals=await _deals(connection, shop_id, product_id, now_us),
        now_us=now_us,
    )


async def _struck(connection: AsyncConnection, shop_id: ShopId, product_id: UUID, now_us: int) -> list[Struck]:
    """What the rule that opening a deal is held to says of the smallest reduction."""
    found: list[Struck] = []
    for region in REGIONS:
        least = Announced(
            title="a reduction", form="campaign", kind="amount", figure=1, product_ids=[product_id], market=region,
            opens_us=now_us, duration_s=DAY_S, announces=True,
        )  # fmt: skip
        told = await reference_prices(connection, shop_id, least)
        found += [Struck(each.variant_id, region, each.problem) for each in told]
    return found


async def _deals(connection: AsyncConnection, shop_id: ShopId, product_id: UUID, now_us: int) -> list[WaitingDeal]:
    rows = await connection.execute(
        sa.select(deal)
        .where(
            deal.c.shop_id == shop_id,
            deal.c.state.in_(["draft", "agreed", "scheduled"]),
            sa.or_(deal.c.product_ids.contains([product_id]), deal.c.product_ids == []),
        )
        .order_by(deal.c.id.desc())
        .limit(DEALS_MAX)
    )
    found = []
    for row in rows.all():
        problem = None
        try:
            await check_reference(connection, row, row.opens_us or now_us)
        except ReferencePriceError as error:
            problem = str(error)
        found.append(WaitingDeal(row.id, row.title, row.state, row.market, row.opens_us, problem))
    return found
