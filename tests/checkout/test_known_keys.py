"""A shop has more orders than a desk remembers the keys of: a repeat finds its order, and the rest stays fast."""

import asyncio
from typing import Any

import pytest

from tallylight.checkout import PlaceOrder, SaleDesk
from tallylight.checkout.desk import known_keys
from tallylight.checkout.desk.decide_asked import decide_asked
from tallylight.checkout.desk.known_keys import KnownKeys
from tallylight.checkout.errors import KeyReusedError, SoldOutError
from tallylight.foundation.clock import ManualClock
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, order_request
from tests.support.shop import NOW_US

TOTAL_MINOR = 2499 + 495
KEYS_MAX = 4


def orders(scene: Scene, many: int) -> list[PlaceOrder]:
    return [order_request(scene, TOTAL_MINOR, email=f"b{number}@example.com") for number in range(many)]


def test_the_newest_keys_are_remembered_and_the_rest_is_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_keys, "KEYS_MAX", KEYS_MAX)
    keys = KnownKeys()
    keys.complete = True
    for number in range(100):
        keys.add(bytes([number]))
        assert all(keys.has(bytes([newer])) for newer in range(max(0, number - KEYS_MAX + 1), number + 1))
        assert keys.complete == (number < 2 * KEYS_MAX)
    assert sum(keys.has(bytes([number])) for number in range(100)) <= 2 * KEYS_MAX
    assert not keys.is_new(b"never seen")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_forgotten_key_still_stands_for_its_order(
    run: Runner, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    monkeypatch.setattr(known_keys, "KEYS_MAX", KEYS_MAX)
    with_database: list[int] = []

    async def counted(connection: Any, database: Any, decided: Any, requests: Any, **more: Any) -> None:
        with_database.append(len(requests))
        await decide_asked(connection, database, decided, requests, **more)

    monkeypatch.setattr("tallylight.checkout.desk.shop_desk.decide_asked", counted)

    async def story() -> None:
        scene = await make_scene(run.database, stock=30)
        desk = SaleDesk(run.database, ManualClock(NOW_US))
        await desk.start(tick_s=None)
        asked = orders(scene, 29)
        sold = [await desk.place(request) for request in asked[:20]]
        if restarted:
            await desk.stop()
            desk = SaleDesk(run.database, ManualClock(NOW_US))
            await desk.start(tick_s=None)
            sold.append(await desk.place(asked[20]))
        with_database.clear()
        # New keys are decided on memory alone, though nobody can be certain that they are new.
        sold += await asyncio.gather(*(desk.place(request) for request in asked[len(sold) : 28]))
        assert with_database == []
        # A forgotten key among new ones: its index entry is what says so.
        again, other = await asyncio.gather(desk.place(asked[0]), desk.place(asked[28]))
        assert (again.id, other.number) == (sold[0].id, "1029")
        assert with_database
        reused = order_request(scene, 2 * TOTAL_MINOR, key=asked[1].key)
        with pytest.raises(KeyReusedError):
            await desk.place(reused)
        last = await desk.place(order_request(scene, TOTAL_MINOR, email="last@example.com"))
        # Sold out: a forgotten key gets its order, a new one the truth.
        outcomes = await asyncio.gather(
            desk.place(asked[2]), *(desk.place(late) for late in orders(scene, 3)), return_exceptions=True
        )
        assert getattr(outcomes[0], "id", None) == sold[2].id
        assert [type(outcome) for outcome in outcomes[1:]] == [SoldOutError] * 3
        assert len({order.id for order in (*sold, other, last)}) == 30
        await desk.stop()
        assert await disagreements(run.database) == []

    run(story())
