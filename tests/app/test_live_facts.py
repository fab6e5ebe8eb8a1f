"""Live facts at the programme time of the words, from a shop in PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from tallylight import catalogue, deals
from tallylight.app.flows.live_facts import ShopFacts
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.compliance.competitors import add_competitors
from tallylight.compliance.facts import Bundle, LiveFacts, ProductFacts
from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.deals.models import deal
from tallylight.deals.types import BundlePart, Conditions, NewDeal, NewFunder, Tier
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import DealId, ProductId, ShopId, ShowId, VariantId, new_id
from tallylight.shows.create_show import set_show_products
from tallylight.shows.models import cue_firing
from tests.conftest import Runner
from tests.support.shop import NOW_US, make_shop, make_show, put_in_show

DAY_US = 86_400 * MICROSECONDS


class Stage(msgspec.Struct):
    """A show with a serum (32.00, 40 in stock) and a mug in two sizes (16.00 and 18.00)."""

    shop_id: ShopId
    show_id: ShowId
    serum: ProductId
    mug: ProductId
    variants: dict[UUID, list[UUID]]


async def set_stage(run: Runner) -> Stage:
    shop_id = await make_shop(run.database)
    show_id = await make_show(run.database, shop_id)
    made = []
    for new in (
        NewProduct(
            handle="serum",
            title="Rainfall Serum",
            vendor="Quiet Acre",
            attributes={"made_in": "Vermont"},
            variants=(NewVariant(price_minor=3200, on_hand=40),),
        ),
        NewProduct(
            handle="mug",
            title="Stoneware Mug",
            vendor="Quiet Acre",
            variants=(
                NewVariant(price_minor=1600, title="Small", options={"Size": "Small"}, on_hand=3),
                NewVariant(price_minor=1800, title="Large", options={"Size": "Large"}, on_hand=5),
            ),
        ),
    ):
        async with run.database.transaction() as connection:
            made.append(await catalogue.create_product(connection, shop_id, new, at_us=NOW_US - 60 * DAY_US))
    serum, mug = made
    await put_in_show(run.database, show_id, serum, mug)
    async with run.database.transaction() as connection:
        views = await catalogue.products_by_id(connection, [serum, mug])
    return Stage(shop_id, show_id, serum, mug, {view.id: [v.id for v in view.variants] for view in views})


async def pin(run: Runner, stage: Stage, product_id: UUID | None, at_us: int) -> None:
    async with run.database.transaction() as connection:
        await connection.execute(
            cue_firing.insert().values(
                id=new_id(),
                show_id=stage.show_id,
                kind="pin" if product_id else "unpin",
                product_id=product_id,
                at_us=at_us,
            )
        )


async def open_flash(run: Runner, stage: Stage, at_us: int, duration_s: int = 120) -> DealId:
    new = NewDeal(
        product_id=stage.serum,
        kind="price",
        title="Flash deal",
        duration_s=duration_s,
        price_minor=1999,
        funders=(NewFunder(party="brand", name="Quiet Acre", share_bps=10_000, budget_minor=100_000),),
    )
    async with run.database.transaction() as connection:
        deal_id = await deals.create_deal(connection, stage.shop_id, new)
        await deals.accept_funding(connection, deal_id, "brand", accepted_by=None, at_us=at_us)
        await deals.open_deal(connection, deal_id, at_us)
    return deal_id


async def facts(run: Runner, stage: Stage, at_us: int, spoken: str = "") -> list[ProductFacts]:
    return list(await ShopFacts(run.database).facts_at(stage.show_id, at_us, spoken))


def only(found: list[ProductFacts], product_id: UUID) -> LiveFacts:
    (one,) = [each for each in found if each.product_id == product_id]
    return one.facts


def test_the_price_is_that_of_the_words_before_during_and_after_a_deal(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        await open_flash(run, stage, NOW_US + 60 * MICROSECONDS)
        before = only(await facts(run, stage, NOW_US + 30 * MICROSECONDS), stage.serum)
        during = only(await facts(run, stage, NOW_US + 61 * MICROSECONDS), stage.serum)
        after = only(await facts(run, stage, NOW_US + 190 * MICROSECONDS), stage.serum)
        assert (before.price, during.price, after.price) == ("32.00", "19.99", "32.00")
        assert (during.list_price, during.currency, during.stock) == ("32.00", "USD", 40)
        assert before.deal_ends_at is None
        assert during.deal_ends_at is not None
        assert during.deal_ends_at > (during.now or "")
        assert during.reference_price_substantiated is True
        assert during.attributes == {"made_in": "Vermont"}
        # The price before the reduction, not the reduction itself; the lowest ever is what it costs now.
        assert (during.lowest_price_30d, during.lowest_price_ever) == ("32.00", "19.99")
        assert (after.lowest_price_30d, after.lowest_price_ever) == ("19.99", "19.99")

    run(story())


def set_deal(form: str, figure: int, conditions: Conditions, **more: Any) -> NewDeal:
    funders = (NewFunder(party="brand", name="Quiet Acre", share_bps=10_000, budget_minor=100_000),)
    named = {"price": "price_minor", "percentage": "percentage_bps", "amount": "amount_minor"}
    kind = more.pop("kind", "percentage")
    fields = {named[kind]: figure, "duration_s": 120, "funders": funders, "counts": "orders", **more}
    return NewDeal(kind=kind, title=form, form=form, conditions=conditions, **fields)  # type: ignore[arg-type]


def test_sets_that_deals_make_are_known_while_they_hold(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        both = (BundlePart(stage.serum, 1), BundlePart(stage.mug, 1))
        # A deal, and what a serum of 32.00 costs with it in so many pieces.
        known: list[tuple[NewDeal, list[Bundle] | None]] = [
            (
                set_deal("buy_get", 10_000, Conditions(buy=2, get=1), product_id=stage.serum),
                [Bundle(3, "64.00")],
            ),
            (
                set_deal("tiers", 500, Conditions(tiers=(Tier(2, 500), Tier(4, 1000))), product_id=stage.serum),
                [Bundle(2, "60.80"), Bundle(4, "115.20")],
            ),
            (
                set_deal("bundle", 5000, Conditions(parts=(BundlePart(stage.serum, 2),)), kind="price"),
                [Bundle(2, "50.00")],
            ),
            (set_deal("bundle", 4000, Conditions(parts=both), kind="price"), [Bundle(2, "40.00")]),
            (set_deal("bundle", 2000, Conditions(parts=both)), None),
        ]
        for number, (new, expected) in enumerate(known):
            opens_us = NOW_US + number * 600 * MICROSECONDS
            async with run.database.transaction() as connection:
                deal_id = await deals.create_deal(connection, stage.shop_id, new)
                await deals.accept_funding(connection, deal_id, "brand", accepted_by=None, at_us=opens_us)
                await deals.open_deal(connection, deal_id, opens_us)
            moments = [
                opens_us - 6 * MICROSECONDS,
                opens_us - 4 * MICROSECONDS,
                opens_us,
                opens_us + 120 * MICROSECONDS,
            ]
            said = [only(await facts(run, stage, at_us), stage.serum).bundles for at_us in moments]
            assert said == [[], expected, expected, []], new.form

    run(story())


def test_a_deal_may_be_spoken_of_while_its_cue_is_on_the_way(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        await open_flash(run, stage, NOW_US + 63 * MICROSECONDS)
        found = await facts(run, stage, NOW_US + 60 * MICROSECONDS)
        assert {each.facts.price for each in found} == {"32.00", "19.99"}

    run(story())


def test_pinned_named_and_just_shown_products_all_count(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        assert await facts(run, stage, NOW_US) == []
        assert {each.product_id for each in await facts(run, stage, NOW_US, "look at this mug")} == {stage.mug}
        await pin(run, stage, stage.mug, NOW_US)
        await pin(run, stage, stage.serum, NOW_US + 30 * MICROSECONDS)
        shown = await facts(run, stage, NOW_US + 35 * MICROSECONDS)
        assert shown[0].product_id == stage.serum
        assert {each.product_id for each in shown} == {stage.serum, stage.mug}
        assert {each.product_id for each in await facts(run, stage, NOW_US + 50 * MICROSECONDS)} == {stage.serum}

    run(story())


def test_variants_of_their_own_price_are_candidates_of_their_own(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.mug, NOW_US)
        found = await facts(run, stage, NOW_US + 1)
        assert {(each.facts.price, each.facts.stock) for each in found} == {("16.00", 3), ("18.00", 5)}

    run(story())


def test_stock_is_that_of_the_words_not_of_the_judge(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        (variant_id,) = stage.variants[stage.serum]
        async with run.database.transaction() as connection:
            await catalogue.set_stock(
                connection, stage.shop_id, VariantId(variant_id), on_hand=38, at_us=NOW_US + 5 * MICROSECONDS
            )
        assert only(await facts(run, stage, NOW_US + MICROSECONDS), stage.serum).stock == 40
        assert only(await facts(run, stage, NOW_US + 6 * MICROSECONDS), stage.serum).stock == 38

    run(story())


def test_claims_expire_at_their_moment_and_rivals_are_named(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        async with run.database.transaction() as connection:
            await add_competitors(connection, stage.shop_id, ["Maple  Crown", "Maple Crown"])
            await approve_claim(
                connection,
                stage.shop_id,
                stage.serum,
                "hydrates for 24 hours",
                expires_at=_moment(NOW_US + 10 * MICROSECONDS),
                approved_by=None,
            )
        fresh = only(await facts(run, stage, NOW_US + 9 * MICROSECONDS), stage.serum)
        stale = only(await facts(run, stage, NOW_US + 11 * MICROSECONDS), stage.serum)
        assert (fresh.approved_claims, stale.approved_claims) == (["hydrates for 24 hours"], [])
        assert fresh.competitors == ["Maple Crown"]
        subject = await ShopFacts(run.database).subject(stage.show_id)
        assert subject.competitors == ("Maple Crown",)
        assert set(subject.product_names) == {"Rainfall Serum", "Stoneware Mug"}
        assert subject.host_is_paid is True

    run(story())


def _moment(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def test_a_struck_through_price_must_have_been_asked_for(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        (variant_id,) = stage.variants[stage.serum]
        for price, struck, days_ago in ((2800, 3200, 3), (2800, 9900, 2)):
            async with run.database.transaction() as connection:
                await catalogue.set_price(
                    connection, stage.shop_id, VariantId(variant_id), price_minor=price, compare_at_minor=struck,
                    at_us=NOW_US - days_ago * DAY_US,
                )  # fmt: skip
        await pin(run, stage, stage.serum, NOW_US - 3 * DAY_US)
        genuine = only(await facts(run, stage, NOW_US - 3 * DAY_US + 60 * MICROSECONDS), stage.serum)
        invented = only(await facts(run, stage, NOW_US + 1), stage.serum)
        assert (genuine.price, genuine.list_price, genuine.reference_price_substantiated) == ("28.00", "32.00", True)
        assert (invented.price, invented.list_price) == ("28.00", "99.00")
        assert invented.reference_price_substantiated is False
        # The 30 days before the price came down, in which it was 32.00 throughout.
        assert (invented.lowest_price_30d, invented.lowest_price_ever) == ("32.00", "28.00")

    run(story())


def test_the_list_price_and_the_terms_are_those_of_the_words(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        (variant_id,) = stage.variants[stage.serum]
        change_us = NOW_US + 60 * MICROSECONDS
        async with run.database.transaction() as connection:
            await catalogue.set_price(
                connection, stage.shop_id, VariantId(variant_id), price_minor=3500, compare_at_minor=None,
                at_us=change_us,
            )  # fmt: skip
            await catalogue.set_shop_terms(
                connection, stage.shop_id, shipping_fee_minor=700, free_shipping_over_minor=None,
                delivery_days_min=3, at_us=change_us,
            )  # fmt: skip
        before = only(await facts(run, stage, change_us - 20 * MICROSECONDS), stage.serum)
        close = await facts(run, stage, change_us - MICROSECONDS)
        after = only(await facts(run, stage, change_us), stage.serum)
        assert (before.price, before.shipping_fee, before.delivery_days_min) == ("32.00", "0.00", None)
        assert {each.facts.price for each in close} == {"32.00", "35.00"}
        assert (after.price, after.shipping_fee, after.delivery_days_min) == ("35.00", "7.00", 3)

    run(story())


def test_a_deal_that_is_opened_anew_was_extended_and_one_that_waits_will_return(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US)
        await open_flash(run, stage, NOW_US, duration_s=60)
        await open_flash(run, stage, NOW_US + 70 * MICROSECONDS, duration_s=60)
        await open_flash(run, stage, NOW_US + 300 * MICROSECONDS, duration_s=60)
        async with run.database.transaction() as connection:
            await connection.execute(deal.update().values(created_at=_moment(NOW_US + 40 * MICROSECONDS)))
        first = only(await facts(run, stage, NOW_US + 30 * MICROSECONDS), stage.serum)
        second = only(await facts(run, stage, NOW_US + 75 * MICROSECONDS), stage.serum)
        third = only(await facts(run, stage, NOW_US + 310 * MICROSECONDS), stage.serum)
        assert (first.deal_extended, second.deal_extended, third.deal_extended) == (False, True, False)
        # They were drafted at 40 s: nobody could know of them before.
        assert (first.returns_later, second.returns_later, third.returns_later) == (None, True, None)

    run(story())


def test_a_set_is_a_bundle_and_nothing_else_is(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        pair = NewProduct(handle="pair", title="Tea Towels, set of two", variants=(NewVariant(price_minor=3000),))
        async with run.database.transaction() as connection:
            towels = await catalogue.create_product(connection, stage.shop_id, pair, at_us=NOW_US - DAY_US)
            await set_show_products(connection, stage.show_id, [stage.serum, towels])
        found = await facts(run, stage, NOW_US, "the tea towels and the serum")
        assert only(found, towels).bundles == [Bundle(2, "30.00")]
        assert only(found, stage.serum).bundles == []

    run(story())
