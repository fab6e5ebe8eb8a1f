"""How many look at a product: each once, over processes and repeats, at the moment that is asked for."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tallylight.audience.item_viewers import (
    ADDRESS_ASKED_MAX,
    ADDRESS_VIEWERS_MAX,
    HELD_US,
    ITEMS_MAX,
    ItemViewers,
    Looked,
)
from tallylight.audience.keep_item_viewers import (
    KEPT_US,
    KNOWN_US,
    PART_US,
    TURN_US,
    DisclosureShown,
    forget_item_viewers,
    item_viewers_at,
    keep_item_viewers,
)
from tallylight.audience.models import item_viewers, item_viewers_part
from tallylight.audience.viewer_count import estimate
from tallylight.foundation.errors import InvalidInputError, TooManyRequestsError
from tests.conftest import Runner
from tests.support.shop import NOW_US, make_shop, make_show, put_in_show

SECOND_US = 1_000_000
SHOW, CUP, BOWL = uuid4(), uuid4(), uuid4()


def counts(seen: ItemViewers, now_us: int) -> dict[UUID, int]:
    return {item: estimate([sketch]) for item, sketch in seen.looked(SHOW, now_us).items.items()}


def test_a_repeat_counts_nobody_twice_and_the_newest_word_holds() -> None:
    seen = ItemViewers()
    for second in range(5):
        seen.look(SHOW, "ana-0001", [CUP, CUP], address="192.0.2.1", now_us=second * 10 * SECOND_US)
    seen.look(SHOW, "bea-0001", [CUP, BOWL], address="192.0.2.1", now_us=40 * SECOND_US)
    assert counts(seen, 41 * SECOND_US) == {CUP: 2, BOWL: 1}
    seen.look(SHOW, "ana-0001", [BOWL], address="192.0.2.1", now_us=42 * SECOND_US)
    seen.look(SHOW, "bea-0001", [], address="192.0.2.1", now_us=42 * SECOND_US)
    assert counts(seen, 43 * SECOND_US) == {BOWL: 1}
    assert counts(seen, 42 * SECOND_US + HELD_US) == {}
    assert seen.shows(42 * SECOND_US + HELD_US) == set()


def test_made_up_viewers_behind_one_address_make_no_crowd_and_leave_room_when_they_go() -> None:
    seen = ItemViewers()
    refused = 0
    for one in range(1_000):
        try:
            seen.look(SHOW, f"made-up-{one}", [CUP], address="192.0.2.66", now_us=SECOND_US)
        except TooManyRequestsError:
            refused += 1
    seen.look(SHOW, "ana-0001", [CUP], address="192.0.2.1", now_us=SECOND_US)
    assert refused == 1_000 - ADDRESS_VIEWERS_MAX
    assert abs(counts(seen, 2 * SECOND_US)[CUP] - ADDRESS_VIEWERS_MAX - 1) <= 2
    seen.look(SHOW, "bea-0001", [CUP], address="192.0.2.66", now_us=SECOND_US + HELD_US)
    assert counts(seen, 3 * SECOND_US + HELD_US) == {CUP: 1}


def test_a_viewer_says_no_more_than_a_player_does() -> None:
    seen = ItemViewers()
    with pytest.raises(InvalidInputError):
        seen.look(SHOW, "ana-0001", [uuid4() for _ in range(ITEMS_MAX + 1)], address="192.0.2.1", now_us=0)
    with pytest.raises(TooManyRequestsError):
        for _ in range(100):
            seen.look(SHOW, "ana-0001", [CUP], address="192.0.2.1", now_us=SECOND_US)
    assert counts(seen, 2 * SECOND_US) == {CUP: 1}


def told(seen: ItemViewers, now_us: int) -> dict[UUID, Looked]:
    return {show_id: seen.looked(show_id, now_us) for show_id in seen.shows(now_us)}


async def product_in(run: Runner) -> tuple[UUID, UUID]:
    show_id = await make_show(run.database, await make_shop(run.database))
    product_id = uuid4()
    await put_in_show(run.database, show_id, product_id)
    return show_id, product_id


def test_processes_feed_one_count_in_which_everyone_is_once(run: Runner) -> None:
    async def story() -> None:
        show_id, product_id = await product_in(run)
        first, second = ItemViewers(), ItemViewers()
        for number in range(12):
            first.look(show_id, f"viewer-{number:04}", [product_id], address="192.0.2.1", now_us=NOW_US)
        for number in range(8, 20):
            second.look(show_id, f"viewer-{number:04}", [product_id, uuid4()], address="192.0.2.2", now_us=NOW_US)
        one, two = uuid4(), uuid4()
        for turn, (process, seen) in enumerate([(one, first), (two, second), (one, first)]):
            now_us = NOW_US + turn * TURN_US
            async with run.database.transaction() as connection:
                await keep_item_viewers(connection, process, told(seen, now_us), now_us=now_us)
                await keep_item_viewers(connection, process, told(seen, now_us), now_us=now_us + 1)
        async with run.database.reading() as connection:
            at = [await item_viewers_at(connection, show_id, NOW_US + turn * TURN_US) for turn in range(4)]
            late = await item_viewers_at(connection, show_id, NOW_US + 3 * TURN_US + KNOWN_US + 1)
            rows = await connection.scalar(sa.select(sa.func.count()).select_from(item_viewers))
        # What is no product of the show is not kept, and nothing is known before the first turn or long after the last.
        assert at == [None, {product_id: 12}, {product_id: 20}, {product_id: 20}]
        assert (late, rows) == (None, 3)

    run(story())


def test_a_process_that_stopped_counts_no_more_and_old_counts_are_forgotten(run: Runner) -> None:
    async def story() -> None:
        show_id, product_id = await product_in(run)
        seen, quiet = ItemViewers(), uuid4()
        seen.look(show_id, "viewer-0001", [product_id], address="192.0.2.1", now_us=NOW_US)
        later_us = NOW_US + PART_US
        async with run.database.transaction() as connection:
            await keep_item_viewers(connection, uuid4(), told(seen, NOW_US), now_us=NOW_US)
            await keep_item_viewers(connection, quiet, {show_id: Looked({})}, now_us=later_us)
            assert await item_viewers_at(connection, show_id, later_us + TURN_US) == {}
            assert await forget_item_viewers(connection, now_us=later_us + KEPT_US) == 1
            assert await forget_item_viewers(connection, now_us=later_us + KEPT_US + 2 * TURN_US) == 1
            assert (await connection.execute(sa.select(item_viewers_part))).all() == []

    run(story())


def test_to_whom_it_is_shown_that_the_host_is_paid_is_counted_once_over_processes(run: Runner) -> None:
    async def story() -> None:
        show_id, product_id = await product_in(run)
        first, second = ItemViewers(), ItemViewers()
        for number in range(10):
            address = f"192.0.2.{number}"
            first.look(show_id, f"viewer-{number:04}", [], disclosure_shown=number < 7, address=address, now_us=NOW_US)
        first.look(show_id, "viewer-0000", [product_id], disclosure_shown=True, address="192.0.2.0", now_us=NOW_US)
        for number in range(50):  # one who makes viewers up is a few of them
            first.look(show_id, f"made-up-{number}", [], disclosure_shown=False, address="192.0.2.0", now_us=NOW_US)
        made_up = first.looked(show_id, NOW_US)
        assert made_up.disclosure_asked is not None
        assert estimate([made_up.disclosure_asked]) == 10 + ADDRESS_ASKED_MAX - 1
        for number in range(50):
            first.look(show_id, f"made-up-{number}", [], address="192.0.2.0", now_us=NOW_US)
        second.look(show_id, "viewer-0000", [], disclosure_shown=True, address="192.0.2.1", now_us=NOW_US)
        second.look(show_id, "buyer-0001", [product_id], address="192.0.2.2", now_us=NOW_US)
        one, other, later_us = uuid4(), uuid4(), NOW_US + TURN_US
        async with run.database.transaction() as connection:
            before = await keep_item_viewers(connection, one, told(first, NOW_US), now_us=NOW_US)
            assert before == {show_id: DisclosureShown(10, 7)}
            assert await keep_item_viewers(connection, other, told(second, NOW_US), now_us=NOW_US) == {}
            second.look(show_id, "viewer-0009", [], disclosure_shown=True, address="192.0.2.1", now_us=later_us)
            after = await keep_item_viewers(connection, other, told(second, later_us), now_us=later_us)
            assert after == {show_id: DisclosureShown(10, 8)}  # who says yes at one of two is shown it
        gone_us = later_us + HELD_US
        async with run.database.transaction() as connection:
            assert (
                await keep_item_viewers(connection, one, {show_id: first.looked(show_id, gone_us)}, now_us=gone_us)
                == {}
            )

    run(story())
