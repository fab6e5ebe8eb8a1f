"""Exchanges for something else, from the desk's side: what is asked of the buyer, booked once paid, and given back."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa

from tallylight.checkout import Order, PaymentDeclinedError, PaymentMeans, SaleDesk
from tallylight.checkout.desk.exchange import HOLD_US
from tallylight.checkout.exchanges.divide import divide
from tallylight.checkout.exchanges.schemas import Exchange, ExchangeView
from tallylight.checkout.models import customer_order
from tallylight.checkout.payments import Dispute, OutcomeUnknownError, ProviderEvent
from tallylight.checkout.refunds.schemas import RefundView, TakeBack, TakeBackLine
from tallylight.checkout.shoppers.models import shopper_deletion
from tallylight.checkout.test_provider import TestProvider
from tallylight.deals import CartLine
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, InvalidInputError, TallyError
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000
HELD = "select ((select sum(held) from stock_level) + (select sum(held_minor) from funder))::int"
KEPT = "select (sum(amount_minor) - sum(refunded_minor))::int from test_charge where state = 'captured'"
"""What the provider has of all buyers' money. (A charge at once gets its row when something is asked of it.)"""


class Story(msgspec.Struct):
    """A desk, its scene and an order of two serums at 16.99 and a mug: 50.93, of which 4.95 is shipping. Its deal, 8.00
    off each serum, ends after five minutes.
    """

    run: Runner
    desk: SaleDesk
    bank: TestProvider
    scene: Scene
    clock: ManualClock
    order: Order

    @property
    def small(self) -> UUID:
        return self.scene.serum.variants[0].id

    @property
    def large(self) -> UUID:
        return self.scene.serum.variants[1].id

    @property
    def mug(self) -> UUID:
        return self.scene.mug.variants[0].id

    def asked(self, lines: list[TakeBackLine], *wanted: tuple[UUID, int], minor: int | None = None) -> Exchange:
        difference = None if minor is None else Money(minor, "USD")
        carts = [CartLine(variant_id, count) for variant_id, count in wanted]
        return Exchange(id=uuid4(), reason="too small", lines=lines, wanted=carts, difference=difference)

    async def exchange(self, asked: Exchange, order_id: UUID | None = None) -> ExchangeView:
        return await self.desk.exchange(self.scene.shop_id, OrderId(order_id or self.order.id), asked)

    async def dearer(self) -> ExchangeView:
        """The mug for a large serum, once the deal is over: 34.99 less 12.00."""
        self.clock.advance(600 * SECOND)
        return await self.exchange(self.asked([TakeBackLine(2, 1)], (self.large, 1), minor=2299))

    async def pay(self, view: ExchangeView, token: str = "tok_ok") -> Any:
        assert view.order_id is not None
        return await self.desk.pay_exchange(OrderId(view.order_id), PaymentMeans("test", token))

    async def take(self, order_id: UUID | None, kind: Any = "refund", *lines: TakeBackLine, **more: Any) -> RefundView:
        asked = TakeBack(id=uuid4(), kind=kind, reason="the test wants it", lines=list(lines), **more)
        return await self.desk.take_back(self.scene.shop_id, OrderId(order_id or self.order.id), asked)

    async def state(self, order_id: UUID | None) -> object:
        return await fetch_value(self.run.database, "select state from customer_order where id = :id", id=order_id)

    async def hear(self, key: UUID) -> None:
        event = ProviderEvent(uuid4().hex, str(key), "payment", "captured")
        await self.desk.hear("test", *self.bank.sign(event))

    async def key(self) -> UUID:
        found = await fetch_value(self.run.database, "select charge_key from order_exchange")
        assert isinstance(found, UUID)
        return found

    async def nothing_is_left(self) -> None:
        async with self.run.database.transaction() as connection:
            assert not any((await balances(connection, self.scene.shop_id)).values())
        assert await fetch_value(self.run.database, KEPT) == 0
        assert await fetch_value(self.run.database, "select sum(spent_minor)::int from funder") == 0
        assert await fetch_value(self.run.database, "select count(*)::int from order_refund where money = 'due'") == 0


def tell(run: Runner, story: Callable[[Story], Awaitable[Any]], provider: type[TestProvider] = TestProvider) -> None:
    async def go() -> None:
        clock = ManualClock(NOW_US + 10 * SECOND)
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        bank = provider(run.database, b"shared secret")
        desk = SaleDesk(run.database, clock, {"test": bank})
        try:
            lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
            order = await desk.place(order_request(scene, 5093, *lines))
            await story(Story(run, desk, bank, scene, clock, order))
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())


async def refused(waiting: Awaitable[Any]) -> TallyError:
    with pytest.raises(TallyError) as caught:
        await waiting
    return caught.value


def test_what_it_would_cost_is_said_and_nothing_is_done(run: Runner) -> None:
    async def story(s: Story) -> None:
        # While the deal holds, the large serum costs 26.99: less than two serums at 16.99.
        view = await s.exchange(s.asked([TakeBackLine(1, 2)], (s.large, 1)))
        assert (view.state, view.worth.minor, view.total.minor, view.difference.minor) == ("quoted", 3398, 2699, -699)
        assert view.order_id is None
        assert view.quote is not None
        assert (view.quote.discount.minor, view.quote.shipping.minor) == (800, 0)
        s.clock.advance(600 * SECOND)
        view = await s.exchange(s.asked([TakeBackLine(1, 2)], (s.large, 1)))
        assert (view.total.minor, view.difference.minor) == (3499, 101)
        assert await fetch_value(run.database, "select count(*)::int from order_exchange") == 0
        error = await refused(s.exchange(s.asked([TakeBackLine(1, 2)], (s.large, 1), minor=-699)))
        assert (error.code, error.fields["total_minor"]) == ("price_changed", 101)

    tell(run, story)


def test_a_dearer_one_is_kept_until_it_is_paid_and_then_booked_at_once(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        assert (view.state, view.pay_by_us) == ("payment_pending", s.clock.now_us() + HOLD_US)
        assert view.pay_url is not None
        assert await fetch_value(run.database, HELD) == 1
        assert await fetch_value(run.database, "select count(*)::int from order_refund") == 0
        # What waits is not asked about at a provider that never heard of it.
        assert await s.desk.settle_pending(s.clock.now_us()) == 0
        assert "waits for its payment" in (await refused(s.take(None))).message
        assert "waits for its payment" in (await refused(s.dearer())).message
        assert await s.pay(view) is None
        assert await s.state(view.order_id) == "paid"
        assert await fetch_value(run.database, HELD) == 0
        async with run.database.transaction() as connection:
            booked = await balances(connection, s.scene.shop_id)
        assert booked[("processor", "customer_payment", "USD")] == 5093 + 2299
        assert booked[("brand", "subtotal", "USD")] == -(4998 + 3499)
        # 10 % of 33.98 and of 34.99, half up; the mug's commission went back.
        assert booked[("creator", "affiliate_commission", "USD")] == -(340 + 350)
        stock = "select on_hand from stock_level where variant_id = :id"
        assert await fetch_value(run.database, stock, id=s.mug) == 50
        assert await fetch_value(run.database, stock, id=s.large) == 49
        assert await fetch_value(run.database, "select amount_minor from test_charge") == 2299
        # Told once more, late, nothing more happens.
        await s.hear(await s.key())
        assert (await s.take(view.order_id)).amount.minor == 3499
        assert (await s.take(None)).amount.minor == 5093 - 1200
        await s.nothing_is_left()

    tell(run, story)


def test_the_funders_of_what_comes_back_have_their_parts_again(run: Runner) -> None:
    async def story(s: Story) -> None:
        s.clock.advance(600 * SECOND)
        view = await s.exchange(s.asked([TakeBackLine(1, 1)], (s.large, 1), minor=3499 - 1699))
        assert await fetch_value(run.database, "select sum(spent_minor)::int from funder") == 1600
        await s.pay(view)
        assert await fetch_value(run.database, "select sum(spent_minor)::int from funder") == 800
        assert await fetch_value(run.database, "select sold from deal") == 1

    tell(run, story)


def test_a_cheaper_one_is_booked_at_once_and_the_difference_goes_back(run: Runner) -> None:
    async def story(s: Story) -> None:
        asked = s.asked([TakeBackLine(1, 1, restock=False)], (s.mug, 1), minor=1200 - 1699)
        view = await s.exchange(asked)
        assert (view.state, view.pay_url) == ("paid", None)
        assert await s.exchange(asked) == view
        other = msgspec.structs.replace(asked, reason="another")
        assert (await refused(s.exchange(other))).code == "key_reused"
        assert await fetch_value(run.database, KEPT) == 5093 - 499
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 499
        async with run.database.transaction() as connection:
            assert (await balances(connection, s.scene.shop_id))[("processor", "customer_payment", "USD")] == 5093 - 499
        assert (await s.take(view.order_id)).money == "sent"
        await s.take(None)
        await s.nothing_is_left()

    tell(run, story)


def test_an_exchange_of_an_exchange_gives_back_what_each_payment_paid(run: Runner) -> None:
    async def story(s: Story) -> None:
        first = await s.dearer()
        await s.pay(first)
        # Two large ones for the one: 34.99 more. Then a mug for both: 57.98 go back.
        second = await s.exchange(s.asked([TakeBackLine(1, 1)], (s.large, 2), minor=3499), first.order_id)
        await s.pay(second)
        third = await s.exchange(s.asked([TakeBackLine(1, 2)], (s.mug, 1), minor=1200 - 6998), second.order_id)
        assert third.state == "paid"
        charges = "select array_agg(amount_minor - refunded_minor order by amount_minor)::int[] from test_charge"
        assert await fetch_value(run.database, charges) == [1200, 0, 3893]
        assert (await s.take(third.order_id)).amount.minor == 1200
        assert await fetch_value(run.database, charges) == [0, 0, 3893]
        await s.take(None)
        await s.nothing_is_left()

    tell(run, story)


def test_another_card_may_be_tried_and_the_first_one_pays_nothing_late(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        with pytest.raises(PaymentDeclinedError):
            await s.pay(view, "tok_declined")
        # Of a try that has failed no provider is asked any more.
        assert await fetch_value(run.database, "select charge_key from order_exchange") is None
        assert await s.desk.settle_pending(s.clock.now_us()) == 0
        assert await s.state(view.order_id) == "payment_pending"
        step = await s.pay(view, "tok_challenge")
        assert step.kind == "test_dialog"
        left_alone = await s.key()
        assert await s.pay(view) is None
        assert await s.state(view.order_id) == "paid"
        # The buyer answers the bank in the other window after all: it was told to stop.
        with pytest.raises(ConflictError):
            await s.bank.answer_challenge(str(left_alone), step.secret, passed=True)
        await s.hear(left_alone)
        assert (
            await fetch_value(run.database, "select sum(amount_minor) from test_charge where state = 'captured'")
            == 2299
        )
        assert (await refused(s.pay(view))).code == "conflict"

    tell(run, story)


def test_a_bank_that_asks_first_is_answered_and_then_it_is_booked(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        step = await s.pay(view, "tok_redirect")
        assert view.order_id is not None
        assert await s.desk.ask_provider(OrderId(view.order_id)) == step
        await s.bank.answer_challenge(str(await s.key()), step.secret, passed=True)
        await s.hear(await s.key())
        await s.hear(await s.key())
        assert await s.state(view.order_id) == "paid"
        assert await s.desk.ask_provider(OrderId(view.order_id)) is None

    tell(run, story)


def test_a_bank_that_says_no_ends_the_try_and_not_the_exchange(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        step = await s.pay(view, "tok_challenge")
        await s.bank.answer_challenge(str(await s.key()), step.secret, passed=False)
        assert await s.desk.settle_pending(s.clock.now_us()) == 0
        assert await fetch_value(run.database, "select charge_key from order_exchange") is None
        assert await s.pay(view) is None
        assert await s.state(view.order_id) == "paid"

    tell(run, story)


def test_another_process_exchanges_by_the_one_that_holds_the_desk(run: Runner) -> None:
    async def story(s: Story) -> None:
        other = SaleDesk(run.database, s.clock, {"test": s.bank})
        try:
            view = await msgspec.structs.replace(s, desk=other).dearer()
            await msgspec.structs.replace(s, desk=other).pay(view)
            assert await s.state(view.order_id) == "paid"
            refused_there = msgspec.structs.replace(s, desk=other).exchange(s.asked([TakeBackLine(2, 1)], (s.mug, 1)))
            assert (await refused(refused_there)).code == "conflict"  # the mug is not there any more
        finally:
            await other.stop()

    tell(run, story)


@pytest.mark.parametrize("tried", [None, "tok_declined", "tok_challenge"])
def test_what_is_not_paid_in_time_is_free_again(run: Runner, tried: str | None) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        if tried == "tok_declined":
            with pytest.raises(PaymentDeclinedError):
                await s.pay(view, tried)
        elif tried is not None:
            await s.pay(view, tried)
        s.clock.advance(HOLD_US - 1)
        assert await s.desk.expire_holds(s.clock.now_us()) == 0
        s.clock.advance(1)
        assert await s.desk.expire_holds(s.clock.now_us()) == 1
        assert await s.state(view.order_id) == "cancelled"
        assert await fetch_value(run.database, HELD) == 0
        assert await fetch_value(run.database, "select count(*)::int from order_refund") == 0
        assert "not to be paid any more" in (await refused(s.pay(view))).message
        assert (await s.take(None)).amount.minor == 5093

    tell(run, story)


def test_money_that_comes_after_the_hold_goes_back(run: Runner) -> None:
    class Late(TestProvider):
        """Says yes to a charge that was let go of, as a bank may that hears of it too late."""

        async def void(self, key: str) -> Any:
            charge = await self.find(key)
            return charge if charge is not None and charge.state == "challenged" else await super().void(key)

    async def story(s: Story) -> None:
        view = await s.dearer()
        step = await s.pay(view, "tok_challenge")
        s.clock.advance(HOLD_US)
        assert await s.desk.expire_holds(s.clock.now_us()) == 1
        key = str(await s.key())
        await s.bank.answer_challenge(key, step.secret, passed=True)
        await s.bank.capture(key)
        await s.hear(UUID(key))
        await s.hear(UUID(key))
        assert await s.state(view.order_id) == "cancelled"
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 2299

    tell(run, story, Late)


def test_what_a_bank_took_back_meanwhile_is_not_exchanged_and_the_money_goes_back(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        step = await s.pay(view, "tok_challenge")
        for state in ("opened", "lost"):
            told = Dispute("dp_1", Money(5093, "USD"), "fraudulent", state)
            await s.desk.hear("test", *s.bank.sign(await s.bank.dispute(str(s.order.id), told)))
        await s.bank.answer_challenge(str(await s.key()), step.secret, passed=True)
        await s.hear(await s.key())
        assert await s.state(view.order_id) == "cancelled"
        lost = "select cancelled_because from customer_order where cancelled_because is not null"
        assert await fetch_value(run.database, lost) == "exchange_over"
        assert await s.desk.return_lost(s.clock.now_us()) == 1
        charged = "select (amount_minor - refunded_minor)::int from test_charge where key = :key"
        assert await fetch_value(run.database, charged, key=str(await s.key())) == 0
        assert await fetch_value(run.database, HELD) == 0

    tell(run, story)


def test_an_answer_that_got_lost_is_asked_for_later(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.dearer()
        assert await s.pay(view, "tok_unknown") is None
        assert await s.desk.settle_pending(s.clock.now_us()) == 1
        assert await s.state(view.order_id) == "paid"

    tell(run, story)


def test_of_two_tries_at_once_one_waits(run: Runner) -> None:
    class Slow(TestProvider):
        """Somebody else pays while it authorises."""

        other: Callable[[], Awaitable[Any]] | None = None

        async def authorise(self, key: str, token: str, amount: Money) -> Any:
            other, self.other = self.other, None
            if other is not None:
                assert "under way" in (await refused(other())).message
            return await super().authorise(key, token, amount)

    async def story(s: Story) -> None:
        view = await s.dearer()
        s.bank.other = lambda: s.pay(view)  # type: ignore[attr-defined]
        await s.pay(view)
        assert await s.state(view.order_id) == "paid"
        assert await fetch_value(run.database, "select count(*)::int from test_charge") == 1

    tell(run, story, Slow)


def test_a_refund_from_two_payments_is_sent_whole_by_a_bank_that_hesitates(run: Runner) -> None:
    class Mute(TestProvider):
        silent = 1

        async def refund(self, key: str, amount: Money, refund_key: str) -> str:
            reference = await super().refund(key, amount, refund_key)
            if self.silent:
                self.silent -= 1
                raise OutcomeUnknownError("the payment provider did not answer")
            return reference

    async def story(s: Story) -> None:
        view = await s.dearer()
        await s.pay(view)
        assert (await s.take(view.order_id)).money == "due"
        s.clock.advance(60 * SECOND)
        assert await s.desk.send_refunds(s.clock.now_us()) == 1
        charges = "select array_agg(refunded_minor order by refunded_minor)::int[] from test_charge"
        assert await fetch_value(run.database, charges) == [1200, 2299]

    tell(run, story, Mute)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"wanted": []},
        {"reason": " "},
        {"lines": [TakeBackLine(9, 1)]},
        {"lines": [TakeBackLine(1, 0)]},
        {"wanted": [CartLine(uuid4(), 1)]},
    ],
)
def test_what_makes_no_exchange_is_refused(run: Runner, wrong: dict[str, Any]) -> None:
    async def story(s: Story) -> None:
        asked = msgspec.structs.replace(s.asked([TakeBackLine(2, 1)], (s.large, 1), minor=1499), **wrong)
        assert isinstance(await refused(s.exchange(asked)), InvalidInputError)

    tell(run, story)


def test_nobody_who_wants_to_be_forgotten_is_written_down_anew(run: Runner) -> None:
    async def story(s: Story) -> None:
        async with run.database.transaction() as connection:
            buyer = (await connection.execute(sa.select(customer_order.c.buyer_hash))).scalar_one()
            await connection.execute(
                shopper_deletion.insert().values(
                    id=uuid4(), shop_id=s.scene.shop_id, buyer_hash=buyer, through_number=1001, asked_us=NOW_US
                )
            )
        assert "account was deleted" in (await refused(s.dearer())).message

    tell(run, story)


def test_more_than_there_is_cannot_be_exchanged(run: Runner) -> None:
    async def story(s: Story) -> None:
        s.clock.advance(600 * SECOND)
        assert (await refused(s.exchange(s.asked([TakeBackLine(2, 2)], (s.large, 1))))).code == "conflict"
        many = s.asked([TakeBackLine(2, 1)], (s.large, 51), minor=3499 * 51 - 1200)
        assert isinstance(await refused(s.exchange(many)), InvalidInputError)  # more than one may order
        await s.desk.place(order_request(s.scene, 3499 * 20, (s.large, 20), at_us=s.clock.now_us()))
        await s.desk.place(order_request(s.scene, 3499 * 20, (s.large, 20), at_us=s.clock.now_us()))
        many = s.asked([TakeBackLine(2, 1)], (s.large, 11), minor=3499 * 11 - 1200)
        assert (await refused(s.exchange(many))).code == "sold_out"

    tell(run, story)


@pytest.mark.parametrize(
    ("left", "amount", "credited", "parts"),
    [
        ([2299, 1200], 3499, 0, [(2299, 0), (1200, 0)]),
        ([2299, 1200], 3499, 1200, [(2299, 0), (1200, 1200)]),
        ([2299, 1200], 3000, 2000, [(2299, 1299), (701, 701)]),
        ([0, 1200], 5, 5, [None, (5, 5)]),
    ],
)
def test_a_refund_is_divided_over_payments(
    left: list[int], amount: int, credited: int, parts: list[tuple[int, int] | None]
) -> None:
    ids = [uuid4() for _ in left]
    made = divide(dict(zip(ids, left, strict=True)), amount, credited)
    assert [made.get(each) for each in ids] == parts
    with pytest.raises(ValueError, match="more goes back"):
        divide(dict(zip(ids, left, strict=True)), sum(left) + 1, 0)
