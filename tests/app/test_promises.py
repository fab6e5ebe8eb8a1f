"""Promises are read off what aired, and the shop's own history says whether they were kept."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from tallylight.app.flows.audit_promises import audit_promises, broadcasts_to_note, note_promises
from tallylight.app.flows.live_facts import ShopFacts
from tallylight.app.flows.report_broadcast import report_broadcast
from tallylight.catalogue.set_price import set_price
from tallylight.catalogue.set_stock import set_stock
from tallylight.compliance.evidence import verify_evidence
from tallylight.compliance.pack import load_pack
from tallylight.compliance.record.judge_promise import (
    DAY_US,
    HORIZON_US,
    Movement,
    PriceSpan,
    Promise,
    Since,
    judge_promise,
)
from tallylight.compliance.record.models import aftercare, promise
from tallylight.compliance.record.promises import promises_in
from tallylight.foundation.ids import ShopId, ShowId
from tallylight.shows.fire_cue import fire_cue
from tests.conftest import Runner
from tests.support.aired_show import AiredShow, air_show, spoken
from tests.support.small_shop import Shelf, SmallShop, fill_shelf, small_shop

T = 1_750_000_000_000_000


def kinds(text: str) -> list[str]:
    return [each.kind for each in promises_in(spoken(text, T), load_pack("us-en"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("there are only two left", ["stock"]),
        ("these are almost gone", ["stock"]),
        ("this deal ends tonight at midnight", ["deadline"]),
        ("this is today only", ["deadline"]),
        ("you will never see this price again", ["last chance"]),
        ("this is your last chance", ["last chance"]),
        ("it is not your last chance", []),
        ("how about some tea tonight", []),
        ("the cream is soft and light", []),
    ],
)
def test_promises_are_read_from_words(text: str, expected: Sequence[str]) -> None:
    assert kinds(text) == expected


def promised(
    kind: str, *, price: int | None = 1500, stock: int | None = 2, ends_us: int | None = T + 60_000_000
) -> Promise:
    return Promise(kind, T, T + HORIZON_US[kind], price, stock, ends_us)


def verdict(given: Promise, prices: Sequence[PriceSpan] = (), moved: Sequence[Movement] = (), *, days: int = 40) -> str:
    return judge_promise(given, Since(prices, moved), T + days * DAY_US).verdict


def test_an_end_that_came_back_was_none() -> None:
    deal = PriceSpan(1500, T - 1, T + 60_000_000)
    back = PriceSpan(2000, T + 60_000_000, T + 2 * DAY_US)
    assert verdict(promised("deadline"), [deal, back]) == "kept"
    assert verdict(promised("deadline"), [deal, back, PriceSpan(1400, T + 2 * DAY_US, T + 3 * DAY_US)]) == "broken"
    assert verdict(promised("deadline"), [deal, back, PriceSpan(1500, T + 9 * DAY_US, None)]) == "kept"
    assert verdict(promised("last chance"), [deal, back, PriceSpan(1500, T + 9 * DAY_US, None)]) == "broken"
    assert verdict(promised("deadline"), [PriceSpan(1500, T - 1, None)]) == "broken"
    assert verdict(promised("deadline"), [deal, back], days=3) == "open"
    assert verdict(promised("deadline", price=None), [deal]) == "unknown"
    assert verdict(promised("deadline", ends_us=None), [PriceSpan(1500, T - 1, T + DAY_US), back]) == "kept"


def test_the_last_two_are_two() -> None:
    sold = Movement(-2, "sale", T + 1)
    assert verdict(promised("stock"), moved=[sold]) == "kept"
    assert verdict(promised("stock"), moved=[sold, Movement(-1, "sale", T + DAY_US)]) == "broken"
    assert verdict(promised("stock"), moved=[Movement(50, "count", T + DAY_US)]) == "broken"
    assert verdict(promised("stock"), moved=[Movement(1, "return", T + DAY_US)]) == "kept"
    assert verdict(promised("stock"), moved=[Movement(50, "count", T + 8 * DAY_US)]) == "kept"
    assert verdict(promised("stock", stock=None)) == "unknown"


def test_a_lowest_price_that_fell_was_not() -> None:
    assert verdict(promised("lowest price"), [PriceSpan(1499, T + DAY_US, None)]) == "broken"
    assert verdict(promised("lowest price"), [PriceSpan(1500, T + DAY_US, None)]) == "kept"


SAID = "Look at this serum, it is soft and light and lovely too. There are only two left of it. "
SAID += "You will never see this price again. Only five left."


async def aired(run: Runner) -> tuple[SmallShop, Shelf, AiredShow]:
    small = await small_shop(run.database)
    shelf = await fill_shelf(run.database, small, on_hand=2, now_us=T - DAY_US)
    async with run.database.transaction() as connection:
        await fire_cue(connection, ShowId(small.show.id), shelf.pin, at_us=T - 1, fired_by=None)
    return small, shelf, await air_show(run.database, small, T, SAID)


async def note(run: Runner) -> int:
    facts = ShopFacts(run.database)
    return sum(
        [
            await note_promises(run.database, facts, broadcast_id, show_id, now_us=T + 60_000_000)
            for broadcast_id, show_id in await broadcasts_to_note(run.database)
        ]
    )


def test_from_the_words_to_the_report(run: Runner) -> None:
    small, shelf, shown = run(aired(run))
    assert run(note(run)) == 3
    assert run(note(run)) == 0, "noted once"

    async def days_later(days: int) -> int:
        return await audit_promises(run.database, now_us=T + days * DAY_US)

    async def restock() -> None:
        async with run.database.transaction() as connection:
            shop_id = ShopId(small.shop.id)
            await set_stock(connection, shop_id, shelf.variant_id, on_hand=80, at_us=T + 2 * DAY_US)
            await set_price(
                connection,
                shop_id,
                shelf.variant_id,
                price_minor=2500,
                compare_at_minor=None,
                at_us=T + DAY_US // 2,
            )

    run(restock())
    assert run(days_later(1)) == 0
    assert run(days_later(3)) == 3, "a restock breaks the last two and the last chance"
    assert run(days_later(4)) == 0, "a verdict is final"

    async def report() -> list[tuple[str, str, object]]:
        async with run.database.reading() as connection:
            assert (await verify_evidence(connection, shown.broadcast_id)).intact
            document = await report_broadcast(connection, shown.broadcast_id)
        return [(each.kind, each.verdict, each.facts.get("stock")) for each in document.promises]

    assert run(report()) == [("stock", "broken", 2), ("last chance", "broken", 2), ("stock", "broken", 2)]


def test_what_viewers_never_heard_is_no_promise(run: Runner) -> None:
    """The words of the bleeped finding (the eighth to the tenth) are left out."""

    async def story() -> list[str]:
        small = await small_shop(run.database)
        shown = await air_show(
            run.database, small, T, "Hello dear people look at this now only two left. " + "So. " * 9
        )
        await note(run)
        async with run.database.reading() as connection:
            assert await connection.scalar(
                sa.select(aftercare.c.promises_noted_us).where(aftercare.c.broadcast_id == shown.broadcast_id)
            )
            return list(await connection.scalars(sa.select(promise.c.quote)))

    assert run(story()) == []
