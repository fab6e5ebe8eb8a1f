"""Orders with tax and chosen shipping, through the sale desk: the books, refunds to the cent, and what is refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from tallylight.catalogue.models import product
from tallylight.checkout import Order, PlaceOrder, SaleDesk
from tallylight.checkout.refunds.schemas import RefundKind, TakeBack, TakeBackLine
from tallylight.deals.shipping.choose import NotShippedError, ShippingMethodError
from tallylight.deals.shipping.settings import set_shipping_zones
from tallylight.deals.shipping.types import RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.settings import TaxSettings, set_tax_rates, set_tax_settings
from tallylight.deals.tax.types import Place, Registration, TaxRate
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

SECOND = 1_000_000
VAT = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=190_000)
REDUCED = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=70_000, tax_class="reduced")
STATE = TaxRate(authority="US-NY", name="State sales tax", country="US", rate_ppm=40_000, region="NY")
CITY = TaxRate(authority="New York City", name="City tax", country="US", rate_ppm=45_000, region="NY", layer=2)
EXPRESS = ShippingMethod(id=uuid4(), name="Express", basis="value", steps=(RateStep(0, 995),), days_min=1, days_max=1)
STANDARD = ShippingMethod(id=uuid4(), name="Standard", basis="value", steps=(RateStep(0, 495),), days_min=2, days_max=4)
ZONES = [ShippingZone(id=uuid4(), name="Here", places=("DE", "US-NY"), methods=(STANDARD, EXPRESS))]


class Story(msgspec.Struct):
    desk: SaleDesk
    scene: Scene
    run: Runner

    async def buy(self, total: int, country: str, region: str | None = None, method: UUID | None = None) -> Order:
        return await self.desk.place(self.request(total, country, region, method))

    def request(self, total: int, country: str, region: str | None, method: UUID | None) -> PlaceOrder:
        lines = ((self.scene.serum.variants[0].id, 2), (self.scene.mug.variants[0].id, 1))
        asked = order_request(self.scene, total, *lines, email=f"{uuid4()}@example.com")
        address = msgspec.structs.replace(asked.buyer.address, country=country, region=region)
        buyer = msgspec.structs.replace(asked.buyer, address=address)
        return msgspec.structs.replace(asked, buyer=buyer, shipping_method=method)

    async def take(self, order: Order, kind: RefundKind, *lines: TakeBackLine, **more: Any) -> Any:
        asked = TakeBack(id=uuid4(), kind=kind, reason="the test wants it", lines=list(lines), **more)
        return await self.desk.take_back(self.scene.shop_id, OrderId(order.id), asked)

    async def booked(self) -> dict[tuple[str, str, str], int]:
        async with self.run.database.transaction() as connection:
            return {key: minor for key, minor in (await balances(connection, self.scene.shop_id)).items() if minor}


def selling(run: Runner, story: Callable[[Story], Awaitable[None]], *, rounding: Any = "line") -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        settings = TaxSettings(
            Place("DE"), rounding, False, [Registration("DE", included=True), Registration("US", "NY")]
        )
        async with run.database.transaction() as connection:
            await set_tax_settings(connection, scene.shop_id, settings)
            await set_tax_rates(connection, scene.shop_id, [VAT, REDUCED, STATE, CITY])
            await set_shipping_zones(connection, scene.shop_id, ZONES)
            await connection.execute(product.update().where(product.c.id == scene.mug.id).values(tax_class="reduced"))
        desk = SaleDesk(run.database, ManualClock(NOW_US + 10 * SECOND))
        await desk.start(tick_s=None)
        try:
            await story(Story(desk, scene, run))
        finally:
            await desk.stop()

    run(go())


def test_tax_within_prices_is_owed_by_the_brand_to_the_authority(run: Runner) -> None:
    async def story(s: Story) -> None:
        order = await s.buy(5093, "DE")
        assert (order.quote.tax.minor, order.quote.tax_included_minor) == (0, 543 + 79 + 58 + 8)
        booked = await s.booked()
        assert booked["brand", "tax_included", "USD"] == 688
        assert booked["tax", "tax", "USD"] == -688
        assert booked["processor", "customer_payment", "USD"] == 5093
        assert booked["brand", "subtotal", "USD"] == -6198
        assert await disagreements(run.database) == []

    selling(run, story)


def test_tax_on_top_is_paid_by_the_customer_and_each_authority_gets_its_own(run: Runner) -> None:
    async def story(s: Story) -> None:
        # State 1.36 + 0.48 and city 1.53 + 0.54 on the goods; 0.20 and 0.22 on shipping, in parts of 3.66 and 1.29.
        order = await s.buy(5093 + 184 + 207 + 20 + 22, "US", "NY")
        assert order.quote.tax == Money(433, "USD")
        by_authority: dict[str, int] = {}
        for part in order.quote.tax_parts:
            by_authority[part.authority] = by_authority.get(part.authority, 0) + part.tax.minor
        assert by_authority == {"US-NY": 204, "New York City": 229}
        assert (await s.booked())["tax", "tax", "USD"] == -433

    selling(run, story)


@pytest.mark.parametrize("rounding", ["line", "order"])
@pytest.mark.parametrize(("total", "country", "region"), [(5093, "DE", None), (5526, "US", "NY")])
def test_whatever_the_steps_refunding_everything_returns_every_account_to_zero(
    run: Runner, rounding: str, total: int, country: str, region: str | None
) -> None:
    async def story(s: Story) -> None:
        order = await s.buy(total, country, region)
        taxed = sum(part.tax.minor for part in order.quote.tax_parts)
        mug = await s.take(order, "return", TakeBackLine(2, 1))
        of_mug = sum(part.tax.minor for part in order.quote.tax_parts if part.of == 2)
        assert mug.amount.minor == 1200 + (0 if country == "DE" else of_mug)
        assert (await s.booked())["tax", "tax", "USD"] == -(taxed - of_mug)
        await s.take(order, "refund", amount=Money(333, "USD"))
        await s.take(order, "return", TakeBackLine(1, 1))
        assert await s.booked() != {}
        await s.take(order, "refund")
        assert await s.booked() == {}
        assert await disagreements(run.database) == []

    selling(run, story, rounding=rounding)


def test_the_chosen_way_of_shipping_is_charged_and_kept(run: Runner) -> None:
    async def story(s: Story) -> None:
        order = await s.buy(5093 + 500, "DE", method=EXPRESS.id)
        assert order.quote.shipping_by is not None
        assert (order.quote.shipping.minor, order.quote.shipping_by.name) == (995, "Express")
        with pytest.raises(ShippingMethodError):
            await s.buy(5093, "DE", method=uuid4())

    selling(run, story)


def test_nothing_is_sold_to_where_the_shop_does_not_ship(run: Runner) -> None:
    async def story(s: Story) -> None:
        for country, region in (("FR", None), ("US", "TX")):
            with pytest.raises(NotShippedError):
                await s.buy(5093, country, region)
        assert await s.booked() == {}

    selling(run, story)


def test_an_authority_that_the_shop_left_still_gives_its_tax_back(run: Runner) -> None:
    async def story(s: Story) -> None:
        order = await s.buy(5526, "US", "NY")
        async with run.database.transaction() as connection:
            await set_tax_rates(connection, s.scene.shop_id, [VAT])
            await set_tax_settings(connection, s.scene.shop_id, TaxSettings(Place("DE")))
        await s.take(order, "cancel")
        assert await s.booked() == {}

    selling(run, story)
