"""What the test provider tells by webhook: unsigned, twice, late, out of order. Disputes: ``test_disputes``."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tallylight.checkout import Order, SaleDesk, TestProvider
from tallylight.checkout.hear_provider import forget_events
from tallylight.checkout.payments import ChargeState, OutcomeUnknownError, ProviderEvent
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError, UnavailableError
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, order_request
from tests.support.shop import NOW_US, fetch_value
from tests.support.web import client_of, services_on

SECOND = 1_000_000
Story = Callable[[SaleDesk, TestProvider, Scene, ManualClock], Awaitable[Any]]


def with_provider(run: Runner, story: Story, kind: type[TestProvider] = TestProvider) -> None:
    async def go() -> None:
        clock = ManualClock(NOW_US)
        scene = await make_scene(run.database)
        provider = kind(run.database, b"shared secret")
        desk = SaleDesk(run.database, clock, {"test": provider})
        try:
            await story(desk, provider, scene, clock)
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())


def event(order: Order, state: ChargeState, name: str = "") -> ProviderEvent:
    return ProviderEvent(name or f"evt-{order.id}-{state}", str(order.id), "payment", state)


async def pending(desk: SaleDesk, scene: Scene) -> Order:
    order = await desk.place(order_request(scene, 2994, token="tok_unknown"))
    assert order.state == "payment_pending"
    return order


async def state(run: Runner, order: Order) -> object:
    return await fetch_value(run.database, "select state from customer_order where id = :id", id=order.id)


def test_a_webhook_settles_what_was_unknown_however_often_it_comes(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await pending(desk, scene)
        told = provider.sign(event(order, "authorised"))
        await asyncio.gather(*(desk.hear("test", *told) for _ in range(10)))
        assert await state(run, order) == "paid"
        for _ in range(3):
            await desk.hear("test", *told)
        assert await fetch_value(run.database, "select times from payment_event") == 13
        assert await fetch_value(run.database, "select count(*) from transfer where kind = 'sale'") == 1

    with_provider(run, story)


def test_events_that_come_out_of_order_end_in_what_holds_at_the_provider(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await pending(desk, scene)
        # The provider's last word first, then an old "declined" and an old "voided" that are not true any more.
        for each in ("captured", "declined", "voided", "authorised"):
            await desk.hear("test", *provider.sign(event(order, each)))
        assert await state(run, order) == "paid"
        assert await fetch_value(run.database, "select count(*) from transfer where kind = 'sale'") == 1

    with_provider(run, story)


def test_money_that_comes_after_the_order_was_released_goes_back_once(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await pending(desk, scene)
        await provider.capture(str(order.id))
        await desk._settle(scene.shop_id, OrderId(order.id), "cancelled")
        told = provider.sign(event(order, "captured"))
        for _ in range(3):
            await desk.hear("test", *told)
        await desk.hear("test", *provider.sign(event(order, "captured", "the same again under another name")))
        assert await state(run, order) == "cancelled"
        assert await fetch_value(run.database, "select refunded_minor from test_charge") == 2994

    with_provider(run, story)


def test_unsigned_and_foreign_events_change_nothing(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await pending(desk, scene)
        headers, body = provider.sign(event(order, "captured"))
        for wrong in (
            ({}, body),
            (headers, body + b" "),
            (TestProvider(run.database, b"other").sign(event(order, "captured"))),
        ):
            with pytest.raises(InvalidInputError):
                await desk.hear("test", *wrong)
        with pytest.raises(NotFoundError):
            await desk.hear("nobody", headers, body)
        assert await fetch_value(run.database, "select count(*) from payment_event") == 0
        for name, key in (("a", str(uuid4())), ("b", "not an id"), ("c", "")):
            await desk.hear("test", *provider.sign(ProviderEvent(name, key)))
        assert await fetch_value(run.database, "select count(*) from payment_event where problem is not null") == 3
        assert await state(run, order) == "payment_pending"

    with_provider(run, story)


class AwayProvider(TestProvider):
    """Does not answer when it is asked."""

    away = True

    async def find(self, key: str) -> Any:
        if self.away:
            raise OutcomeUnknownError("the payment provider did not answer")
        return await super().find(key)


def test_an_event_that_could_not_be_acted_on_counts_when_it_comes_again(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        assert isinstance(provider, AwayProvider)
        order = await pending(desk, scene)
        told = provider.sign(event(order, "authorised"))
        with pytest.raises(UnavailableError):
            await desk.hear("test", *told)
        provider.away = False
        await desk.hear("test", *told)
        assert await state(run, order) == "paid"

    with_provider(run, story, AwayProvider)


def test_old_events_are_forgotten(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        order = await desk.place(order_request(scene, 2994))
        await desk.hear("test", *provider.sign(event(order, "captured")))
        async with run.database.transaction() as connection:
            assert await forget_events(connection, before_us=clock.now_us()) == 0
            assert await forget_events(connection, before_us=clock.now_us() + 1) == 1

    with_provider(run, story)


def test_webhooks_come_by_http(run: Runner) -> None:
    async def go() -> None:
        services = services_on(run.database, test_webhook_secret="over http")
        scene = await make_scene(run.database)
        provider = TestProvider(run.database, b"over http")
        async with client_of(services) as client:
            request = order_request(scene, 2994, token="tok_unknown", at_us=services.clock.now_us())
            order = await services.sale_desk.place(request)
            headers, body = provider.sign(event(order, "authorised"))
            url = "/api/payments/test/webhook"
            json = {"content-type": "application/json"}
            assert (await client.post(url, content=body, headers=headers | json)).status_code == 204
            assert (await client.post(url, content=body, headers=json)).status_code == 422
            assert (await client.post(url, content=b"x" * (300 << 10), headers=json)).status_code == 413
            assert (await client.post("/api/payments/none/webhook", content=body, headers=json)).status_code == 404
            assert await state(run, order) == "paid"

    run(go())


def test_transfers_are_made_once(run: Runner) -> None:
    async def story(desk: SaleDesk, provider: TestProvider, scene: Scene, clock: ManualClock) -> None:
        first = await provider.transfer("payout-1", "acct-mina", Money(500, "USD"))
        assert await provider.transfer("payout-1", "acct-mina", Money(500, "USD")) == first
        with pytest.raises(Exception, match="another transfer"):
            await provider.transfer("payout-1", "acct-mina", Money(501, "USD"))
        assert await fetch_value(run.database, "select count(*) from test_transfer") == 1

    with_provider(run, story)
