"""The facts provider of the speech process: reads catalogue, deals and shows in one consistent view."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.flows.live_facts.meant import pinned_around, products_meant
from tallylight.app.flows.live_facts.product_facts import product_facts
from tallylight.app.flows.product_names import spoken_names
from tallylight.audience.keep_item_viewers import item_viewers_at
from tallylight.catalogue.schemas import Product
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.foundation.clock import Clock, SystemClock, to_datetime
from tallylight.foundation.database import Database
from tallylight.shows import queries as shows
from tallylight.shows.paid_host import paid_host
from tallylight.shows.types import Show


class ShopFacts:
    """Raises NotFoundError for an unknown show."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def subject(self, show_id: UUID) -> ShowSubject:
        """What holds for the whole show."""
        async with self._database.reading() as connection:
            show = await shows.show_by(connection, show_id)
            products = await _products(connection, show)
            rivals = await competitors_of(connection, show.shop_id)
            paid = await paid_host(connection, show, self._clock.now_us())
        return ShowSubject(
            market=show.market,
            host_is_paid=paid.paid,
            product_names=tuple(product.title for product in products),
            brand_names=tuple(sorted({product.vendor for product in products if product.vendor})),
            competitors=tuple(rivals),
            delay_ms=show.delay_ms,
            hold_policy=show.hold_policy,
        )

    async def facts_at(self, show_id: UUID, at_us: int, spoken: str) -> Sequence[ProductFacts]:
        """Every product that ``spoken`` at programme time ``at_us`` may mean; the pinned one first."""
        async with self._database.reading() as connection:
            show = await shows.show_by(connection, show_id)
            products = await _products(connection, show)
            names = spoken_names(products)
            meant = products_meant(products, await pinned_around(connection, show.id, at_us), names, spoken)
            rivals = await competitors_of(connection, show.shop_id)
            paid = await paid_host(connection, show, at_us)
            common = LiveFacts(now=to_datetime(at_us).isoformat(), host_is_paid=paid.paid, competitors=rivals)
            return await product_facts(
                connection, show.shop_id, show.market, meant, names,
                at_us=at_us, common=common, viewers=await item_viewers_at(connection, show.id, at_us),
            )  # fmt: skip


async def _products(connection: AsyncConnection, show: Show) -> list[Product]:
    return await catalogue.products_by_id(connection, await shows.products_of(connection, show.id))
