"""A deal opens only when the price that it comes down from is genuine by its market's rule."""

import msgspec
import pytest

from tallylight import catalogue, deals
from tallylight.catalogue.price_history import DAY_US
from tallylight.deals import NewDeal, NewFunder, ReferencePriceError
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import DealId, ProductId, VariantId
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene
from tests.support.shop import NOW_US

BRAND = (NewFunder(party="brand", name="Fern & Co", share_bps=10_000, budget_minor=1_000_000),)


def flash(scene: Scene, market: str, *, price_minor: int = 1999, announces: bool = True) -> NewDeal:
    return NewDeal(
        product_id=ProductId(scene.mug.id if price_minor < 1200 else scene.serum.id),
        kind="price",
        title="Flash",
        price_minor=price_minor,
        duration_s=3600,
        funders=BRAND,
        market=market,
        announces=announces,
    )


async def agreed(run: Runner, scene: Scene, new: NewDeal) -> DealId:
    async with run.database.transaction() as connection:
        deal_id = await deals.create_deal(connection, scene.shop_id, new)
        await deals.accept_funding(connection, deal_id, "brand", accepted_by=None, at_us=NOW_US)
    return deal_id


async def opens(run: Runner, deal_id: DealId, at_us: int) -> str | None:
    """Open and end it after its hour; why it could not, when it could not."""
    async with run.database.transaction() as connection:
        try:
            await deals.open_deal(connection, deal_id, at_us)
        except ReferencePriceError as refusal:
            return refusal.message
        await deals.end_deal(connection, deal_id, at_us + 3600 * 1_000_000)
    return None


@pytest.mark.parametrize(
    ("market", "after_days", "allowed"),
    [
        # The same flash deal again: in the EU the lowest price of 30 days is the first deal's own.
        ("eu-en", 5, False),
        ("eu-en", 29, False),
        ("eu-en", 31, True),
        ("cn-zh", 5, False),
        ("cn-zh", 8, True),
        # In the US and the UK an hour's deal does not keep the list price from having been offered in earnest.
        ("us-en", 5, True),
        ("uk-en", 5, True),
    ],
)
def test_the_same_deal_again(run: Runner, market: str, after_days: int, allowed: bool) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        first, second = [await agreed(run, scene, flash(scene, market)) for _ in range(2)]
        assert await opens(run, first, NOW_US) is None
        refusal = await opens(run, second, NOW_US + after_days * DAY_US)
        assert (refusal is None) == allowed
        if refusal is not None:
            assert "Dew Serum (30 ml) would be announced as down from $24.99, but sold for $19.99" in refusal

    run(go())


def test_a_list_price_that_was_raised_yesterday_is_no_reference(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        mug = VariantId(scene.mug.variants[0].id)
        async with run.database.transaction() as connection:
            await catalogue.set_price(
                connection, scene.shop_id, mug, price_minor=2400, compare_at_minor=None, at_us=NOW_US - DAY_US
            )
        for market in ("eu-en", "us-en"):
            deal_id = await agreed(run, scene, flash(scene, market, price_minor=1100))
            assert await opens(run, deal_id, NOW_US) is not None
            # Ten days on it was offered for long enough in the US; in the EU the 12.00 still counts.
            assert (await opens(run, deal_id, NOW_US + 10 * DAY_US) is None) == (market == "us-en")

    run(go())


def test_what_was_never_on_sale_comes_down_from_nothing(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        deal_id = await agreed(run, scene, flash(scene, "us-en"))
        refusal = await opens(run, deal_id, NOW_US - 41 * DAY_US)
        assert refusal is not None
        assert "was never on sale at $24.99" in refusal

    run(go())


def test_a_price_without_comparison_opens_and_says_no_former_price(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        first = await agreed(run, scene, flash(scene, "eu-en"))
        assert await opens(run, first, NOW_US) is None
        plain = await agreed(run, scene, flash(scene, "eu-en", announces=False))
        at_us = NOW_US + DAY_US
        async with run.database.transaction() as connection:
            assert (await deals.open_deal(connection, plain, at_us)).announces is False
            facts = await deals.selling_facts(connection, scene.shop_id, now_us=at_us)
            quote = deals.price([deals.CartLine(scene.serum.variants[0].id, 2)], facts, at_us)
            assert quote.lines[0].reasons[0].text.startswith("Flash $19.99 until")
            assert quote.lines[0].reasons[0].announces is False
            off = msgspec.structs.replace(flash(scene, "eu-en"), kind="amount", price_minor=None, amount_minor=5)
            with pytest.raises(InvalidInputError, match="compares with no former price"):
                await deals.create_deal(connection, scene.shop_id, msgspec.structs.replace(off, announces=False))

    run(go())


def test_a_reduction_that_only_grows_is_measured_before_its_first_step(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        campaign = msgspec.structs.replace(
            flash(scene, "eu-en", price_minor=2299), title="Campaign", form="campaign", duration_s=7 * 86_400
        )
        first = await agreed(run, scene, campaign)
        deeper = await agreed(run, scene, flash(scene, "eu-en"))
        async with run.database.transaction() as connection:
            await deals.open_deal(connection, first, NOW_US)
            # 22.99 held since, but the flash only goes on with that reduction (article 6a(5)).
            await deals.open_deal(connection, deeper, NOW_US + DAY_US)

    run(go())
