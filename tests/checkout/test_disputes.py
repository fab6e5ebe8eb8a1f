"""Disputed payments from their opening to their end, and what their provider tells of them out of order."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tallylight.checkout import Order, SaleDesk, TestProvider
from tallylight.checkout.disputes.follow_dispute import mark_evidence_sent
from tallylight.checkout.disputes.open_dispute import CHECK_AGAIN_US, dispute_id_of
from tallylight.checkout.disputes.queries import disputes_of_order
from tallylight.checkout.disputes.schemas import DisputeView
from tallylight.checkout.fulfilment.advance import NewStep, advance
from tallylight.checkout.fulfilment.to_ship import orders_to_ship
from tallylight.checkout.payments import Dispute, DisputeState, OutcomeUnknownError, ProviderEvent
from tallylight.checkout.queries import orders_of_shop
from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, NotFoundError, UnavailableError
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

PAID = 2194
"""One serum at 24.99 less 8.00, shipped for 4.95."""
FEE = 1500
WEEK_US = 7 * 86_400_000_000
_BALANCES = """
select coalesce(json_object_agg(name, minor), '{}')::text from (
    select p.kind || ' ' || a.purpose as name, sum(e.amount_minor) as minor
    from entry as e join account as a on a.id = e.account_id join party as p on p.id = a.party_id
    group by 1 having sum(e.amount_minor) <> 0
) as x
"""


class Case:
    """A sold order on a flash deal, the desk that sold it and the bank of its buyer."""

    def __init__(self, run: Runner, desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        self.run, self.desk, self.provider, self.scene, self.clock = run, desk, provider, scene, clock
        self.order: Order

    async def says(
        self, state: DisputeState, *, name: str = "dp_1", minor: int = PAID, fee: int = FEE
    ) -> ProviderEvent:
        told = Dispute(
            name,
            Money(minor, "USD"),
            "product_not_received",
            state,
            fee=Money(fee, "USD") if fee else None,
            due_us=NOW_US + WEEK_US,
        )
        return await self.provider.dispute(str(self.order.id), told)

    async def hear(self, *events: ProviderEvent) -> None:
        for each in events:
            await self.desk.hear("test", *self.provider.sign(each))

    async def disputes(self) -> list[DisputeView]:
        async with self.run.database.reading() as connection:
            return await disputes_of_order(connection, self.order.id)

    async def balances(self) -> Any:
        return json.loads(str(await fetch_value(self.run.database, _BALANCES)))

    async def spent(self) -> object:
        return await fetch_value(self.run.database, "select array_agg(spent_minor::int order by position) from funder")

    async def refund(self, minor: int) -> None:
        asked = TakeBack(id=uuid4(), kind="refund", reason="goodwill", amount=Money(minor, "USD"), shipping=True)
        await self.desk.take_back(self.scene.shop_id, OrderId(self.order.id), asked)


Story = Callable[[Case], Awaitable[None]]


def with_case(run: Runner, story: Story, kind: type[TestProvider] = TestProvider) -> None:
    async def go() -> None:
        clock = ManualClock(NOW_US)
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        provider = kind(run.database, b"shared secret")
        desk = SaleDesk(run.database, clock, {"test": provider})
        case = Case(run, desk, provider, scene, clock)
        try:
            case.order = await desk.place(order_request(scene, PAID))
            await story(case)
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())


def test_an_open_dispute_holds_its_money_and_leaves_budgets_spent(run: Runner) -> None:
    async def story(case: Case) -> None:
        sold = await case.balances()
        await case.hear(await case.says("opened"))
        [dispute] = await case.disputes()
        assert (dispute.state, dispute.reason, dispute.held.minor) == ("opened", "product not received", PAID)
        assert dispute.due_us == NOW_US + WEEK_US
        held = {"brand reserve": PAID, "brand reserve_held": -PAID}
        assert await case.balances() == sold | held
        assert await case.spent() == [400, 240, 160]
        with pytest.raises(ConflictError, match="disputes the payment"):
            await case.refund(1)
        async with case.run.database.transaction() as connection:
            assert (await orders_to_ship(connection, case.scene.shop_id)).orders == []
            with pytest.raises(ConflictError, match="disputes the payment"):
                await advance(
                    connection, case.scene.shop_id, case.order.id, NewStep(state="shipped"), now_us=case.clock.now_us()
                )
            page = await orders_of_shop(connection, case.scene.shop_id, disputed=True)
            assert [(line.id, line.dispute) for line in page.orders] == [(case.order.id, "opened")]

    with_case(run, story)


def test_a_win_leaves_the_sale_as_it_was(run: Runner) -> None:
    async def story(case: Case) -> None:
        sold = await case.balances()
        opened = await case.says("opened", fee=0)
        await case.hear(opened, await case.says("evidence_sent", fee=0))
        assert (await case.disputes())[0].state == "evidence_sent"
        won = await case.says("won", fee=0)
        await case.hear(won, won, opened)
        [dispute] = await case.disputes()
        assert (dispute.state, dispute.fee) == ("won", None)
        assert await case.balances() == sold
        assert await case.spent() == [400, 240, 160]
        async with case.run.database.reading() as connection:
            assert len((await orders_to_ship(connection, case.scene.shop_id)).orders) == 1
        await case.refund(PAID)
        assert await case.balances() == {}

    with_case(run, story)


def test_a_loss_is_taken_back_as_a_refund_is_and_costs_its_fee(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened"))
        lost = await case.says("lost")
        await case.hear(lost, lost)
        [dispute] = await case.disputes()
        assert (dispute.state, dispute.fee) == ("lost", Money(FEE, "USD"))
        assert await case.balances() == {"brand dispute_fee": FEE, "processor dispute_fee": -FEE}
        assert await case.spent() == [0, 0, 0]
        assert await fetch_value(case.run.database, "select standing from order_refunded") == "disputed"
        # The bank has the money already: none is sent.
        assert await fetch_value(case.run.database, "select money from order_refund") == "none"
        assert await fetch_value(case.run.database, "select count(*) from test_refund") == 0

    with_case(run, story)


def test_a_part_is_lost_and_the_rest_can_be_refunded(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened", minor=1000))
        await case.refund(PAID - 1000)
        with pytest.raises(ConflictError, match="disputes the payment"):
            await case.refund(1)
        await case.hear(await case.says("lost", minor=1000, fee=0))
        assert await case.balances() == {}
        assert await case.spent() == [0, 0, 0]

    with_case(run, story)


def test_what_the_bank_takes_beyond_what_was_left_is_the_brands_loss(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.refund(PAID - 500)
        await case.hear(await case.says("opened", fee=0))
        assert (await case.disputes())[0].held.minor == 500
        await case.hear(await case.says("lost", fee=0))
        beyond = PAID - 500
        assert await case.balances() == {"brand adjustment": beyond, "processor adjustment": -beyond}
        # And of another order everything had gone back: there is nothing to hold, and evidence to send.
        case.order = await case.desk.place(order_request(case.scene, PAID))
        await case.refund(PAID)
        await case.hear(await case.says("opened", name="dp_2", fee=0))
        assert (await case.disputes())[0].held.minor == 0
        await case.hear(await case.says("lost", name="dp_2", fee=0))
        lost = beyond + PAID
        assert await case.balances() == {"brand adjustment": lost, "processor adjustment": -lost}

    with_case(run, story)


@pytest.mark.parametrize("last", ["won", "lost"])
def test_events_that_come_twice_late_and_out_of_order_end_in_the_banks_last_word(
    run: Runner, last: DisputeState
) -> None:
    async def story(case: Case) -> None:
        events = [await case.says(state) for state in ("opened", "evidence_sent", last)]
        # All was said before anything was heard; the end is heard first, everything twice and at once.
        await case.hear(events[2])
        signed = [case.provider.sign(each) for each in (*reversed(events), *events)]
        await asyncio.gather(*(case.desk.hear("test", *each) for each in signed))
        assert [each.state for each in await case.disputes()] == [last]
        for kind, count in (("dispute_hold", 1), ("dispute_release", 1), ("chargeback", last == "lost")):
            sql = "select count(*) from transfer where kind = :kind"
            assert await fetch_value(case.run.database, sql, kind=kind) == int(count)

    with_case(run, story)


def test_two_that_hear_of_one_end_at_once_book_it_once(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened"))
        await case.says("lost")
        told = Dispute("dp_1", Money(PAID, "USD"), "fraudulent")
        same = [ProviderEvent(f"evt-{n}", "", "dispute", reference=str(case.order.id), dispute=told) for n in range(8)]
        answers = await asyncio.gather(*(case.hear(each) for each in same), return_exceptions=True)
        # Who meets another's turn is told to come again, as a provider does.
        assert all(each is None or isinstance(each, UnavailableError) for each in answers)
        await case.hear(*same)
        assert await fetch_value(case.run.database, "select count(*) from payment_event where done_us is null") == 0
        assert await fetch_value(case.run.database, "select count(*) from order_refund") == 1
        assert await case.balances() == {"brand dispute_fee": FEE, "processor dispute_fee": -FEE}

    with_case(run, story)


def test_two_disputes_of_one_order_never_hold_more_than_was_paid(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened", minor=1500, fee=0))
        case.clock.advance(1)
        await case.hear(await case.says("opened", name="dp_2", fee=0))
        assert [each.held.minor for each in await case.disputes()] == [1500, PAID - 1500]
        await case.hear(await case.says("won", minor=1500, fee=0), await case.says("lost", name="dp_2", fee=0))
        assert [each.state for each in await case.disputes()] == ["won", "lost"]

    with_case(run, story)


def test_an_inquiry_takes_no_money_until_it_becomes_a_dispute(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("inquiry"))
        assert await case.disputes() == []
        await case.hear(await case.says("opened"))
        assert [each.state for each in await case.disputes()] == ["opened"]

    with_case(run, story)


def test_what_cannot_be_acted_on_is_noted_with_its_event(run: Runner) -> None:
    async def story(case: Case) -> None:
        unknown = Dispute("dp_none", Money(PAID, "USD"), "fraudulent")
        await case.hear(ProviderEvent("one", str(case.order.id), "dispute", dispute=unknown))
        await case.hear(ProviderEvent("two", str(uuid4()), "dispute", dispute=unknown))
        case.order = await case.desk.place(order_request(case.scene, PAID, token="tok_unknown"))
        await case.hear(await case.says("opened"))
        assert await fetch_value(case.run.database, "select count(*) from payment_event where problem is null") == 0
        assert await fetch_value(case.run.database, "select count(*) from order_dispute") == 0

    with_case(run, story)


class Fickle(TestProvider):
    """It does not answer when it is away."""

    away = False

    async def find_dispute(self, dispute_id: str) -> Dispute | None:
        if self.away:
            raise OutcomeUnknownError("the payment provider did not answer")
        return await super().find_dispute(dispute_id)


def test_a_provider_that_is_away_is_heard_when_it_tells_again(run: Runner) -> None:
    async def story(case: Case) -> None:
        assert isinstance(case.provider, Fickle)
        opened = await case.says("opened")
        case.provider.away = True
        with pytest.raises(UnavailableError):
            await case.hear(opened)
        case.provider.away = False
        await case.hear(opened)
        assert [each.state for each in await case.disputes()] == ["opened"]

    with_case(run, story, Fickle)


def test_a_bank_that_changes_a_loss_gives_the_money_to_the_brand(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened"), await case.says("lost"))
        won = await case.says("won", fee=0)
        await case.hear(won, msgspec.structs.replace(won, id="won, and told once more"))
        # The order stays taken back, its budgets free; the fee was given back.
        gain = {"brand adjustment": -PAID, "processor adjustment": PAID}
        assert ((await case.disputes())[0].state, await case.balances()) == ("won", gain)
        assert await case.spent() == [0, 0, 0]
        lost = msgspec.structs.replace(await case.says("lost"), id="lost after all")
        await case.hear(lost, msgspec.structs.replace(lost, id="lost after all, and told once more"))
        assert await case.balances() == {"brand dispute_fee": FEE, "processor dispute_fee": -FEE}

    with_case(run, story)


def test_a_bank_that_changes_a_win_takes_the_order_back(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened"), await case.says("won"))
        # Meanwhile a part of it was refunded: the bank takes it once more, and that is the brand's loss.
        await case.refund(500)
        lost = await case.says("lost")
        await asyncio.gather(*(case.hear(msgspec.structs.replace(lost, id=f"{n}")) for n in range(2)))
        [dispute] = await case.disputes()
        assert (dispute.state, dispute.held.minor) == ("lost", PAID - 500)
        beyond = {"brand adjustment": 500, "processor adjustment": -500}
        assert await case.balances() == beyond | {"brand dispute_fee": FEE, "processor dispute_fee": -FEE}
        assert await case.spent() == [0, 0, 0]

    with_case(run, story)


def test_an_end_that_nobody_told_of_is_asked_for(run: Runner) -> None:
    async def story(case: Case) -> None:
        await case.hear(await case.says("opened"))
        await case.says("won", fee=0)
        assert await case.desk.check_disputes(case.clock.now_us()) == 0
        case.clock.advance(CHECK_AGAIN_US)
        assert await case.desk.check_disputes(case.clock.now_us()) == 1
        assert [each.state for each in await case.disputes()] == ["won"]
        case.clock.advance(CHECK_AGAIN_US)
        assert await case.desk.check_disputes(case.clock.now_us()) == 0

    with_case(run, story)


def test_staff_note_that_evidence_was_sent(run: Runner) -> None:
    async def story(case: Case) -> None:
        dispute_id = dispute_id_of("test", "dp_1")
        with pytest.raises(NotFoundError):
            await mark_evidence_sent(case.run.database, dispute_id, None, now_us=1)
        await case.hear(await case.says("opened"))
        for _ in range(2):
            await mark_evidence_sent(case.run.database, dispute_id, case.scene.person_id, now_us=case.clock.now_us())
        assert (await case.disputes())[0].evidence_us == case.clock.now_us()
        await case.hear(await case.says("lost"))
        with pytest.raises(ConflictError, match="no more evidence"):
            await mark_evidence_sent(case.run.database, dispute_id, None, now_us=1)

    with_case(run, story)
