"""A shop with a show, a product and a flash deal, ready to sell: docs/algorithms/money.md uses its figures."""

from uuid import UUID, uuid4

import msgspec

from tallylight import catalogue, deals
from tallylight.catalogue import NewProduct, NewVariant, Product
from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout import Address, Buyer, PaymentMeans, PlaceOrder
from tallylight.deals import CartLine, NewDeal, NewFunder
from tallylight.foundation.database import Database
from tallylight.foundation.ids import DealId, PersonId, ProductId, ShopId, ShowId
from tallylight.foundation.money import Money
from tests.support.shop import NOW_US, make_person, make_shop, make_show, put_in_show

FUNDERS = (
    NewFunder(party="brand", name="Fern & Co", share_bps=5000, budget_minor=1_000_000),
    NewFunder(party="platform", name="Tallylight Market", share_bps=3000, budget_minor=1_000_000),
    NewFunder(party="creator", name="Mina Park", share_bps=2000, budget_minor=1_000_000),
)

ON_SALE_SINCE_US = NOW_US - 40 * DAY_US
"""Longer than any rule on reference prices looks back."""


class Scene(msgspec.Struct):
    """``serum``: 24.99 (30 ml) and 34.99 (50 ml); ``mug``: 12.00. Shipping 4.95, free from 60.00."""

    shop_id: ShopId
    show_id: ShowId
    person_id: PersonId
    serum: Product
    mug: Product
    deal_id: DealId | None


async def make_scene(
    database: Database, *, stock: int = 50, commission_bps: int = 1000, slug: str | None = None
) -> Scene:
    """The shop, its show and its two products; no deal yet. ``slug``: to have several."""
    shop_id = await make_shop(database, slug=slug or "fern")
    show_id = await make_show(database, shop_id, commission_bps=commission_bps, slug=slug or "friday")
    person_id = await make_person(database)
    async with database.transaction() as connection:
        serum_id = await catalogue.create_product(
            connection,
            shop_id,
            NewProduct(
                handle="serum",
                title="Dew Serum",
                variants=(
                    NewVariant(title="30 ml", options={"Size": "30 ml"}, price_minor=2499, on_hand=stock),
                    NewVariant(title="50 ml", options={"Size": "50 ml"}, price_minor=3499, on_hand=stock),
                ),
            ),
            at_us=ON_SALE_SINCE_US,
        )
        mug = NewProduct(handle="mug", title="Mug", variants=(NewVariant(price_minor=1200, on_hand=stock),))
        mug_id = await catalogue.create_product(connection, shop_id, mug, at_us=ON_SALE_SINCE_US)
        await catalogue.set_shop_terms(connection, shop_id, shipping_fee_minor=495, free_shipping_over_minor=6000)
        products = await catalogue.products_by_id(connection, [serum_id, mug_id])
    await put_in_show(database, show_id, serum_id, mug_id)
    return Scene(shop_id, show_id, person_id, products[0], products[1], None)


async def open_flash_deal(
    database: Database,
    scene: Scene,
    *,
    at_us: int = NOW_US,
    amount_minor: int = 800,
    total_limit: int | None = None,
    per_buyer_limit: int | None = None,
    funders: tuple[NewFunder, ...] = FUNDERS,
    duration_s: int = 300,
    first_paid: bool | None = None,
) -> DealId:
    """A deal of 8.00 off the serum, agreed by everybody and open."""
    async with database.transaction() as connection:
        deal_id = await deals.create_deal(
            connection,
            scene.shop_id,
            NewDeal(
                product_id=ProductId(scene.serum.id),
                kind="amount",
                title="Flash deal",
                amount_minor=amount_minor,
                duration_s=duration_s,
                total_limit=total_limit,
                per_buyer_limit=per_buyer_limit,
                funders=funders,
                first_paid=first_paid,
            ),
        )
        for funder in funders:
            await deals.accept_funding(connection, deal_id, funder.party, accepted_by=scene.person_id, at_us=at_us)
        await deals.open_deal(connection, deal_id, at_us)
    scene.deal_id = deal_id
    return deal_id


def order_request(
    scene: Scene,
    total_minor: int,
    *lines: tuple[UUID, int],
    key: UUID | None = None,
    at_us: int = NOW_US,
    email: str = "ada@example.com",
    token: str = "tok_ok",
) -> PlaceOrder:
    """Somebody's order; without ``lines`` one small serum."""
    chosen = lines or ((scene.serum.variants[0].id, 1),)
    return PlaceOrder(
        key=key or uuid4(),
        show_id=scene.show_id,
        lines=[CartLine(variant_id, quantity) for variant_id, quantity in chosen],
        at_us=at_us,
        expected_total=Money(total_minor, "USD"),
        buyer=Buyer(email, "Ada Byron", Address("1 Main St", "Springfield", "12345", "US")),
        payment=PaymentMeans("test", token),
    )
