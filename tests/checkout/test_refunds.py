"""Orders taken back, from the desk's side: books, stock, deals and budgets, money, repeats and races."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallylight import deals
from tallylight.checkout import Order, SaleDesk
from tallylight.checkout.payments import OutcomeUnknownError
from tallylight.checkout.refunds.models import order_refund
from tallylight.checkout.refunds.queries import refunds_of_order
from tallylight.checkout.refunds.schemas import RefundKind, TakeBack, TakeBackLine
from tallylight.checkout.refunds.send_money import TRIES_MAX, try_again
from tallylight.checkout.test_provider import TestProvider
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, InvalidInputError, TallyError, UnavailableError
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000
KINDS: tuple[RefundKind, ...] = ("return", "refund", "exchange")
KINDS_OF_ALL: tuple[RefundKind, ...] = ("cancel", "refund", "chargeback")


class Story(msgspec.Struct):
    """A desk, its scene and an order of two serums and a mug: 50.93, of which 4.95 is shipping."""

    desk: SaleDesk
    scene: Scene
    clock: ManualClock
    order: Order

    async def take(self, kind: RefundKind, *lines: TakeBackLine, **more: Any) -> Any:
        asked = TakeBack(
            id=more.pop("id", None) or uuid4(), kind=kind, reason="the test wants it", lines=list(lines), **more
        )
        return await self.desk.take_back(self.scene.shop_id, OrderId(self.order.id), asked)


def with_order(run: Runner, story: Callable[[Story], Awaitable[Any]], provider: Any = None, **deal: Any) -> Any:
    async def go() -> Any:
        clock = ManualClock(NOW_US + 10 * SECOND)
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene, **deal)
        desk = SaleDesk(run.database, clock, None if provider is None else {"test": provider})
        await desk.start(tick_s=None)
        try:
            lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
            order = await desk.place(order_request(scene, 5093, *lines))
            return await story(Story(desk, scene, clock, order))
        finally:
            await desk.stop()

    return run(go())


async def stock(run: Runner, variant_id: UUID) -> object:
    return await fetch_value(run.database, "select on_hand from stock_level where variant_id = :id", id=variant_id)


async def refused(waiting: Awaitable[Any]) -> TallyError:
    with pytest.raises(TallyError) as caught:
        await waiting
    return caught.value


def test_a_returned_piece_takes_back_its_share_of_everything(run: Runner) -> None:
    async def story(s: Story) -> None:
        serum = s.scene.serum.variants[0].id
        view = await s.take("return", TakeBackLine(1, 1))
        assert (view.amount.minor, view.discount.minor, view.money) == (1699, 800, "sent")
        async with run.database.transaction() as connection:
            booked = await balances(connection, s.scene.shop_id)
            deal = await deals.deal_budget(connection, s.scene.deal_id or s.order.id)  # type: ignore[arg-type]
        assert booked == {
            ("processor", "customer_payment", "USD"): 5093 - 1699,
            ("brand", "seller_discount", "USD"): 400,
            ("platform", "platform_discount", "USD"): 240,
            ("creator", "creator_discount", "USD"): 160,
            ("brand", "subtotal", "USD"): -(6198 - 2499),
            ("brand", "shipping", "USD"): -495,
            ("brand", "affiliate_commission", "USD"): 290,  # 4.60 less 4.60 × 16.99/45.98 = 1.70
            ("creator", "affiliate_commission", "USD"): -290,
        }
        assert (deal.sold, [each.spent.minor for each in deal.agreement.funders]) == (1, [400, 240, 160])
        assert await stock(run, serum) == 49
        assert await fetch_value(run.database, "select sum(quantity)::int from deal_buyer") == 1
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_a_cancelled_order_leaves_nothing_anywhere(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.take("cancel")
        assert (view.amount.minor, view.shipping.minor) == (5093, 495)
        async with run.database.transaction() as connection:
            booked = await balances(connection, s.scene.shop_id)
            deal = await deals.deal_budget(connection, s.scene.deal_id or s.order.id)  # type: ignore[arg-type]
        assert not any(booked.values())
        assert (deal.sold, [each.spent.minor for each in deal.agreement.funders]) == (0, [0, 0, 0])
        assert await stock(run, s.scene.serum.variants[0].id) == 50
        assert await fetch_value(run.database, "select standing from order_refunded") == "cancelled"
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 5093
        assert await disagreements(run.database) == []
        assert (await refused(s.take("cancel"))).message == "everything was taken back already"

    with_order(run, story)


def test_goodwill_money_goes_back_and_the_pieces_stay(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.take("refund", amount=Money(500, "USD"))
        assert (view.amount.minor, view.discount.minor, view.lines[0].quantity) == (500, 174, 0)
        assert await stock(run, s.scene.serum.variants[0].id) == 48
        rest = await s.take("refund")
        assert rest.amount.minor == 4593
        async with run.database.transaction() as connection:
            assert not any((await balances(connection, s.scene.shop_id)).values())
        # The buyer keeps the goods: they stay counted for the deal and off the shelf, the budgets are free again.
        assert await fetch_value(run.database, "select sold from deal") == 2
        assert await fetch_value(run.database, "select sum(spent_minor)::int from funder") == 0
        assert await stock(run, s.scene.serum.variants[0].id) == 48
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_a_damaged_piece_comes_back_but_not_to_the_shelf(run: Runner) -> None:
    async def story(s: Story) -> None:
        await s.take("return", TakeBackLine(1, 1, restock=False), TakeBackLine(2, 1), shipping=True)
        assert await stock(run, s.scene.serum.variants[0].id) == 48
        assert await stock(run, s.scene.mug.variants[0].id) == 50
        assert await fetch_value(run.database, "select sold from deal") == 1
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_an_exchange_moves_pieces_and_no_money(run: Runner) -> None:
    async def story(s: Story) -> None:
        small, large = (variant.id for variant in s.scene.serum.variants)
        view = await s.take("exchange", TakeBackLine(1, 1, variant_id=large))
        assert (view.amount.minor, view.money) == (0, "none")
        assert (await stock(run, small), await stock(run, large)) == (49, 49)
        # What the buyer has now is one of each; a return takes the piece that was there first.
        await s.take("return", TakeBackLine(1, 2))
        assert (await stock(run, small), await stock(run, large)) == (50, 50)
        wrong = TakeBackLine(2, 1, variant_id=large)
        assert isinstance(await refused(s.take("exchange", wrong)), InvalidInputError)
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_an_exchange_for_what_is_not_there_is_refused(run: Runner) -> None:
    async def story(s: Story) -> None:
        large = s.scene.serum.variants[1].id
        await s.desk.place(order_request(s.scene, 2699 * 20, (large, 20)))
        await s.desk.place(order_request(s.scene, 2699 * 20, (large, 20)))
        await s.desk.place(order_request(s.scene, 2699 * 9, (large, 9)))
        error = await refused(s.take("exchange", TakeBackLine(1, 2, variant_id=large)))
        assert error.code == "sold_out"
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_a_chargeback_takes_the_books_back_and_sends_nothing(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.take("chargeback", amount=Money(5093, "USD"))
        assert (view.amount.minor, view.money) == (5093, "none")
        assert await fetch_value(run.database, "select standing from order_refunded") == "disputed"
        assert await fetch_value(run.database, "select count(*) from test_refund") == 0
        assert await stock(run, s.scene.mug.variants[0].id) == 49
        async with run.database.transaction() as connection:
            assert not any((await balances(connection, s.scene.shop_id)).values())
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_the_same_id_repeats_its_answer_and_another_body_is_refused(run: Runner) -> None:
    async def story(s: Story) -> None:
        one = uuid4()
        first = await s.take("return", TakeBackLine(1, 1), id=one)
        again = await s.take("return", TakeBackLine(1, 1), id=one)
        assert again == first
        assert (await refused(s.take("return", TakeBackLine(2, 1), id=one))).code == "key_reused"
        assert await fetch_value(run.database, "select count(*) from order_refund") == 1
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 1699

    with_order(run, story)


def test_of_two_refunds_at_once_only_what_is_left_goes_back(run: Runner) -> None:
    async def story(s: Story) -> None:
        asked = [s.take("return", TakeBackLine(2, 1)) for _ in range(8)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        done = [each for each in answers if not isinstance(each, BaseException)]
        assert len(done) == 1
        assert {type(each) for each in answers if isinstance(each, BaseException)} <= {ConflictError, UnavailableError}
        assert await stock(run, s.scene.mug.variants[0].id) == 50
        assert await disagreements(run.database) == []

    with_order(run, story)


def test_the_database_itself_refuses_more_than_was_paid(run: Runner) -> None:
    async def story(s: Story) -> None:
        await s.take("return", TakeBackLine(1, 1))
        with pytest.raises(sa.exc.IntegrityError, match="never_more_than_paid"):
            async with run.database.transaction() as connection:
                await connection.execute(sa.text("update order_refunded set refunded_minor = paid_minor + 1"))

    with_order(run, story)


class MuteProvider(TestProvider):
    """Does what it is asked and does not say so, ``silent`` times."""

    silent = 2

    async def refund(self, key: str, amount: Money, refund_key: str) -> str:
        reference = await super().refund(key, amount, refund_key)
        if self.silent:
            self.silent -= 1
            raise OutcomeUnknownError("the payment provider did not answer")
        return reference


def test_money_is_sent_once_by_a_provider_that_does_not_answer(run: Runner) -> None:
    async def story(s: Story) -> None:
        view = await s.take("return", TakeBackLine(1, 1))
        assert view.money == "due"
        assert await s.desk.send_refunds(s.clock.now_us()) == 0  # not yet: it waits longer each time
        sent = 0
        for _ in range(3):
            s.clock.advance(60 * SECOND)
            sent += await s.desk.send_refunds(s.clock.now_us())
        assert sent == 1
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 1699
        async with run.database.transaction() as connection:
            assert [each.money for each in await refunds_of_order(connection, s.order.id)] == ["sent"]

    with_order(run, story, MuteProvider(run.database))


def test_a_refused_refund_is_shown_and_can_be_tried_again(run: Runner) -> None:
    async def story(s: Story) -> None:
        # Somebody gave the money back at the provider's own desk.
        await s.desk._providers["test"].refund(str(s.order.id), Money(5093, "USD"), "by hand")
        view = await s.take("return", TakeBackLine(1, 1))
        assert (view.money, view.problem) == ("failed", "the charge is not captured, or less than that is left of it")
        assert (await s.desk.send_again(view.id)).money == "failed"
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("update test_charge set refunded_minor = 0"))
        assert (await s.desk.send_again(view.id)).money == "sent"
        with pytest.raises(ConflictError):
            await try_again(run.database, view.id, now_us=s.clock.now_us())

    with_order(run, story)


def test_tries_end(run: Runner) -> None:
    async def story(s: Story) -> None:
        s.desk._providers["test"].silent = 10 * TRIES_MAX  # type: ignore[attr-defined]
        await s.take("return", TakeBackLine(1, 1))
        for _ in range(TRIES_MAX + 2):
            s.clock.advance(2 * 3600 * SECOND)
            await s.desk.send_refunds(s.clock.now_us())
        async with run.database.transaction() as connection:
            row = (await connection.execute(sa.select(order_refund))).one()
        assert (row.money, row.tries, row.problem) == ("failed", TRIES_MAX, "the payment provider did not answer")

    with_order(run, story, MuteProvider(run.database))


def test_a_pending_order_is_released_and_a_captured_one_is_not(run: Runner) -> None:
    async def story(s: Story) -> None:
        pending = await s.desk.place(order_request(s.scene, 2194, token="tok_unknown"))
        assert pending.state == "payment_pending"
        other = msgspec.structs.replace(s, order=pending)
        assert (await refused(other.take("cancel"))).message == "the order is not paid; there is nothing to take back"
        assert await s.desk.release_pending(s.scene.shop_id, OrderId(pending.id)) == "cancelled"
        assert await s.desk.release_pending(s.scene.shop_id, OrderId(s.order.id)) == "paid"
        assert await disagreements(run.database) == []

    with_order(run, story)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_taken_back_everything_ends_at_zero(run: Runner, data: st.DataObject) -> None:
    """Many orders, each taken back in random pieces and amounts until nothing is left."""

    async def story(s: Story) -> None:
        for _ in range(data.draw(st.integers(0, 5))):
            kind = data.draw(st.sampled_from(KINDS))
            try:
                if data.draw(st.booleans()):
                    minor = data.draw(st.integers(1, 3000))
                    await s.take("refund", amount=Money(minor, "USD"), shipping=data.draw(st.booleans()))
                elif kind == "exchange":
                    await s.take("exchange", TakeBackLine(1, 1, variant_id=s.scene.serum.variants[1].id))
                else:
                    line = TakeBackLine(data.draw(st.integers(1, 2)), 1, restock=data.draw(st.booleans()))
                    await s.take(kind, line, shipping=data.draw(st.booleans()))
            except ConflictError:
                continue
        with contextlib.suppress(ConflictError):  # everything was taken back already
            await s.take(data.draw(st.sampled_from(KINDS_OF_ALL)))
        async with run.database.transaction() as connection:
            assert not any((await balances(connection, s.scene.shop_id)).values())
        spent = "select sum(spent_minor)::int from funder join deal using (agreement_id) where deal.id = :deal"
        assert await fetch_value(run.database, spent, deal=s.scene.deal_id) == 0
        assert await disagreements(run.database) == []

    _fresh(run)
    with_order(run, story)


def _fresh(run: Runner) -> None:
    """Another shop for each example: the books of the ones before stay as they ended."""

    async def rename() -> None:
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("update shop set slug = slug || '-' || id"))
            await connection.execute(sa.text("update show set slug = slug || '-' || id"))

    run(rename())
