"""Products in the database: creation, import and re-import, stock, price history."""

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from tallylight import catalogue
from tallylight.catalogue import NewPhoto, NewProduct, NewVariant
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import ProductId, ShopId, VariantId, new_id
from tests.catalogue.test_shopify_csv import HEADER, MUG, SCARF
from tests.conftest import Runner
from tests.support.shop import NOW_US, fetch_value, make_shop

SERUM = NewProduct(
    handle="serum",
    title="Dew Serum",
    vendor="Fern & Co",
    description="Light.",
    attributes={"made_in": "Portugal"},
    photos=(NewPhoto(file_name="serum.svg", alt="A bottle"),),
    variants=(
        NewVariant(title="30 ml", sku="S30", options={"Size": "30 ml"}, price_minor=2499, on_hand=50),
        NewVariant(title="50 ml", options={"Size": "50 ml"}, price_minor=3499, compare_at_minor=3999, on_hand=0),
    ),
)


def create(run: Runner, new: NewProduct = SERUM) -> tuple[ShopId, ProductId, catalogue.Product]:
    async def go() -> tuple[ShopId, ProductId, catalogue.Product]:
        shop_id = await make_shop(run.database)
        async with run.database.transaction() as connection:
            product_id = await catalogue.create_product(connection, shop_id, new, at_us=NOW_US)
            return shop_id, product_id, await catalogue.product_view(connection, product_id)

    return run(go())


def test_a_product_is_shown_as_the_contract_says(run: Runner) -> None:
    _, _, view = create(run)
    assert view.photos[0].url == "/media/products/serum.svg"
    assert [(each.title, each.price.minor, each.available) for each in view.variants] == [
        ("30 ml", 2499, 50),
        ("50 ml", 3499, 0),
    ]
    assert view.variants[1].compare_at is not None


def test_a_handle_is_taken_once_and_bad_values_are_named(run: Runner) -> None:
    shop_id, _, _ = create(run)

    async def again(new: NewProduct) -> None:
        async with run.database.transaction() as connection:
            await catalogue.create_product(connection, shop_id, new, at_us=NOW_US)

    with pytest.raises(ConflictError, match="serum"):
        run(again(SERUM))
    with pytest.raises(InvalidInputError, match="price"):
        run(again(NewProduct(handle="x", title="X", variants=(NewVariant(price_minor=-1),))))
    with pytest.raises(InvalidInputError, match="same options"):
        run(again(NewProduct(handle="x", title="X", variants=(NewVariant(price_minor=1), NewVariant(price_minor=2)))))
    photos = (NewPhoto(file_name="../../etc/passwd"),)
    with pytest.raises(InvalidInputError, match="file name"):
        run(again(NewProduct(handle="x", title="X", variants=(NewVariant(price_minor=1),), photos=photos)))


def test_prices_keep_their_history(run: Runner) -> None:
    shop_id, _, view = create(run)
    variant_id = VariantId(view.variants[0].id)
    day_us = 86_400_000_000

    async def go() -> tuple[catalogue.LowestPrice, catalogue.LowestPrice]:
        async with run.database.transaction() as connection:
            for day, price_minor in ((10, 1999), (11, 2799), (45, 2599)):
                await catalogue.set_price(
                    connection,
                    shop_id,
                    variant_id,
                    price_minor=price_minor,
                    compare_at_minor=None,
                    at_us=NOW_US + day * day_us,
                )
            now_us = NOW_US + 46 * day_us
            recent = await catalogue.lowest_prices(
                connection, [variant_id], since_us=now_us - 30 * day_us, until_us=now_us
            )
            early = await catalogue.lowest_prices(
                connection, [variant_id], since_us=NOW_US, until_us=NOW_US + 10 * day_us
            )
            return recent[variant_id], early[variant_id]

    recent, early = run(go())
    # 27.99 held when the window opened on day 16, 25.99 came on day 45; 19.99 was earlier.
    assert (recent.since_minor, recent.ever_minor) == (2599, 1999)
    assert (early.since_minor, early.ever_minor) == (2499, 2499)


def test_stock_is_counted_and_never_below_what_is_held_or_zero(run: Runner) -> None:
    shop_id, _, view = create(run)
    variant_id = VariantId(view.variants[0].id)

    async def count(on_hand: int) -> None:
        async with run.database.transaction() as connection:
            await catalogue.set_stock(connection, shop_id, variant_id, on_hand=on_hand, at_us=NOW_US)

    run(count(20))
    moved = fetch_value(run.database, "select sum(delta) from stock_movement where variant_id = :id", id=variant_id)
    assert run(moved) == 20
    run(fetch_value(run.database, "update stock_level set held = 5 where variant_id = :id returning 1", id=variant_id))
    with pytest.raises(ConflictError, match="5 pieces"):
        run(count(4))
    with pytest.raises(IntegrityError, match="held_fits"):
        run(fetch_value(run.database, "update stock_level set held = 21 where variant_id = :id", id=variant_id))
    with pytest.raises(IntegrityError, match=r"on_hand_not_negative|held_fits"):
        run(fetch_value(run.database, "update stock_level set on_hand = -1 where variant_id = :id", id=variant_id))
    with pytest.raises(NotFoundError):
        run(_count_elsewhere(run, variant_id))


async def _count_elsewhere(run: Runner, variant_id: VariantId) -> None:
    async with run.database.transaction() as connection:
        await catalogue.set_stock(connection, ShopId(new_id()), variant_id, on_hand=1, at_us=NOW_US)


@pytest.mark.parametrize("table", ["price_change", "stock_movement"])
@pytest.mark.parametrize("change", ["update {} set variant_id = variant_id", "delete from {}", "truncate {}"])
def test_histories_are_append_only(run: Runner, table: str, change: str) -> None:
    create(run)
    with pytest.raises(DBAPIError, match="append-only"):
        run(fetch_value(run.database, change.format(table)))


def test_import_twice_updates_and_never_doubles(run: Runner) -> None:
    async def go() -> list[tuple[int, int, int]]:
        shop_id = await make_shop(run.database)
        reports = []
        second = (HEADER + SCARF + MUG).replace("24.00,30", "22.00,30").replace("FS-2,120,3", "FS-2,120,9")
        grown = second + "fern-scarf,,,,,,,,Clay,,One,FS-3,120,4,25,,,,,\n"
        for text in (HEADER + SCARF + MUG, HEADER + SCARF + MUG, second, grown):
            async with run.database.transaction() as connection:
                report = await catalogue.import_shopify_csv(connection, shop_id, text.encode(), at_us=NOW_US)
                reports.append((report.imported, report.updated, len(report.skipped_rows)))
        async with run.database.transaction() as connection:
            products = await catalogue.products_of_shop(connection, shop_id)
        scarf = next(each for each in products if each.handle == "fern-scarf")
        assert len(products) == 2
        assert [(each.sku, each.price.minor, each.available) for each in scarf.variants] == [
            ("FS-1", 2200, 7),
            ("FS-2", 2400, 9),
            ("FS-3", 2500, 4),
        ]
        assert len(scarf.photos) == 3
        return reports

    assert run(go()) == [(2, 0, 0), (0, 2, 0), (0, 2, 0), (0, 2, 0)]
    # Three first prices, one change, one more variant; re-importing the same file left no trace.
    assert run(fetch_value(run.database, "select count(*) from price_change")) == 5
    assert run(fetch_value(run.database, "select sum(delta) from stock_movement")) == 7 + 9 + 4
