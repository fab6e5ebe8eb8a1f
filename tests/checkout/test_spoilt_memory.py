"""What was decided ahead and could not be written leaves nothing behind in the desk's memory."""

import pytest

from tallylight import deals
from tallylight.checkout import PriceChangedError, SaleDesk, SoldOutError
from tallylight.checkout.desk.shop_desk import ShopDesk
from tallylight.foundation.clock import ManualClock
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

MINUTE = 60_000_000


def test_a_refusal_after_facts_moved_unheard_takes_no_piece_twice(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    # The notice that facts have moved may come later than the next order.
    monkeypatch.setattr(ShopDesk, "_on_facts", lambda *_: None)

    async def go() -> None:
        clock = ManualClock(NOW_US + 1_000_000)
        scene = await make_scene(run.database, stock=3)
        deal_id = await open_flash_deal(run.database, scene, duration_s=3600)
        desk = SaleDesk(run.database, clock)
        try:
            assert (await desk.place(order_request(scene, 2194))).state == "paid"
            async with run.database.transaction() as connection:
                await deals.end_deal(connection, deal_id, clock.now_us(), reason="the test wants it")
            clock.advance(10 * MINUTE)
            # Decided ahead on facts that are old, not written, decided anew: refused.
            with pytest.raises(PriceChangedError):
                await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email="2@example.com"))
            # Each of the two pieces that are left finds its buyer, and nobody gets a third.
            for buyer in ("3", "4"):
                request = order_request(scene, 2994, at_us=clock.now_us(), email=f"{buyer}@example.com")
                assert (await desk.place(request)).state == "paid"
            with pytest.raises(SoldOutError):
                await desk.place(order_request(scene, 2994, at_us=clock.now_us(), email="5@example.com"))
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())
