"""First paid, first served: unpaid orders keep nothing from who pays, and who comes too late gets the money back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tallylight import catalogue, checkout, deals
from tallylight.checkout import Order, SaleDesk, TestProvider
from tallylight.checkout.desk import claim_held
from tallylight.checkout.payments import Charge, ChargeState, OutcomeUnknownError, ProviderEvent
from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.deals import NewDeal
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import OrderId, ProductId
from tallylight.foundation.money import Money
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000
PIECES = 3
BUYERS = 12
Story = Callable[[SaleDesk, TestProvider, Scene, ManualClock], Awaitable[Any]]


class Asked(TestProvider):
    """A bank that has to be asked about every card, and answers."""

    def decides_at_once(self, token: str) -> ChargeState | None:
        return None


class Forgetful(TestProvider):
    """A bank that does not answer when it is first asked to let go of money."""

    voids = 0

    async def void(self, key: str) -> Charge | None:
        self.voids += 1
        if self.voids == 1:
            raise OutcomeUnknownError("the payment provider did not answer")
        return await super().void(key)


def with_desk(
    run: Runner,
    story: Story,
    *,
    stock: int = PIECES,
    kind: type[TestProvider] = TestProvider,
    first_paid: bool = True,
    deal_first_paid: bool | None = None,
    audited: bool = True,
    **deal: Any,
) -> None:
    """Run ``story`` in a shop whose flash deal (16.99 with the deal, 21.94 shipped) is open."""

    async def go() -> None:
        clock = ManualClock(NOW_US + 10 * SECOND)
        scene = await make_scene(run.database, stock=stock)
        await open_flash_deal(run.database, scene, first_paid=deal_first_paid, **deal)
        async with run.database.transaction() as connection:
            await catalogue.set_first_paid(connection, scene.shop_id, first_paid=first_paid)
        provider = kind(run.database, b"shared secret")
        desk = SaleDesk(run.database, clock, {"test": provider})
        await desk.start(tick_s=None)
        try:
            await story(desk, provider, scene, clock)
            if audited:
                assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())


async def waiting(desk: SaleDesk, scene: Scene, number: int = 0) -> Order:
    """An order whose bank has said yes, which nobody knows yet."""
    order = await desk.place(order_request(scene, 2194, token="tok_unknown", email=f"slow{number}@example.com"))
    assert order.state == "payment_pending"
    return order


async def seen(run: Runner, order: Order) -> Order:
    async with run.database.reading() as connection:
        return await checkout.order_by_token(connection, OrderId(order.id), order.receipt_token)


async def count(run: Runner, sql: str) -> object:
    return await fetch_value(run.database, f"select {sql}")


async def take_everything_back(run: Runner, desk: SaleDesk, scene: Scene, orders: list[Order]) -> None:
    for order in orders:
        asked = TakeBack(id=uuid4(), kind="return", reason="the test wants it")
        await desk.take_back(scene.shop_id, OrderId(order.id), asked)
    async with run.database.reading() as connection:
        assert not any((await balances(connection, scene.shop_id)).values())


def test_where_pieces_are_held_a_cart_that_is_never_paid_keeps_them_from_everybody(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await waiting(desk, scene)
        assert order.kept
        with pytest.raises(checkout.SoldOutError):
            await desk.place(order_request(scene, 2194))

    with_desk(run, story, stock=1, first_paid=False)


def test_a_cart_that_is_not_paid_yet_keeps_nothing_and_its_money_goes_back(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        assert (slow.kept, (await seen(run, slow)).kept) == (False, False)
        held = (
            "(select sum(held) from stock_level) + (select sum(held_minor) from funder) + (select sum(held) from deal)"
        )
        assert await count(run, held) == 0
        quick = await desk.place(order_request(scene, 2194))
        assert quick.state == "paid"
        assert await desk.settle_pending(clock.now_us()) == 1
        lost = await seen(run, slow)
        assert (lost.state, lost.cancelled_because) == ("cancelled", "sold_out")
        charge = await provider.find(str(slow.id))
        assert charge is not None
        assert charge.state == "voided"
        assert await count(run, f"state from payment where order_id = '{slow.id}'") == "voided"
        assert await count(run, "count(*) from customer_order where owes_back") == 0
        await take_everything_back(run, desk, scene, [quick])

    with_desk(run, story, stock=1)


def test_an_order_that_is_in_time_is_sold_like_any_other(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        assert await desk.settle_pending(clock.now_us()) == 1
        sold = await seen(run, slow)
        assert (sold.state, sold.kept, sold.cancelled_because) == ("paid", True, None)
        assert await count(run, "sum(spent_minor) from funder") == 800
        with pytest.raises(checkout.BuyerLimitReachedError):
            await desk.place(order_request(scene, 2194, email="slow0@example.com"))
        await take_everything_back(run, desk, scene, [slow])

    with_desk(run, story, per_buyer_limit=1)


async def rush(run: Runner, desk: SaleDesk, provider: TestProvider, scene: Scene) -> Counter[str]:
    """Everybody's bank says yes at the same time; what became of the orders."""
    orders = [await waiting(desk, scene, number) for number in range(BUYERS)]
    told = [provider.sign(ProviderEvent(f"evt-{order.id}", str(order.id), "payment", "authorised")) for order in orders]
    await asyncio.gather(*(desk.hear("test", *each) for each in told))
    ended = [await seen(run, order) for order in orders]
    return Counter(order.cancelled_because or order.state for order in ended)


def test_of_many_that_pay_at_once_exactly_as_many_win_as_there_are_pieces(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        assert await rush(run, desk, provider, scene) == {"paid": PIECES, "sold_out": BUYERS - PIECES}
        assert await count(run, "count(*) from test_charge where state = 'voided'") == BUYERS - PIECES
        assert await count(run, "count(*) from customer_order where owes_back") == 0

    with_desk(run, story)


def test_without_the_claim_and_the_databases_check_all_of_them_would_be_sold(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = claim_held._fit

    async def careless(connection: Any, memory: Any, buyer_hash: Any, lines: Any, asked: Any) -> Any:
        memory.available.update({line["variant_id"]: 1_000 for line in lines})
        return await fits(connection, memory, buyer_hash, lines, asked)

    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        monkeypatch.setattr(claim_held, "_fit", careless)
        for name in ("on_hand_not_negative", "held_fits"):
            drop = f"alter table stock_level drop constraint ck_stock_level_{name}"
            connection = await run.database.raw_connection()
            await connection.execute(drop)
            await connection.close()
        assert await rush(run, desk, provider, scene) == {"paid": BUYERS}
        assert await count(run, "min(on_hand) from stock_level") == PIECES - BUYERS

    with_desk(run, story, audited=False)


def test_two_banks_that_answer_in_the_buyers_own_requests(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        asked = [order_request(scene, 2194, email=f"buyer{number}@example.com") for number in range(6)]
        answers = await asyncio.gather(*(desk.place(each) for each in asked))
        assert Counter(each.cancelled_because or each.state for each in answers) == {"paid": 1, "sold_out": 5}
        assert await asyncio.gather(*(desk.place(each) for each in asked)) == answers

    with_desk(run, story, stock=1, kind=Asked)


# The platform's 30 % of 8.00 is 2.40: enough for one order.
SHORT = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=300), FUNDERS[2])


@pytest.mark.parametrize(
    ("because", "deal"),
    [("deal_limit_reached", {"total_limit": 1}), ("budget_exhausted", {"funders": SHORT})],
)
def test_a_deals_pieces_and_money_are_not_kept_either(run: Runner, because: str, deal: dict[str, Any]) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        await desk.place(order_request(scene, 2194))
        assert await desk.settle_pending(clock.now_us()) == 1
        assert (await seen(run, slow)).cancelled_because == because

    with_desk(run, story, **deal)


def test_money_that_was_taken_already_is_sent_back(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        await desk.place(order_request(scene, 2194))
        await provider.capture(str(slow.id))  # as if the process had died right after
        assert await desk.settle_pending(clock.now_us()) == 1
        assert await count(run, f"amount_minor from test_refund where charge_key = '{slow.id}'") == 2194
        assert await count(run, f"state from payment where order_id = '{slow.id}'") == "refunded"

    with_desk(run, story, stock=1)


def test_money_is_given_back_however_often_it_takes(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        await desk.place(order_request(scene, 2194))
        await desk.settle_pending(clock.now_us())
        assert (await seen(run, slow)).state == "cancelled"
        assert await count(run, "count(*) from customer_order where owes_back") == 1
        assert await desk.return_lost(clock.now_us()) == 1
        assert await desk.return_lost(clock.now_us()) == 0
        charge = await provider.find(str(slow.id))
        assert charge == Charge(str(slow.id), "voided", Money(2194, "USD"))

    with_desk(run, story, stock=1, kind=Forgetful)


def test_an_order_whose_bank_never_answers_ends_and_gives_nothing_back_twice(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        await fetch_value(run.database, "delete from test_charge returning 1")
        clock.advance(600 * SECOND)
        assert await desk.expire_holds(clock.now_us()) == 1
        ended = await seen(run, slow)
        assert (ended.state, ended.cancelled_because) == ("cancelled", None)
        assert await count(run, "min(held) + min(on_hand) from stock_level") == PIECES

    with_desk(run, story)


async def add_mug_deal(run: Runner, scene: Scene, first_paid: bool | None) -> None:
    """1.00 off the mug."""
    async with run.database.transaction() as connection:
        deal = NewDeal(
            product_id=ProductId(scene.mug.id), kind="amount", title="Mug deal", amount_minor=100, duration_s=300,
            funders=FUNDERS, first_paid=first_paid,
        )  # fmt: skip
        deal_id = await deals.create_deal(connection, scene.shop_id, deal)
        for funder in FUNDERS:
            await deals.accept_funding(
                connection, deal_id, funder.party, accepted_by=scene.person_id, at_us=NOW_US
            )  # fmt: skip
        await deals.open_deal(connection, deal_id, NOW_US)


@pytest.mark.parametrize(
    ("shop", "serum", "mug", "with_mug", "kept"),
    [
        (False, None, None, False, True),
        (False, True, None, False, False),
        (False, False, True, True, False),
        (True, None, None, False, False),
        (True, False, None, False, True),
        # The mug is on no deal that keeps it, so the cart keeps nothing.
        (True, False, None, True, False),
        (True, False, False, True, True),
        (True, True, False, True, False),
    ],
)
def test_a_deal_chooses_for_itself_and_else_the_shop_does(
    run: Runner, shop: bool, serum: bool | None, mug: bool | None, with_mug: bool, kept: bool
) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        await add_mug_deal(run, scene, mug)
        lines = [(scene.serum.variants[0].id, 1)] + ([(scene.mug.variants[0].id, 1)] if with_mug else [])
        total = 2194 + (1100 if with_mug else 0)
        order = await desk.place(order_request(scene, total, *lines, token="tok_unknown"))
        assert (order.state, order.kept) == ("payment_pending", kept)
        assert await count(run, "sum(held)::int from deal") == (len(lines) if kept else 0)
        assert await count(run, "sum(held)::int from stock_level") == (len(lines) if kept else 0)
        assert await desk.settle_pending(clock.now_us()) == 1
        assert (await seen(run, order)).state == "paid"

    with_desk(run, story, first_paid=shop, deal_first_paid=serum)


def test_two_race_for_the_last_piece_of_a_deal_that_serves_who_pays_first(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await waiting(desk, scene)
        paid = await desk.place(order_request(scene, 2194, email="fast@example.com"))
        assert paid.state == "paid"
        await desk.settle_pending(clock.now_us())
        assert (await seen(run, slow)).cancelled_because == "sold_out"
        # What is sold at the list price is the shop's affair: there, pieces are kept.
        mug = await desk.place(order_request(scene, 1695, (scene.mug.variants[0].id, 1), token="tok_unknown"))
        assert mug.kept

    with_desk(run, story, stock=1, first_paid=False, deal_first_paid=True)
