"""Statements with the worked numbers of docs/algorithms/money.md, opened down to orders and moments."""

import pytest

from tallylight import checkout, ledger
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

DAY_US = 86_400_000_000


def test_the_worked_statement(run: Runner) -> None:
    async def sell() -> Scene:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        desk = SaleDesk(run.database, ManualClock(NOW_US + 1_000_000))
        try:
            lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
            await desk.place(order_request(scene, 5093, *lines))
        finally:
            await desk.stop()
        return scene

    async def read(scene: Scene) -> None:
        async with run.database.transaction() as connection:
            made = await ledger.statements(
                connection, scene.shop_id, from_us=NOW_US, to_us=NOW_US + DAY_US, currency="USD"
            )
            brand, platform, creator = made
            assert [(line.key, line.amount.minor, line.orders) for line in brand.lines] == [
                ("subtotal_before_discount", 6198, 1),
                ("seller_discount", -800, 1),
                ("shipping", 495, 1),
                ("affiliate_commission", -460, 1),
                ("customer_payment", 5093, 1),
                ("platform_discount", -480, 1),
                ("creator_co_funded_discount", -320, 1),
            ]
            assert (brand.payable.minor, platform.payable.minor, creator.payable.minor) == (5433, -480, 140)
            assert sum(each.payable.minor for each in made) == 5093
            assert (brand.from_, brand.party.name, creator.party.name) == (
                "2025-06-15T15:06:40Z", "Fern & Co", "Mina Park",
            )  # fmt: skip
            for statement in made:
                for line in statement.lines:
                    entries = await checkout.statement_entries(
                        connection, scene.shop_id, statement.party.id, line.key,
                        from_us=NOW_US, to_us=NOW_US + DAY_US, currency="USD",
                    )  # fmt: skip
                    assert sum(each.amount.minor for each in entries) == line.amount.minor
                    assert {(each.order_number, each.show_slug, each.at_us) for each in entries} == {
                        ("1001", "friday", NOW_US)
                    }
            later = await ledger.statements(
                connection, scene.shop_id, from_us=NOW_US + DAY_US, to_us=NOW_US + 2 * DAY_US, currency="USD"
            )
            assert {line.amount.minor for each in later for line in each.lines} == {0}
            with pytest.raises(InvalidInputError):
                await ledger.statements(connection, scene.shop_id, from_us=5, to_us=5, currency="USD")
            for party_id, key in ((brand.party.id, "nothing"), (new_id(), "shipping")):
                with pytest.raises(NotFoundError):
                    await ledger.line_entries(
                        connection, scene.shop_id, party_id, key, from_us=0, to_us=NOW_US, currency="USD"
                    )

    run(read(run(sell())))
