"""Deals in the database: drafting, acceptance, opening, ending, and what the database itself refuses."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.deals import DealOverlapError, DealStateError, NewDeal, NotAcceptedError
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import DealId, ProductId, new_id
from tests.conftest import Runner
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000


def terms(scene: Scene) -> NewDeal:
    return NewDeal(
        product_id=ProductId(scene.serum.id),
        kind="percentage",
        title="Flash deal",
        percentage_bps=1500,
        duration_s=300,
        funders=FUNDERS,
    )


def story(run: Runner, tell: Callable[[AsyncConnection, Scene], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        scene = await make_scene(run.database)
        async with run.database.transaction() as connection:
            return await tell(connection, scene)

    return run(go())


def test_nothing_opens_before_every_funder_has_accepted(run: Runner) -> None:
    async def tell(connection: AsyncConnection, scene: Scene) -> None:
        deal_id = await deals.create_deal(connection, scene.shop_id, terms(scene))
        with pytest.raises(NotAcceptedError, match="Fern & Co, Tallylight Market, Mina Park"):
            await deals.open_deal(connection, deal_id, NOW_US)
        for party in ("brand", "creator"):
            seen = await deals.accept_funding(
                connection,
                deal_id,
                party,
                accepted_by=scene.person_id,
                at_us=NOW_US,
            )
            assert seen.state == "draft"
        with pytest.raises(NotAcceptedError, match="Tallylight Market must"):
            await deals.open_deal(connection, deal_id, NOW_US)
        for _ in range(2):
            seen = await deals.accept_funding(
                connection, deal_id, "platform", accepted_by=scene.person_id, at_us=NOW_US
            )
        assert (seen.state, [each.accepted for each in seen.agreement.funders]) == ("agreed", [True] * 3)
        view = await deals.open_deal(connection, deal_id, NOW_US)
        assert (view.opens_us, view.ends_us) == (NOW_US, NOW_US + 300 * SECOND)
        with pytest.raises(DealStateError):
            await deals.open_deal(connection, deal_id, NOW_US)
        held = await deals.deals_of_products(connection, [scene.serum.id], at_us=NOW_US)
        assert held[scene.serum.id].id == deal_id

    story(run, tell)


def test_two_deals_never_hold_at_one_moment(run: Runner) -> None:
    async def tell(connection: AsyncConnection, scene: Scene) -> None:
        ids = []
        for title in ("First", "Second"):
            new = msgspec.structs.replace(terms(scene), title=title)
            ids.append(await deals.create_deal(connection, scene.shop_id, new))
            for funder in FUNDERS:
                await deals.accept_funding(connection, ids[-1], funder.party, accepted_by=None, at_us=NOW_US)
        await deals.open_deal(connection, ids[0], NOW_US)
        with pytest.raises(DealOverlapError, match="'Second' cannot open while 'First'"):
            await deals.open_deal(connection, ids[1], NOW_US + 299 * SECOND)
        await deals.open_deal(connection, ids[1], NOW_US + 300 * SECOND)

    story(run, tell)


def test_a_deal_ends_at_its_time_or_by_hand_and_prices_keep_the_record(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        deal_id = await open_flash_deal(run.database, scene)
        async with run.database.transaction() as connection:
            assert await deals.deals_to_end(connection, now_us=NOW_US + 299 * SECOND) == []
            assert await deals.deals_to_end(connection, now_us=NOW_US + 300 * SECOND) == [deal_id]
            view = await deals.end_deal(connection, deal_id, NOW_US + 60 * SECOND, reason="by hand")
            assert view.ends_us == NOW_US + 60 * SECOND
            with pytest.raises(DealStateError):
                await deals.end_deal(connection, deal_id, NOW_US + 61 * SECOND)
            small = scene.serum.variants[0].id
            lowest = await catalogue.lowest_prices(
                connection, [small], since_us=NOW_US + 61 * SECOND, until_us=NOW_US + 70 * SECOND
            )
            assert (lowest[small].since_minor, lowest[small].ever_minor) == (2499, 1699)

    run(go())


@pytest.mark.parametrize(
    "change",
    [
        {"percentage_bps": None},
        {"price_minor": 5},
        {"percentage_bps": 10_001},
        {"duration_s": 9},
        {"total_limit": 0},
        {"per_buyer_limit": -1},
        {"title": " "},
        {"funders": ()},
        {"funders": FUNDERS[:2]},
        {"funders": (FUNDERS[0], FUNDERS[0])},
        {"kind": "price", "percentage_bps": None, "price_minor": 3499},
    ],
)
def test_terms_that_make_no_sense(run: Runner, change: dict[str, Any]) -> None:
    async def tell(connection: AsyncConnection, scene: Scene) -> None:
        with pytest.raises(InvalidInputError):
            await deals.create_deal(connection, scene.shop_id, msgspec.structs.replace(terms(scene), **change))

    story(run, tell)


def test_other_shops_products_and_unknown_deals(run: Runner) -> None:
    async def tell(connection: AsyncConnection, scene: Scene) -> None:
        new = msgspec.structs.replace(terms(scene), product_id=ProductId(new_id()))
        with pytest.raises(NotFoundError):
            await deals.create_deal(connection, scene.shop_id, new)
        with pytest.raises(NotFoundError):
            await deals.open_deal(connection, DealId(new_id()), NOW_US)

    story(run, tell)


@pytest.mark.parametrize(
    "sql",
    [
        "update funder set spent_minor = budget_minor + 1",
        "update funder set spent_minor = budget_minor, held_minor = 1",
        "update funder set spent_minor = -1",
        "update funder set share_bps = 1",
        "delete from funder",
        "update deal set sold = 5, held = 6",
        "update deal set price_minor = 100",
        "insert into deal_buyer values ((select id from deal), 'x', 3, 2)",
        "insert into funder (id, agreement_id, position, party_id, party_kind, name, share_bps, budget_minor)"
        " select gen_random_uuid(), agreement_id, 9, (select id from party where kind = 'creator' and name = 'Other'),"
        " 'creator', 'Other', 1, 0 from funder limit 1",
    ],
)
def test_the_database_refuses_overspending_and_changed_terms(run: Runner, sql: str) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene, total_limit=10)
        await fetch_value(
            run.database,
            "insert into party values (gen_random_uuid(), :shop, 'creator', 'Other') returning 1",
            shop=scene.shop_id,
        )

    run(go())
    with pytest.raises(DBAPIError):
        run(fetch_value(run.database, sql))
