"""A bank that asks its customer first (3-D Secure): passed, refused, given up, left alone, answered too late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from tallylight import catalogue
from tallylight.checkout import Order, PaymentDeclinedError, SaleDesk, TestProvider, order_by_token
from tallylight.checkout.desk.sale_rows import HOLD_US
from tallylight.checkout.payments import ProviderEvent
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import OrderId
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value
from tests.support.web import client_of, services_on

Story = Callable[[SaleDesk, TestProvider, Scene, ManualClock], Awaitable[Any]]
HELD = "select ((select sum(held) from stock_level) + (select sum(held_minor) from funder))::int"


def with_bank(run: Runner, story: Story, *, stock: int = 50, first_paid: bool = False) -> None:
    async def go() -> None:
        clock = ManualClock(NOW_US + 10_000_000)
        scene = await make_scene(run.database, stock=stock)
        await open_flash_deal(run.database, scene)
        async with run.database.transaction() as connection:
            await catalogue.set_first_paid(connection, scene.shop_id, first_paid=first_paid)
        provider = TestProvider(run.database, b"shared secret")
        desk = SaleDesk(run.database, clock, {"test": provider})
        try:
            await story(desk, provider, scene, clock)
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())


async def challenged(desk: SaleDesk, scene: Scene, *, token: str = "tok_challenge", email: str = "a@b.test") -> Order:
    order = await desk.place(order_request(scene, 2194, token=token, email=email))
    assert (order.state, order.step is not None) == ("payment_pending", True)
    return order


def secret_of(order: Order) -> str:
    assert order.step is not None
    return order.step.secret


async def state(run: Runner, order: Order) -> object:
    return await fetch_value(run.database, "select state from customer_order where id = :id", id=order.id)


@pytest.mark.parametrize(("token", "kind"), [("tok_challenge", "test_dialog"), ("tok_redirect", "test_page")])
def test_who_passes_buys(run: Runner, token: str, kind: str) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene, token=token)
        assert order.step is not None
        assert (order.step.kind, order.pay_by_us) == (kind, clock.now_us() + HOLD_US)
        assert await fetch_value(run.database, HELD) == 1 + 800
        assert await desk.ask_provider(OrderId(order.id)) == order.step
        assert await desk.settle_pending(clock.now_us()) == 0
        await provider.answer_challenge(str(order.id), secret_of(order), passed=True)
        assert await desk.ask_provider(OrderId(order.id)) is None
        async with run.database.reading() as connection:
            seen = await order_by_token(connection, OrderId(order.id), order.receipt_token)
        assert (seen.state, seen.pay_by_us, seen.step) == ("paid", None, None)
        assert await desk.ask_provider(OrderId(order.id)) is None

    with_bank(run, story)


def test_who_is_refused_is_declined_and_holds_nothing(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene)
        await provider.answer_challenge(str(order.id), secret_of(order), passed=False)
        # Nobody comes back: the ticker finds it.
        assert await desk.settle_pending(clock.now_us()) == 1
        assert await state(run, order) == "declined"
        assert await fetch_value(run.database, HELD) == 0

    with_bank(run, story)


def test_a_page_that_is_loaded_again_goes_on_with_the_same_order(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        request = order_request(scene, 2194, token="tok_challenge")
        first, again = await desk.place(request), await desk.place(request)
        assert again == first
        await provider.answer_challenge(str(first.id), secret_of(first), passed=True)
        assert (await desk.place(request)).state == "paid"
        assert await fetch_value(run.database, "select count(*)::int from customer_order") == 1
        refused = order_request(scene, 2194, token="tok_challenge", email="b@c.test")
        order = await desk.place(refused)
        await provider.answer_challenge(str(order.id), secret_of(order), passed=False)
        with pytest.raises(PaymentDeclinedError):
            await desk.place(refused)

    with_bank(run, story)


def test_who_gives_up_frees_the_last_piece_at_once(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene)
        await desk.give_up(OrderId(order.id))
        assert await state(run, order) == "cancelled"
        with pytest.raises(ConflictError):
            await provider.answer_challenge(str(order.id), secret_of(order), passed=True)
        other = await desk.place(order_request(scene, 2194, email="b@c.test"))
        await desk.give_up(OrderId(other.id))
        assert await state(run, other) == "paid"

    with_bank(run, story, stock=1)


def test_who_walks_away_is_let_go_of_when_the_hold_is_over(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene)
        clock.advance(HOLD_US - 1)
        assert await desk.settle_pending(clock.now_us()) == 0
        clock.advance(1)
        assert await desk.settle_pending(clock.now_us()) == 1
        assert await state(run, order) == "cancelled"
        assert await fetch_value(run.database, HELD) == 0
        # The bank was told to stop first, so nobody can pay for pieces that are on the shelf again.
        with pytest.raises(ConflictError):
            await provider.answer_challenge(str(order.id), secret_of(order), passed=True)

    with_bank(run, story)


def test_without_telling_the_bank_a_late_yes_would_take_money_and_it_goes_back(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene)
        await desk._settle(scene.shop_id, OrderId(order.id), "cancelled")
        await provider.answer_challenge(str(order.id), secret_of(order), passed=True)
        await desk.hear("test", *provider.sign(ProviderEvent("late", str(order.id), "payment", "authorised")))
        charge = await provider.find(str(order.id))
        assert charge is not None
        assert charge.state == "voided"

    with_bank(run, story)


def test_passing_and_giving_up_at_once_end_in_one_of_the_two(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        for number in range(6):
            order = await challenged(desk, scene, email=f"buyer{number}@example.com")
            answering = provider.answer_challenge(str(order.id), secret_of(order), passed=True)
            asking, leaving = desk.ask_provider(OrderId(order.id)), desk.give_up(OrderId(order.id))
            for outcome in await asyncio.gather(answering, asking, leaving, return_exceptions=True):
                assert outcome is None or isinstance(outcome, ConflictError) or outcome == order.step
            await desk.settle_pending(clock.now_us())
            charge = await provider.find(str(order.id))
            assert charge is not None
            assert (await state(run, order), charge.state) in {("paid", "captured"), ("cancelled", "voided")}
        assert await fetch_value(run.database, HELD) == 0

    with_bank(run, story)


def test_where_who_pays_first_is_served_first_a_challenge_keeps_nothing(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        slow = await challenged(desk, scene)
        assert not slow.kept
        quick = await desk.place(order_request(scene, 2194, email="quick@example.com"))
        await provider.answer_challenge(str(slow.id), secret_of(slow), passed=True)
        assert await desk.ask_provider(OrderId(slow.id)) is None
        assert [await state(run, each) for each in (slow, quick)] == ["cancelled", "paid"]
        charge = await provider.find(str(slow.id))
        assert charge is not None
        assert charge.state == "voided"

    with_bank(run, story, stock=1, first_paid=True)


def test_only_who_was_told_the_secret_answers_the_bank(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await challenged(desk, scene)
        plain = await desk.place(order_request(scene, 2194, token="tok_unknown", email="b@c.test"))
        for key, secret in ((str(order.id), "guess"), (str(plain.id), ""), ("no such", secret_of(order))):
            with pytest.raises(NotFoundError):
                await provider.answer_challenge(key, secret, passed=True)
        assert await desk.settle_pending(clock.now_us()) == 1

    with_bank(run, story)


def test_it_goes_by_http(run: Runner) -> None:
    async def go() -> None:
        services = services_on(run.database)
        scene = await make_scene(run.database)
        async with client_of(services) as client:
            assert (await client.get("/api/payments")).json() == {
                "ways": [{"provider": "test", "publishable_key": None}]
            }
            request = order_request(scene, 2994, token="tok_challenge", at_us=services.clock.now_us())
            json = {"content-type": "application/json"}
            order = (await client.post("/api/orders", content=msgspec.json.encode(request), headers=json)).json()
            base, who = f"/api/orders/{order['id']}/payment", {"token": order["receipt_token"]}
            for wrong in ("check", "give-up"):
                assert (await client.post(f"{base}/{wrong}", params={"token": "x" * 43})).status_code == 404
            waiting = (await client.post(f"{base}/check", params=who)).json()
            assert (waiting["state"], waiting["step"]) == ("payment_pending", order["step"])
            said = {"secret": order["step"]["secret"], "passed": True}
            bank = f"/api/test-bank/{order['id']}"
            assert (await client.post(bank, json=said | {"secret": "guess"})).status_code == 404
            assert (await client.post(bank, json=said)).status_code == 204
            paid = (await client.post(f"{base}/check", params=who)).json()
            assert (paid["state"], paid["step"]) == ("paid", None)
            assert (await client.post(f"{base}/give-up", params=who)).json()["state"] == "paid"

    run(go())


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        ({"stripe_secret_key": "sk_1"}, []),
        ({"stripe_secret_key": "sk_1", "stripe_publishable_key": "pk_1"}, ["stripe"]),
        ({"stripe_secret_key": "sk_1", "stripe_publishable_key": "pk_1", "test_payments": True}, ["stripe", "test"]),
        ({"test_payments": False}, []),
    ],
)
def test_stripes_script_runs_where_buyers_pay_and_nowhere_else(
    run: Runner, settings: dict[str, Any], ways: list[str]
) -> None:
    async def go() -> None:
        async with client_of(services_on(run.database, **settings)) as client:
            offered = (await client.get("/api/payments")).json()["ways"]
            assert [way["provider"] for way in offered] == ways
            heads = {path: (await client.get(path)).headers for path in ("/watch/friday", "/receipt/x", "/office/fern")}
        for path, head in heads.items():
            policy = {rule.split()[0]: set(rule.split()[1:]) for rule in head["content-security-policy"].split(";")}
            # The difference of an exchange is paid on a receipt.
            pays = path != "/office/fern" and "stripe" in ways
            assert ("stripe" in str(head)) == pays, path
            if pays:
                scripts = {"https://js.stripe.com", "https://*.js.stripe.com"}
                assert policy["script-src"] == {"'self'"} | scripts
                assert policy["frame-src"] == {"https://hooks.stripe.com"} | scripts
                assert "https://api.stripe.com" in policy["connect-src"]
                assert 'payment=(self "https://js.stripe.com"' in head["permissions-policy"]
            else:
                assert "payment=()" in head["permissions-policy"]

    run(go())
