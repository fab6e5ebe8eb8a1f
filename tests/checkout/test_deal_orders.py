"""Orders with the deals of several pieces, of the order and of codes: what the desk counts, posts and gives back."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tallylight import checkout, deals
from tallylight.checkout import SaleDesk
from tallylight.checkout.refunds.schemas import TakeBack, TakeBackLine
from tallylight.deals import CartLine, Conditions, NewDeal
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import TallyError
from tallylight.foundation.ids import DealId, OrderId
from tallylight.foundation.money import Money
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import FUNDERS, Scene, make_scene, order_request
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000
VOUCHER = NewDeal(
    kind="percentage",
    title="Voucher",
    form="voucher",
    percentage_bps=1000,
    duration_s=3600,
    counts="orders",
    funders=FUNDERS,
    code="MINA10",
)


async def open_deal(run: Runner, scene: Scene, new: NewDeal) -> DealId:
    async with run.database.transaction() as connection:
        deal_id = await deals.create_deal(connection, scene.shop_id, new)
        for funder in new.funders:
            await deals.accept_funding(connection, deal_id, funder.party, accepted_by=None, at_us=NOW_US)
        await deals.open_deal(connection, deal_id, NOW_US)
    return deal_id


async def codes(run: Runner, deal_id: DealId, count: int) -> list[str]:
    async with run.database.transaction() as connection:
        return await deals.make_codes(connection, deal_id, count)


def request(scene: Scene, total: int, *lines: Any, code: str | None = None, **more: Any) -> checkout.PlaceOrder:
    return msgspec.structs.replace(order_request(scene, total, *lines, **more), code=code)


def story(run: Runner, tell: Any, *new: NewDeal) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        deal_ids = [await open_deal(run, scene, each) for each in new]
        desk = SaleDesk(run.database, ManualClock(NOW_US + 10 * SECOND))
        await desk.start(tick_s=None)
        try:
            await tell(desk, scene, *deal_ids)
        finally:
            await desk.stop()

    run(go())


async def refused(desk: SaleDesk, order: checkout.PlaceOrder) -> TallyError:
    with pytest.raises(TallyError) as caught:
        await desk.place(order)
    return caught.value


def test_quote_checkout_and_books_say_the_same(run: Runner) -> None:
    shipping = msgspec.structs.replace(
        VOUCHER, title="Free shipping", form="free_shipping", code=None, percentage_bps=10_000
    )

    async def tell(desk: SaleDesk, scene: Scene, voucher_id: DealId, shipping_id: DealId) -> None:
        lines = ((scene.serum.variants[0].id, 1), (scene.mug.variants[0].id, 1))
        async with run.database.transaction() as connection:
            cart = [CartLine(*line) for line in lines]
            quote = await checkout.quote_cart(
                connection, scene.show_id, cart, at_us=NOW_US, now_us=NOW_US, code="mina10"
            )
        # 24.99 + 12.00 less 10 %: 3.699 is 3.70; shipping 4.95 is the other deal's.
        assert (quote.discount.minor, quote.shipping.minor, quote.total.minor) == (370, 0, 3329)
        order = await desk.place(request(scene, 3329, *lines, code="Mina10"))
        sold = msgspec.structs.asdict(msgspec.structs.replace(order.quote, at_us=quote.at_us))
        assert sold == {name: getattr(quote, name) for name in sold}
        async with run.database.transaction() as connection:
            booked = await balances(connection, scene.shop_id)
            seen = await deals.deal_budget(connection, voucher_id)
            freed = await deals.deal_budget(connection, shipping_id)
        assert sum(booked.values()) == 0
        assert booked["brand", "shipping", "USD"] == -495
        assert booked["brand", "subtotal", "USD"] == -3699
        # 3.70 is 1.85, 1.11, 0.74; 4.95 is 2.475, 1.485, 0.99: 2.47 (.5), 1.48 (.5), 0.99 and the cent to the first.
        assert booked["platform", "platform_discount", "USD"] == 111 + 148
        assert booked["brand", "affiliate_commission", "USD"] == 333
        assert (seen.sold, sum(each.spent.minor for each in seen.agreement.funders)) == (1, 370)
        assert (freed.sold, [each.spent.minor for each in freed.agreement.funders]) == (1, [248, 148, 99])

    story(run, tell, VOUCHER, shipping)


def test_a_quote_says_what_a_little_more_would_bring(run: Runner) -> None:
    async def tell(desk: SaleDesk, scene: Scene) -> None:
        async with run.database.reading() as connection:
            cart = [CartLine(scene.mug.variants[0].id, 1)]
            quote = await checkout.quote_cart(connection, scene.show_id, cart, at_us=NOW_US, now_us=NOW_US)
        # Shipping is free from 60.00 on.
        assert quote.next_steps == [deals.NextStep("free_shipping", Money(4800, "USD"))]

    story(run, tell)


def test_a_refund_of_goods_that_were_shipped_free_takes_its_own_commission_back(run: Runner) -> None:
    shipping = msgspec.structs.replace(
        VOUCHER, title="Free shipping", form="free_shipping", code=None, percentage_bps=10_000
    )

    async def tell(desk: SaleDesk, scene: Scene, shipping_id: DealId) -> None:
        lines = ((scene.serum.variants[0].id, 1), (scene.mug.variants[0].id, 1))
        order = await desk.place(request(scene, 3699, *lines))
        commissions = []
        for asked in ([TakeBackLine(position=2, quantity=1)], []):
            taken = TakeBack(id=uuid4(), kind="return", reason="too small", lines=asked)
            await desk.take_back(scene.shop_id, OrderId(order.id), taken)
            async with run.database.transaction() as connection:
                booked = await balances(connection, scene.shop_id)
            commissions.append(booked.get(("brand", "affiliate_commission", "USD"), 0))
        # Of 3.70 on goods of 36.99, the mug takes 3.70 × 12.00/36.99: the shipping that others paid is not in it.
        assert commissions == [370 - 120, 0]
        assert not any(booked.values())
        assert await disagreements(run.database) == []

    story(run, tell, shipping)


def test_a_code_for_one_use_is_used_once_however_many_try_at_once(run: Runner) -> None:
    async def tell(desk: SaleDesk, scene: Scene, voucher_id: DealId) -> None:
        code, other = await codes(run, voucher_id, 2)
        await desk.place(request(scene, 2744, code=other, email="first@example.com"))
        tries = [request(scene, 2744, code=code, email=f"buyer{n}@example.com") for n in range(8)]
        answers = await asyncio.gather(*(desk.place(each) for each in tries), return_exceptions=True)
        assert sum(isinstance(each, checkout.Order) for each in answers) == 1
        assert {each.code for each in answers if isinstance(each, TallyError)} == {"buyer_limit_reached"}
        late = SaleDesk(run.database, ManualClock(NOW_US + 20 * SECOND))
        await desk.stop()
        try:
            assert (await refused(late, request(scene, 2744, code=code))).code == "buyer_limit_reached"
        finally:
            await late.stop()

    story(run, tell, msgspec.structs.replace(VOUCHER, code=None))
    # With memory's guard off the database has the last word.
    with pytest.raises(Exception, match="per_buyer_limit_holds"):
        run(fetch_value(run.database, "update deal_buyer set quantity = 2 where quantity_max = 1 returning 1"))


def test_a_released_order_gives_its_code_back(run: Runner) -> None:
    async def tell(desk: SaleDesk, scene: Scene, voucher_id: DealId) -> None:
        (code,) = await codes(run, voucher_id, 1)
        await desk.place(request(scene, 2744, code=code, token="tok_unknown"))
        assert (await refused(desk, request(scene, 2744, code=code))).code == "buyer_limit_reached"
        await fetch_value(run.database, "delete from test_charge returning 1")
        assert await desk.expire_holds(NOW_US + 10 * SECOND) == 0
        desk._clock.advance(600 * SECOND)  # type: ignore[attr-defined]
        assert await desk.expire_holds(NOW_US + 620 * SECOND) == 1
        order = await desk.place(request(scene, 2744, code=code, at_us=NOW_US + 600 * SECOND))
        assert order.state == "paid"
        counted = "select sum(held) || '/' || sum(sold) from deal"
        assert await fetch_value(run.database, counted) == "0/1"

    story(run, tell, msgspec.structs.replace(VOUCHER, code=None))


def test_for_whom_a_code_is(run: Runner) -> None:
    new = msgspec.structs.replace(VOUCHER, conditions=Conditions(audience="new"), code="HELLO")
    again = msgspec.structs.replace(VOUCHER, title="Again", conditions=Conditions(audience="repeat"), code="AGAIN")
    friends = msgspec.structs.replace(VOUCHER, title="Friends", conditions=Conditions(audience="follower"), code="FAN")

    async def tell(desk: SaleDesk, scene: Scene, *_: DealId) -> None:
        for code, why in (("AGAIN", "ordered before"), ("FAN", "followers"), ("NOPE", "not known")):
            error = await refused(desk, request(scene, 2744, code=code))
            assert (error.code, error.fields["total_minor"]) == ("price_changed", 2994)
            assert why in error.message
        await desk.place(request(scene, 2744, code="HELLO"))
        assert "first order" in (await refused(desk, request(scene, 2744, code="HELLO"))).message
        assert (await desk.place(request(scene, 2744, code="AGAIN"))).state == "paid"
        async with run.database.transaction() as connection:
            await deals.follow_shop(
                connection, scene.shop_id, checkout.buyer_hash(scene.shop_id, "ada@example.com"), at_us=NOW_US
            )
        assert (await desk.place(request(scene, 2744, code="FAN"))).state == "paid"

    story(run, tell, new, again, friends)


def test_the_first_n_buyers(run: Runner) -> None:
    first = NewDeal(
        product_ids=(),
        kind="amount",
        title="First two",
        form="campaign",
        amount_minor=500,
        duration_s=3600,
        counts="orders",
        total_limit=2,
        per_buyer_limit=1,
        funders=FUNDERS,
    )

    async def tell(desk: SaleDesk, scene: Scene, deal_id: DealId) -> None:
        # 2 × 19.99 and shipping: the limit counts buyers, not their pieces.
        serums = (scene.serum.variants[0].id, 2)
        await desk.place(request(scene, 4493, serums, email="a@example.com"))
        again = await refused(desk, request(scene, 4493, serums, email="a@example.com"))
        assert (again.code, again.fields["total_minor"]) == ("buyer_limit_reached", 5493)
        await desk.place(request(scene, 4493, serums, email="b@example.com"))
        assert (await refused(desk, request(scene, 4493, serums, email="c@example.com"))).code == "deal_limit_reached"

    story(run, tell, first)


def test_funders_bear_goods_and_shipping_of_one_order(run: Runner) -> None:
    shipping = msgspec.structs.replace(
        VOUCHER, title="Free shipping", form="free_shipping", code=None, percentage_bps=10_000
    )

    async def tell(desk: SaleDesk, scene: Scene, voucher_id: DealId, shipping_id: DealId) -> None:
        order = await desk.place(request(scene, 2249, code="MINA10"))
        async with run.database.transaction() as connection:
            booked = await balances(connection, scene.shop_id)
        # Who paid: the customer 22.49, the funders 2.50 of the goods and 4.95 of the shipping.
        funded = sum(minor for (_, purpose, _), minor in booked.items() if purpose.endswith("_discount"))
        assert (order.quote.shipping.minor, funded, sum(booked.values())) == (0, 250 + 495, 0)

    story(run, tell, VOUCHER, shipping)
