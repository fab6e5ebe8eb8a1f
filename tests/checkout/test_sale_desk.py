"""The sale desk from the buyer's side: orders, refusals, repeats, payments that take their time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from tallylight import catalogue, checkout, deals
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError, TallyError
from tallylight.foundation.ids import OrderId, VariantId, new_id
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value
from tests.support.waiting import until

SECOND = 1_000_000


def with_desk(
    run: Runner,
    story: Callable[[SaleDesk, Scene, ManualClock], Awaitable[Any]],
    *,
    stock: int = 50,
    **deal: Any,
) -> Any:
    """Run ``story`` with a desk, a scene and its flash deal open since NOW_US."""

    async def go() -> Any:
        clock = ManualClock(NOW_US + 10 * SECOND)
        scene = await make_scene(run.database, stock=stock)
        await open_flash_deal(run.database, scene, **deal)
        desk = SaleDesk(run.database, clock)
        await desk.start(tick_s=None)
        try:
            return await story(desk, scene, clock)
        finally:
            await desk.stop()

    return run(go())


async def refused(desk: SaleDesk, request: checkout.PlaceOrder) -> TallyError:
    with pytest.raises(TallyError) as caught:
        await desk.place(request)
    return caught.value


def test_an_order_is_priced_paid_counted_and_booked(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        # 2 serums at 24.99 less 8.00 each, a mug at 12.00, shipping 4.95: 33.98 + 12.00 + 4.95 = 50.93.
        lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
        order = await desk.place(order_request(scene, 5093, *lines))
        assert (order.state, order.number) == ("paid", "1001")
        assert order.quote.subtotal.minor == 6198
        assert order.quote.discount.minor == 1600
        text = order.quote.lines[0].reasons[0].text
        assert text.startswith("Flash deal −$8.00 until ")
        assert text.endswith(" UTC, funded by brand 50 %, platform 30 %, creator 20 %")
        assert order.moment_url == f"/watch/friday?t={NOW_US}"
        async with run.database.transaction() as connection:
            seen = await checkout.order_by_token(connection, OrderId(order.id), order.receipt_token)
            fields = msgspec.structs.asdict(order)
            assert {name: getattr(seen, name) for name in fields} == fields
            assert (seen.standing, seen.refunds) == (None, [])
            detail = await checkout.order_detail(connection, OrderId(order.id))
            assert [(each.party, each.amount.minor) for each in detail.funders] == [
                ("brand", 800), ("platform", 480), ("creator", 320),
            ]  # fmt: skip
            assert [transfer.kind for transfer in detail.transfers] == ["sale", "commission"]
            assert detail.order.receipt_token == ""
            booked = await balances(connection, scene.shop_id)
            view = await deals.deal_budget(connection, scene.deal_id or order.id)  # type: ignore[arg-type]
            product = await catalogue.product_view(connection, scene.serum.id)  # type: ignore[arg-type]
            lines_seen = await checkout.orders_of_show(connection, scene.show_id)
            totals = await checkout.totals_of_show(connection, scene.show_id, "USD")
        assert sum(booked.values()) == 0
        assert booked == {
            ("processor", "customer_payment", "USD"): 5093,
            ("brand", "seller_discount", "USD"): 800,
            ("platform", "platform_discount", "USD"): 480,
            ("creator", "creator_discount", "USD"): 320,
            ("brand", "subtotal", "USD"): -6198,
            ("brand", "shipping", "USD"): -495,
            ("brand", "affiliate_commission", "USD"): 460,  # 10 % of 45.98, half up
            ("creator", "affiliate_commission", "USD"): -460,
        }
        assert (view.sold, [each.spent.minor for each in view.agreement.funders]) == (2, [800, 480, 320])
        assert product.variants[0].available == 48
        assert lines_seen[0].items == "2 × Dew Serum (30 ml), 1 × Mug"
        assert (totals.orders, totals.gmv.minor, totals.units) == (1, 5093, 3)

    with_desk(run, story)
    assert run(fetch_value(run.database, "select sum(delta) from stock_movement where reason = 'sale'")) == -3


def test_orders_of_one_price_keep_their_own_moments(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 2194))
        clock.advance(5_000_000)
        moments = (NOW_US + 1_000_000, NOW_US + 4_000_000, NOW_US + 2_000_000)
        asked = [order_request(scene, 2194, at_us=at_us, email=f"{at_us}@example.com") for at_us in moments]
        orders = await asyncio.gather(*(desk.place(each) for each in asked))
        for order, again, at_us in zip(orders, [await desk.place(each) for each in asked], moments, strict=True):
            assert (order.at_us, order.quote.at_us, again) == (at_us, at_us, order)
            async with run.database.transaction() as connection:
                seen = await checkout.order_by_token(connection, OrderId(order.id), order.receipt_token)
                detail = await checkout.order_detail(connection, OrderId(order.id))
            assert seen.quote == detail.order.quote == order.quote
            assert {each.description for each in detail.transfers} == {
                f"Order {order.number}", f"Commission on order {order.number}",
            }  # fmt: skip
        assert len({order.number for order in orders}) == 3
        # The price itself is there once, and named as the migration names those of older orders.
        assert await fetch_value(run.database, "select count(distinct quote_id) from customer_order") == 1
        named = "select count(*) from order_quote where id::text = regexp_replace(left(encode(sha256(convert_to("
        named += "quote::text, 'UTF8')), 'hex'), 32), '(.{8})(.{4})(.{4})(.{4})', '\\1-\\2-\\3-\\4-')"
        assert await fetch_value(run.database, named) == 1

    with_desk(run, story)


def test_a_wrong_token_and_a_wrong_id_look_alike(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        order = await desk.place(order_request(scene, 2194))
        for order_id, token in ((order.id, "x" * 43), (new_id(), order.receipt_token)):
            async with run.database.transaction() as connection:
                with pytest.raises(NotFoundError, match="no such receipt"):
                    await checkout.order_by_token(connection, OrderId(order_id), token)
        stored = "select count(*) from customer_order where customer_order::text like :token"
        assert await fetch_value(run.database, stored, token=f"%{order.receipt_token}%") == 0

    with_desk(run, story)


def test_the_same_key_repeats_the_answer_even_from_another_desk(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        request = order_request(scene, 2194)
        order = await desk.place(request)
        assert await desk.place(request) == order
        other = msgspec.structs.replace(request, lines=[deals.CartLine(scene.mug.variants[0].id, 1)])
        assert (await refused(desk, other)).code == "key_reused"
        await desk.stop()
        second = SaleDesk(run.database, clock)
        try:
            assert await second.place(request) == order
            assert (await refused(second, other)).code == "key_reused"
        finally:
            await second.stop()

    with_desk(run, story, stock=1)
    assert run(fetch_value(run.database, "select count(*) from customer_order")) == 1


def test_twins_in_one_batch_make_one_order(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 2194))
        # The show is known by now, so the three reach one batch in this order.
        request = order_request(scene, 2194)
        other = msgspec.structs.replace(request, at_us=NOW_US - 1)
        answers = await asyncio.gather(
            *(desk.place(each) for each in (request, request, other)), return_exceptions=True
        )
        assert answers[0] == answers[1]
        assert isinstance(answers[2], checkout.KeyReusedError)

    with_desk(run, story)
    assert run(fetch_value(run.database, "select count(*) from customer_order")) == 2


def test_sold_out_says_what_is_left(run: Runner) -> None:
    # 3 at 16.99 and 4.95 shipping: 55.92.
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        serum = scene.serum.variants[0].id
        await desk.place(order_request(scene, 5592, (serum, 3)))
        error = await refused(desk, order_request(scene, 3893, (serum, 2)))
        assert (error.code, error.fields["available"]) == ("sold_out", 1)
        await desk.place(order_request(scene, 2194, (serum, 1), email="eve@example.com"))
        request = order_request(scene, 2194, (serum, 1), email="eve@example.com")
        assert (await refused(desk, request)).code == "sold_out"
        async with run.database.transaction() as connection:
            await catalogue.set_stock(connection, scene.shop_id, VariantId(serum), on_hand=1, at_us=NOW_US)
        order = await eventually(desk, request)
        assert order.state == "paid"

    with_desk(run, story, stock=4)


async def eventually(desk: SaleDesk, request: checkout.PlaceOrder) -> checkout.Order:
    """Place, and again while the news of a restock is on its way."""
    for _ in range(200):
        try:
            return await desk.place(request)
        except checkout.SoldOutError:
            await asyncio.sleep(0.01)
    raise AssertionError("the restock was never seen")


def test_the_buyer_limit_goes_by_e_mail_and_full_price_can_be_confirmed(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 2194))
        error = await refused(desk, order_request(scene, 2194, email=" ADA@Example.com "))
        assert (error.code, error.fields["total_minor"]) == ("buyer_limit_reached", 2994)
        confirmed = await desk.place(order_request(scene, 2994))
        assert confirmed.quote.discount.minor == 0
        assert (await desk.place(order_request(scene, 2194, email="eve@example.com"))).state == "paid"

    with_desk(run, story, per_buyer_limit=1)


def test_the_deal_limit_holds(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 3893, (scene.serum.variants[0].id, 2)))
        error = await refused(desk, order_request(scene, 3893, (scene.serum.variants[0].id, 2)))
        assert (error.code, error.fields["total_minor"]) == ("deal_limit_reached", 5493)
        assert (await desk.place(order_request(scene, 2194))).state == "paid"
        # The two sizes are one product and one deal.
        assert (await refused(desk, order_request(scene, 3194, (scene.serum.variants[1].id, 1)))).code == (
            "deal_limit_reached"
        )
        async with run.database.transaction() as connection:
            quote = await checkout.quote_cart(
                connection,
                scene.show_id,
                [deals.CartLine(scene.serum.variants[0].id, 1)],
                at_us=NOW_US,
                now_us=clock.now_us(),
            )
        assert quote.total.minor == 2994

    with_desk(run, story, total_limit=3)


def test_a_budget_is_never_overspent(run: Runner) -> None:
    # The platform's 30 % of 8.00 is 2.40: 5.00 bears two orders and not a third.
    funders = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=500), FUNDERS[2])

    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        for _ in range(2):
            await desk.place(order_request(scene, 2194))
        error = await refused(desk, order_request(scene, 2194))
        assert (error.code, error.fields["total_minor"]) == ("budget_exhausted", 2994)
        assert (await desk.place(order_request(scene, 2994))).quote.discount.minor == 0

    with_desk(run, story, funders=funders)
    assert run(fetch_value(run.database, "select spent_minor from funder where party_kind = 'platform'")) == 480


def test_the_price_that_the_viewer_saw_holds_within_the_grace(run: Runner) -> None:
    # The deal runs 300 s; the show's delay is 8 s, the grace 20 s.
    end_us = NOW_US + 300 * SECOND

    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        clock.advance(end_us + 27 * SECOND - clock.now_us())
        last = order_request(scene, 2194, at_us=end_us - 1)
        assert (await desk.place(last)).quote.discount.minor == 800
        assert (await refused(desk, order_request(scene, 2194, at_us=end_us))).fields["total_minor"] == 2994
        clock.advance(2 * SECOND)
        late = await refused(desk, order_request(scene, 2194, at_us=end_us - 1))
        assert (late.code, late.fields["total_minor"]) == ("price_changed", 2994)
        replay = await desk.place(order_request(scene, 2994, at_us=NOW_US + 5 * SECOND))
        assert replay.at_us == NOW_US + 5 * SECOND

    with_desk(run, story)


def test_before_the_deal_opens_on_screen_the_list_price_holds(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        early = await desk.place(order_request(scene, 2994, at_us=NOW_US - 1))
        assert early.quote.discount.minor == 0
        error = await refused(desk, order_request(scene, 2994))
        assert (error.code, error.fields["total_minor"]) == ("price_changed", 2194)

    with_desk(run, story)


def test_a_declined_card_leaves_nothing_behind(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        request = order_request(scene, 2194, token="tok_declined")
        assert (await refused(desk, request)).code == "payment_declined"
        assert (await refused(desk, request)).code == "payment_declined"

    with_desk(run, story)
    assert run(fetch_value(run.database, "select count(*) from customer_order")) == 0
    assert run(fetch_value(run.database, "select sum(on_hand - held) from stock_level")) == 150


def test_an_unknown_payment_holds_and_is_settled_later(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        request = order_request(scene, 2194, token="tok_unknown")
        order = await desk.place(request)
        assert order.state == "payment_pending"
        assert await fetch_value(run.database, "select held from stock_level where held > 0") == 1
        assert await fetch_value(run.database, "select sum(held_minor) from funder") == 800
        assert await fetch_value(run.database, "select count(*) from transfer") == 0
        assert await desk.settle_pending(clock.now_us()) == 1
        again = await desk.place(request)
        assert (again.state, again.id) == ("paid", order.id)
        assert await desk.settle_pending(clock.now_us()) == 0

    with_desk(run, story, per_buyer_limit=1)
    assert run(fetch_value(run.database, "select sum(held) from stock_level")) == 0
    assert run(fetch_value(run.database, "select sum(spent_minor) - sum(held_minor) from funder")) == 800
    assert run(fetch_value(run.database, "select state from payment")) == "captured"
    assert run(fetch_value(run.database, "select sum(amount_minor) from entry")) == 0
    assert run(fetch_value(run.database, "select sum(delta) from stock_movement where reason = 'sale'")) == -1


def test_a_hold_expires_and_gives_everything_back(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        order = await desk.place(order_request(scene, 2194, token="tok_unknown"))
        # The provider lost it: as if the request had never arrived.
        await fetch_value(run.database, "delete from test_charge returning 1")
        assert await desk.expire_holds(clock.now_us()) == 0
        clock.advance(600 * SECOND)
        assert await desk.expire_holds(clock.now_us()) == 1
        async with run.database.transaction() as connection:
            seen = await checkout.order_by_token(connection, OrderId(order.id), order.receipt_token)
        assert seen.state == "cancelled"
        # The piece and the buyer's right to the deal are back; the deal itself is over by now.
        held = "select sum(held) + (select sum(held_minor) from funder) + (select sum(quantity) from deal_buyer)"
        assert await fetch_value(run.database, held + " from stock_level") == 0

    with_desk(run, story, per_buyer_limit=1)
    assert run(fetch_value(run.database, "select count(*) from transfer")) == 0


def test_events_leave_with_the_batch(run: Runner) -> None:
    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 2194))
        told = "string_agg(split_part(channel, ':', 1) || ' ' || type, ', ' order by channel, \"offset\")"
        events = f"select {told} from event"
        assert await fetch_value(run.database, events) == "control deal, control order, show stock, show deal.sold"
        left = "select payload->>'available' from event where type = 'stock'"
        assert await fetch_value(run.database, left) == "49"
        spent = "select payload#>>'{agreement,funders,0,spent,minor}' from event where type = 'deal'"
        assert await fetch_value(run.database, spent) == "400"

    with_desk(run, story)


def test_nonsense_is_refused_with_the_field(run: Runner) -> None:
    address = checkout.Address("1 Main St", "Springfield", "12345", "US")
    changes: list[tuple[dict[str, Any], str]] = [
        ({"lines": []}, "lines"),
        ({"lines": [deals.CartLine(new_id(), 0)]}, "lines"),
        ({"lines": [deals.CartLine(new_id(), 21)]}, "lines"),
        ({"at_us": NOW_US * 2}, "at_us"),
        ({"buyer": checkout.Buyer("nobody", "A", address)}, "email"),
        ({"buyer": checkout.Buyer("a@b.co", " ", address)}, "name"),
        ({"buyer": checkout.Buyer("a@b.co", "A\x00", address)}, "name"),
        ({"buyer": checkout.Buyer("a@b.co", "A", msgspec.structs.replace(address, line1="1" * 201))}, "line1"),
        ({"buyer": checkout.Buyer("a@b.co", "A", msgspec.structs.replace(address, country="usa"))}, "country"),
        ({"payment": checkout.PaymentMeans("test", "x" * 201)}, "token"),
        ({"payment": checkout.PaymentMeans("gold", "x")}, "provider"),
        ({"broadcast_id": uuid4()}, "broadcast_id"),
    ]

    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        for change, field in changes:
            with pytest.raises(InvalidInputError) as caught:
                await desk.place(msgspec.structs.replace(order_request(scene, 2194), **change))
            assert caught.value.fields["field"] == field
        with pytest.raises(NotFoundError):
            await desk.place(order_request(scene, 2194, (new_id(), 1)))

    with_desk(run, story)


def test_a_crowd_reads_its_show_once(run: Runner) -> None:
    """The facts of a show are a few seconds old at most, and grow old for everybody at once."""

    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        reads: list[str] = []

        def note(*arguments: Any) -> None:
            if "FROM show" in arguments[2]:
                reads.append(arguments[2])

        sa.event.listen(run.database.engine.sync_engine, "before_cursor_execute", note)
        requests = [order_request(scene, 2499 - 800 + 495, email=f"b{n}@example.com") for n in range(20)]
        sold = await asyncio.gather(*(desk.place(request) for request in requests[:10]))
        assert len(reads) == 1
        clock.advance(3600 * SECOND)
        gone = asyncio.create_task(desk.place(requests[10]))
        waiting = [asyncio.create_task(desk.place(order_request(scene, 2499 + 495))) for _ in range(9)]
        await asyncio.sleep(0)
        gone.cancel()  # who asked first leaves; the others are answered all the same
        sold += await asyncio.gather(*waiting)
        assert len({order.id for order in sold}) == 19
        assert len(reads) == 2

    with_desk(run, story)


def test_facts_that_grow_old_are_read_beside_the_sales(run: Runner) -> None:
    """Nobody waits for the reading, and what it found holds from then on."""

    async def story(desk: SaleDesk, scene: Scene, clock: ManualClock) -> None:
        await desk.place(order_request(scene, 2194))
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("update show set creator_commission_bps = 500"))
        commissions = "select array_agg(commission_bps order by number) from customer_order"
        clock.advance(3 * SECOND)
        await desk.place(order_request(scene, 2194))
        assert await fetch_value(run.database, commissions) == [1000, 1000]

        async def sold_as_it_is_now() -> bool:
            await desk.place(order_request(scene, 2194))
            newest = "select commission_bps from customer_order order by number desc limit 1"
            return bool(await fetch_value(run.database, newest) == 500)

        await until(sold_as_it_is_now, what="the show's facts are read anew")

    with_desk(run, story)
