"""A show's plan is changed while it is not on air, and what aired stays as it was."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import tallylight.shows.create_show as creating
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import PersonId, ProductId, ShopId, ShowId, new_id
from tallylight.members.models import membership
from tallylight.shows.change_show import change_show
from tallylight.shows.create_show import create_show
from tallylight.shows.errors import AiredError, OnAirError, SlugTakenError
from tallylight.shows.fill_shelf import fill_shelf
from tallylight.shows.fire_cue import fire_cue
from tallylight.shows.queries import cues_of, products_of, show_by, shows_of_shop
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tallylight.shows.types import Show
from tests.conftest import Runner
from tests.support.small_shop import SmallShop, small_shop

START = datetime(2026, 12, 1, 18, tzinfo=UTC)
NOW_US = 1_790_000_000_000_000


async def change(run: Runner, small: SmallShop, **plan: Any) -> Show:
    old = small.show
    names = ("title", "slug", "host_name", "host_person_id", "market", "delay_ms", "starts_at")
    async with run.database.transaction() as connection:
        return await change_show(connection, old.id, **({name: getattr(old, name) for name in names} | plan))


async def plan_show(run: Runner, small: SmallShop, slug: str, **plan: Any) -> Show:
    async with run.database.transaction() as connection:
        return await create_show(
            connection, shop_id=small.shop.id, slug=slug, title=slug.title(), host_name="Mara", **plan
        )


async def air(run: Runner, show_id: ShowId, *, until_us: int | None, started_us: int = NOW_US) -> None:
    async with run.database.transaction() as connection:
        made = await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us)
        if until_us is not None:
            await end_broadcast(connection, made.id, until_us)


def test_all_of_a_planned_show_can_be_changed(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "host")
        host = PersonId(small.people["host"].id)
        plan = {
            "title": "Friday", "slug": "friday", "host_name": "DJ Ho", "host_person_id": host, "market": "uk-en",
            "delay_ms": 0, "starts_at": START,
        }  # fmt: skip
        changed = await change(run, small, **plan)
        assert {name: getattr(changed, name) for name in plan} == plan
        async with run.database.transaction() as connection:
            assert await show_by(connection, "friday") == changed
            await connection.execute(membership.delete().where(membership.c.person_id == host))
        # Somebody who is a host no more stays the host of what names them, until another is chosen.
        assert (await change(run, small, **(plan | {"title": "Saturday"}))).host_person_id == host

    run(story())


def test_a_show_on_air_is_not_changed_and_what_aired_stays(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "host")
        await air(run, small.show.id, until_us=None)
        with pytest.raises(OnAirError):
            await change(run, small, title="Other")
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("update broadcast set ended_us = started_us + 1"))
        host = PersonId(small.people["host"].id)
        for field, value in (("slug", "s"), ("host_name", "Joe"), ("host_person_id", host), ("market", "uk-en")):
            with pytest.raises(AiredError) as refused:
                await change(run, small, **{field: value})
            assert refused.value.fields["field"] == field
        changed = await change(run, small, title="Once more", delay_ms=12_000, starts_at=START)
        assert (changed.title, changed.delay_ms, changed.starts_at) == ("Once more", 12_000, START)

    run(story())


def test_a_change_and_a_broadcast_that_begins_wait_for_each_other(run: Runner) -> None:
    """Whoever is first is seen by the other: no show is on air with a host that nobody saw there."""

    async def story() -> None:
        small = await small_shop(run.database)
        async with run.database.transaction() as connection:
            await start_broadcast(connection, small.show.id, delay_ms=8000, started_us=NOW_US)
            changing = asyncio.create_task(change(run, small, host_name="Joe"))
            await asyncio.sleep(0.2)
            assert not changing.done()
        with pytest.raises(OnAirError):
            await changing

    run(story())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "No Slug"),
        ("slug", "01a2200b-a31f-7089-8894-f757ed8e4f15"),
        ("title", " "),
        ("host_name", ""),
        ("market", "moon"),
        ("delay_ms", 30_001),
        ("starts_at", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("starts_at", datetime(1, 1, 1, tzinfo=UTC)),
        ("host_person_id", PersonId(new_id())),
    ],
)
def test_what_makes_no_sense_is_refused(run: Runner, field: str, value: object) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        with pytest.raises(InvalidInputError) as refused:
            await change(run, small, **{field: value})
        assert refused.value.fields["field"] == field

    run(story())


def test_an_address_belongs_to_one_show(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        await plan_show(run, small, "friday")
        with pytest.raises(SlugTakenError) as refused:
            await change(run, small, slug="friday", title="Friday")
        assert refused.value.fields["field"] == "slug"
        async with run.database.reading() as connection:
            assert (await show_by(connection, small.show.id)).title == small.show.title

    run(story())


def test_shows_stand_in_the_order_in_which_people_look_for_them(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        small = await small_shop(run.database, slug="fern")  # planned, without a date
        for slug, days in (("later", 2), ("next", 1)):
            await plan_show(run, small, slug, starts_at=START + timedelta(days=days))
        for number, slug in enumerate(("older", "newer")):
            await air(run, (await plan_show(run, small, slug)).id, until_us=NOW_US + 9, started_us=NOW_US + number)
        await air(run, (await plan_show(run, small, "on-air")).id, until_us=None)
        order = ["on-air", "next", "later", "fern-live", "newer", "older"]
        async with run.database.reading() as connection:
            shop_id = ShopId(small.shop.id)
            found = await shows_of_shop(connection, shop_id, after=0, limit=10)
            assert [show.slug for show in found] == order
            found = await shows_of_shop(connection, shop_id, after=2, limit=2)
            assert [show.slug for show in found] == order[2:4]
        monkeypatch.setattr(creating, "SHOWS_MAX", 6)
        with pytest.raises(ConflictError):
            await plan_show(run, small, "one-too-many")

    run(story())


def test_a_shelf_is_chosen_with_a_pin_for_each_product(run: Runner) -> None:
    async def story() -> None:
        small, other = await small_shop(run.database), await small_shop(run.database, slug="borealis")
        async with run.database.transaction() as connection:
            first, second = [
                await create_product(
                    connection, small.shop.id,
                    NewProduct(handle=handle, title=handle, variants=(NewVariant(price_minor=100),)), at_us=NOW_US,
                )
                for handle in ("first", "second")
            ]  # fmt: skip

        async def shelf(*products: ProductId) -> list[tuple[str, int | None]]:
            async with run.database.transaction() as connection:
                await fill_shelf(connection, small.show.id, products)
                assert await products_of(connection, small.show.id) == list(products)
                return [(one.label, one.fired_us) for one in await cues_of(connection, small.show.id)]

        assert await shelf(second, first) == [("second", None), ("first", None)]
        assert await shelf(first) == [("first", None)]
        async with run.database.transaction() as connection:
            [pin] = await cues_of(connection, small.show.id)
            await fire_cue(connection, small.show.id, pin.id, at_us=NOW_US, fired_by=None)
        assert await shelf() == [("first", NOW_US)]
        with pytest.raises(InvalidInputError):
            async with run.database.transaction() as connection:
                await fill_shelf(connection, other.show.id, [first])
        await air(run, small.show.id, until_us=None)
        with pytest.raises(OnAirError):
            await shelf(second)

    run(story())
