"""Cues, pins in programme time, broadcasts and gate commands."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import CueId, DealId, ProductId, ShowId, new_id
from tallylight.shows.create_show import add_cue, create_show, set_show_products
from tallylight.shows.errors import AlreadyOnAirError, SlugTakenError
from tallylight.shows.fire_cue import fire_cue
from tallylight.shows.give_gate_command import NOTIFY_CHANNEL, give_gate_command
from tallylight.shows.queries import (
    cues_of,
    firings_of,
    gate_commands_after,
    latest_broadcast,
    pinned_at,
    products_of,
    show_by,
)
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tallylight.shows.types import state_of
from tests.conftest import Runner
from tests.support.small_shop import small_shop


def test_a_show_is_found_by_id_and_by_slug(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        async with run.database.transaction() as connection:
            assert await show_by(connection, str(small.show.id)) == small.show
            assert await show_by(connection, "aurora-live") == small.show
            for unknown in ("nothing", str(uuid4()), "", "a\0b", "A' or 1=1"):
                with pytest.raises(NotFoundError):
                    await show_by(connection, unknown)
            with pytest.raises(SlugTakenError):
                await create_show(
                    connection, shop_id=small.shop.id, slug="aurora-live", title="Other", host_name="Mara"
                )

    run(story())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Not a slug"),
        ("title", " "),
        ("host_name", "x" * 81),
        ("delay_ms", 30_001),
        ("creator_commission_bps", 8_001),
    ],
)
def test_a_wrong_field_is_named(run: Runner, field: str, value: object) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        right: dict[str, object] = {"slug": "other", "title": "Other", "host_name": "Mara"}
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError) as refused:
                await create_show(connection, shop_id=small.shop.id, **(right | {field: value}))  # type: ignore[arg-type]
            assert refused.value.fields["field"] == field

    run(story())


def test_two_producers_who_add_cues_at_once_get_different_places(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)

        async def add(number: int) -> None:
            async with run.database.transaction() as connection:
                await add_cue(connection, small.show.id, kind="note", label=f"note {number}")

        await asyncio.gather(*(add(number) for number in range(8)))
        async with run.database.transaction() as connection:
            assert [cue.position for cue in await cues_of(connection, small.show.id)] == list(range(1, 9))

    run(story())


def test_a_pin_holds_from_its_moment_until_the_next(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        show = small.show.id
        first, second = ProductId(new_id()), ProductId(new_id())
        async with run.database.transaction() as connection:
            await set_show_products(connection, show, [second, first, second])
            assert await products_of(connection, show) == [second, first]
            pin_first = await add_cue(connection, show, kind="pin", label="first", product_id=first)
            pin_second = await add_cue(connection, show, kind="pin", label="second", product_id=second)
            unpin = await add_cue(connection, show, kind="unpin", label="away")
            deal = await add_cue(connection, show, kind="deal", label="deal", deal_id=DealId(new_id()))
            for cue, at_us in ((pin_first, 100), (deal, 150), (pin_second, 200), (unpin, 300), (pin_first, 400)):
                await fire_cue(connection, show, cue.id, at_us, None)
            expected = {99: None, 100: first, 199: first, 200: second, 299: second, 300: None, 399: None, 400: first}
            assert {at: await pinned_at(connection, show, at) for at in expected} == expected
            assert [firing.at_us for firing in await firings_of(connection, show)] == [100, 150, 200, 300, 400]
            assert [cue.fired_us for cue in await cues_of(connection, show)] == [400, 200, 300, 150]

    run(story())


def test_a_cue_of_another_show_does_not_fire(run: Runner) -> None:
    async def story() -> None:
        mine, other = await small_shop(run.database), await small_shop(run.database, slug="borealis")
        async with run.database.transaction() as connection:
            cue = await add_cue(connection, other.show.id, kind="note", label="theirs")
            for wrong in (cue.id, CueId(new_id())):
                with pytest.raises(NotFoundError):
                    await fire_cue(connection, mine.show.id, wrong, 1, None)
            with pytest.raises(InvalidInputError):
                await add_cue(connection, mine.show.id, kind="pin", label="of nothing")

    run(story())


def test_a_show_has_one_broadcast_on_air(run: Runner) -> None:
    async def story() -> None:
        show = (await small_shop(run.database)).show.id
        async with run.database.transaction() as connection:
            assert state_of(await latest_broadcast(connection, show)) == "scheduled"
            first = await start_broadcast(connection, show, delay_ms=8000, started_us=10)
            assert state_of(await latest_broadcast(connection, show)) == "live"
            with pytest.raises(AlreadyOnAirError):
                await start_broadcast(connection, show, delay_ms=8000, started_us=11)
            assert await end_broadcast(connection, first.id, 20)
            assert not await end_broadcast(connection, first.id, 21)
            ended = await latest_broadcast(connection, show)
            assert ended is not None
            assert (state_of(ended), ended.ended_us) == ("ended", 20)
            again = await start_broadcast(connection, show, delay_ms=8000, started_us=30)
            assert await latest_broadcast(connection, show) == again

    run(story())


def test_gate_commands_are_read_in_order_and_announced_on_commit(run: Runner) -> None:
    async def story() -> None:
        show = (await small_shop(run.database)).show.id
        heard: asyncio.Queue[str] = asyncio.Queue()
        listener: asyncpg.Connection = await run.database.raw_connection()
        await listener.add_listener(NOTIFY_CHANNEL, lambda *message: heard.put_nowait(message[-1]))
        finding = new_id()
        async with run.database.transaction() as connection:
            first = await give_gate_command(connection, show, "bleep", given_us=5, given_by=None, finding_id=finding)
            assert heard.empty()
        assert await asyncio.wait_for(heard.get(), 5) == str(show)
        async with run.database.transaction() as connection:
            second = await give_gate_command(connection, show, "panic", given_us=6, given_by=None)
            assert await gate_commands_after(connection, show, 0) == [first, second]
            assert await gate_commands_after(connection, show, first.id) == [second]
            with pytest.raises(InvalidInputError):
                await give_gate_command(connection, show, "clear", given_us=7, given_by=None)
            with pytest.raises(InvalidInputError):
                await give_gate_command(connection, show, "panic", given_us=7, given_by=None, finding_id=finding)
            with pytest.raises(NotFoundError):
                await give_gate_command(connection, ShowId(new_id()), "panic", given_us=7, given_by=None)
        await listener.close()

    run(story())
