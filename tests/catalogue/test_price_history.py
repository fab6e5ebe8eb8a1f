"""What the price history says of a moment."""

from tallylight import catalogue
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.price_history import DAY_US, Before, PricePoint, prices_between, prior_prices, reductions
from tallylight.catalogue.queries import terms_at
from tallylight.catalogue.set_price import set_price
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.foundation.ids import ShopId, VariantId
from tests.conftest import Runner
from tests.support.shop import NOW_US, make_shop


async def _throw(run: Runner) -> tuple[ShopId, VariantId]:
    """A throw: 119 for sixty days, 99 from ten days ago, 89 from four days ago with the 119 struck through."""
    shop_id = await make_shop(run.database)
    async with run.database.transaction() as connection:
        new = NewProduct(handle="throw", title="Throw", variants=(NewVariant(price_minor=11_900, on_hand=3),))
        product_id = await create_product(connection, shop_id, new, at_us=NOW_US - 60 * DAY_US)
        [product] = await catalogue.products_by_id(connection, [product_id])
        variant_id = VariantId(product.variants[0].id)
        for price, compare_at, days_ago in ((9_900, None, 10), (8_900, 11_900, 4)):
            await set_price(
                connection, shop_id, variant_id, price_minor=price, compare_at_minor=compare_at,
                at_us=NOW_US - days_ago * DAY_US,
            )  # fmt: skip
    return shop_id, variant_id


def test_the_prices_of_a_moment_are_those_that_held_then(run: Runner) -> None:
    async def story() -> None:
        _, variant_id = await _throw(run)
        async with run.database.reading() as connection:
            change_us = NOW_US - 4 * DAY_US
            early = await prices_between(connection, [variant_id], change_us - 1, change_us - 1)
            around = await prices_between(connection, [variant_id], change_us - 1, change_us)
            before_all = await prices_between(connection, [variant_id], 0, 1)
        assert early == {variant_id: [PricePoint(9_900, None)]}
        assert around == {variant_id: [PricePoint(9_900, None), PricePoint(8_900, 11_900)]}
        assert before_all == {}

    run(story())


def test_the_window_ends_where_the_reduction_begins(run: Runner) -> None:
    async def story() -> None:
        _, variant_id = await _throw(run)
        async with run.database.reading() as connection:
            since = await reductions(connection, [variant_id], NOW_US)
            then = await reductions(connection, [variant_id], NOW_US - 5 * DAY_US)
            never = await reductions(connection, [variant_id], NOW_US - 11 * DAY_US)
            asked = Before(variant_id, since[variant_id], 11_900)
            prior = (await prior_prices(connection, [asked]))[asked]
        assert since == {variant_id: NOW_US - 4 * DAY_US}
        assert then == {variant_id: NOW_US - 10 * DAY_US}
        assert never == {}
        # Thirty days before the reduction to 89: twenty-four at 119, six at 99.
        assert (prior.lowest_minor, prior.offered_us, prior.known_us) == (9_900, 24 * DAY_US, 30 * DAY_US)

    run(story())


def test_what_was_not_on_sale_before_has_no_prior_price(run: Runner) -> None:
    async def story() -> None:
        _, variant_id = await _throw(run)
        asked = Before(variant_id, NOW_US - 60 * DAY_US, 11_900)
        young = Before(variant_id, NOW_US - 58 * DAY_US, 12_000)
        async with run.database.reading() as connection:
            prior = await prior_prices(connection, [asked, young])
        assert asked not in prior
        assert (prior[young].offered_us, prior[young].known_us) == (0, 2 * DAY_US)

    run(story())


def test_terms_are_those_of_the_moment(run: Runner) -> None:
    async def story() -> None:
        shop_id = await make_shop(run.database)
        for fee, days, at_us in ((495, None, NOW_US), (495, None, NOW_US + 5), (0, 2, NOW_US + 10)):
            async with run.database.transaction() as connection:
                await catalogue.set_shop_terms(
                    connection, shop_id, shipping_fee_minor=fee, free_shipping_over_minor=6_000,
                    delivery_days_min=days, at_us=at_us,
                )  # fmt: skip
        async with run.database.reading() as connection:
            held = [await terms_at(connection, shop_id, NOW_US + after) for after in (-1, 9, 10)]
        assert [(each.shipping_fee_minor, each.delivery_days_min) for each in held] == [(0, None), (495, None), (0, 2)]

    run(story())
