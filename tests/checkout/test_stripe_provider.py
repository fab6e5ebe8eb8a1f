"""Stripe's adapter against localstripe: real HTTP, real webhooks; and against one that does not answer."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from tallylight.checkout import Order, PaymentDeclinedError, PaymentMeans, SaleDesk
from tallylight.checkout.exchanges.schemas import Exchange
from tallylight.checkout.payments import OutcomeUnknownError, PaymentStep
from tallylight.checkout.refunds.schemas import TakeBack, TakeBackLine
from tallylight.checkout.stripe_provider import SIGNATURE_HEADER, StripeProvider
from tallylight.deals import CartLine
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import OrderId, new_id
from tallylight.foundation.money import Money
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.local_stripe import KEY, local_stripe, make_card
from tests.support.sale import Scene, make_scene, order_request
from tests.support.shop import NOW_US, fetch_value
from tests.support.waiting import until
from tests.support.web import live_web, services_on

SECRET = "whsec_test"
TEN = Money(1000, "USD")


@pytest.fixture(scope="module")
def stripe_url() -> Iterator[str]:
    with local_stripe() as url:
        yield url


def provider_on(run: Runner, url: str, kind: type[StripeProvider] = StripeProvider) -> StripeProvider:
    return kind(run.database, KEY, SECRET, api_base=url, methods={}, lists_by_time=False)


def at_stripe(url: str, path: str) -> Any:
    answer = httpx.get(f"{url}{path}", auth=(KEY, ""))
    answer.raise_for_status()
    return answer.json()


async def place(desk: SaleDesk, scene: Scene, card: str) -> Order:
    request = order_request(scene, 2994)
    return await desk.place(msgspec.structs.replace(request, payment=PaymentMeans("stripe", card)))


def test_an_order_is_paid_and_partly_refunded_once(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        provider = provider_on(run, stripe_url)
        desk = SaleDesk(run.database, ManualClock(NOW_US), {"stripe": provider})
        try:
            order = await place(desk, scene, make_card(stripe_url))
            assert order.state == "paid"
            charge = await provider.find(str(order.id))
            assert charge is not None
            assert (charge.state, charge.amount) == ("captured", Money(2994, "USD"))
            asked = TakeBack(id=uuid4(), kind="return", reason="too small", lines=[TakeBackLine(1, 1)])
            view = await desk.take_back(scene.shop_id, OrderId(order.id), asked)
            assert (view.amount.minor, view.money) == (2499, "sent")
            # Asked again, as after a crash between sending and noting: localstripe ignores idempotency keys.
            await provider.refund(str(order.id), view.amount, str(view.id))
            refunds = at_stripe(stripe_url, f"/v1/refunds?payment_intent={charge.reference}")["data"]
            assert [refund["amount"] for refund in refunds] == [2499]
            assert (await provider.capture(str(order.id))).state == "captured"
            with pytest.raises(ConflictError):
                await provider.void(str(order.id))
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(story())


CHALLENGED_CARD = "4000002500003155"


def answer_bank(url: str, secret: str, *, passed: bool) -> None:
    """What Stripe.js does for the buyer, by the intent's secret alone."""
    intent_id = secret.partition("_secret_")[0]
    said = {"client_secret": secret, "success": str(passed).lower(), "key": "pk_test_12345"}
    httpx.post(f"{url}/v1/payment_intents/{intent_id}/_authenticate", data=said).raise_for_status()


@pytest.mark.parametrize("passed", [True, False])
def test_a_card_whose_bank_wants_a_step_is_paid_or_declined_by_it(run: Runner, stripe_url: str, passed: bool) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        provider = provider_on(run, stripe_url)
        desk = SaleDesk(run.database, ManualClock(NOW_US), {"stripe": provider})
        try:
            order = await place(desk, scene, make_card(stripe_url, CHALLENGED_CARD))
            assert order.state == "payment_pending"
            assert order.step is not None
            assert order.step.kind == "stripe"
            assert await desk.ask_provider(OrderId(order.id)) == order.step
            answer_bank(stripe_url, order.step.secret, passed=passed)
            assert await desk.ask_provider(OrderId(order.id)) is None
            state = await fetch_value(run.database, "select state from customer_order")
            charge = await provider.find(str(order.id))
            assert charge is not None
            # A declined intent is cancelled: with its secret a browser could have paid it all the same.
            assert (state, charge.state) == (("paid", "captured") if passed else ("declined", "voided"))
            assert await fetch_value(run.database, "select sum(held)::int from stock_level") == 0
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(story())


def test_the_difference_of_an_exchange_is_paid_by_a_second_card_and_goes_back_to_both(
    run: Runner, stripe_url: str
) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        provider = provider_on(run, stripe_url)
        desk = SaleDesk(run.database, ManualClock(NOW_US), {"stripe": provider})
        try:
            order = await place(desk, scene, make_card(stripe_url))
            asked = Exchange(
                id=uuid4(), reason="too small", lines=[TakeBackLine(1, 1)],
                wanted=[CartLine(scene.serum.variants[1].id, 1)], difference=Money(1000, "USD"),
            )  # fmt: skip
            view = await desk.exchange(scene.shop_id, OrderId(order.id), asked)
            assert view.order_id is not None
            got_id = OrderId(view.order_id)
            step = await desk.pay_exchange(got_id, PaymentMeans("stripe", make_card(stripe_url, CHALLENGED_CARD)))
            assert step is not None
            await desk.pay_exchange(got_id, PaymentMeans("stripe", make_card(stripe_url)))
            assert await fetch_value(run.database, "select state from customer_order where number = 1002") == "paid"
            # The window that was left open pays nothing any more.
            left_open = at_stripe(stripe_url, f"/v1/payment_intents/{step.secret.partition('_secret_')[0]}")
            assert left_open["status"] == "canceled"
            back = TakeBack(id=uuid4(), kind="return", reason="neither")
            assert (await desk.take_back(scene.shop_id, got_id, back)).money == "sent"
            rest = await desk.take_back(scene.shop_id, OrderId(order.id), msgspec.structs.replace(back, id=uuid4()))
            assert rest.amount.minor == 495
            made = at_stripe(stripe_url, "/v1/refunds?limit=100")["data"]
            intents = await fetch_value(run.database, "select array_agg(intent_id) from stripe_intent")
            assert isinstance(intents, list)
            sent = sorted(each["amount"] for each in made if each["payment_intent"] in intents)
            assert sent == [495, 1000, 2499]
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(story())


def test_a_buyer_who_gives_up_cannot_pay_any_more(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        desk = SaleDesk(run.database, ManualClock(NOW_US), {"stripe": provider_on(run, stripe_url)})
        try:
            order = await place(desk, scene, make_card(stripe_url, CHALLENGED_CARD))
            assert order.step is not None
            await desk.give_up(OrderId(order.id))
            assert await fetch_value(run.database, "select state from customer_order") == "cancelled"
            with pytest.raises(httpx.HTTPStatusError):
                answer_bank(stripe_url, order.step.secret, passed=True)
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(story())


def test_a_confirmation_token_is_confirmed_here_whatever_way_it_pays(run: Runner) -> None:
    """localstripe knows none: what Stripe would be sent is looked at instead."""
    waiting = b"""{"id":"pi_1","object":"payment_intent","amount":1000,"currency":"usd","status":"requires_action",
        "client_secret":"pi_1_secret_x","metadata":{}}"""

    async def story() -> None:
        async with answering(("200 OK", waiting), ("200 OK", waiting)) as (url, seen):
            provider = StripeProvider(run.database, KEY, SECRET, api_base=url)
            charge = await provider.authorise(str(new_id()), "ctoken_1", TEN)
            assert (charge.state, charge.step) == ("challenged", PaymentStep("stripe", "pi_1_secret_x"))
            await StripeProvider(run.database, KEY, api_base=url).authorise(str(new_id()), "pm_1", TEN)
        assert "confirmation_token=ctoken_1" in seen[0]
        assert "allow_redirects" not in seen[0]
        assert "payment_method=pm_1" in seen[1]
        assert "automatic_payment_methods[allow_redirects]=never" in seen[1]
        assert all("capture_method=manual" in each for each in seen)

    run(story())


def test_what_is_no_card_is_declined(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        provider = provider_on(run, stripe_url)
        with pytest.raises(ConflictError):
            await provider.authorise(str(new_id()), "pm_nothing_of_that_name", TEN)

    run(story())


class LostAnswer(StripeProvider):
    """Stripe took the payment; the answer, and what we would have remembered of it, got lost."""

    async def _remember(self, key: str, intent_id: str) -> None:
        raise OutcomeUnknownError("the payment provider did not answer")


def test_a_payment_whose_answer_got_lost_is_found_and_posted(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        clock = ManualClock(NOW_US)
        desk = SaleDesk(run.database, clock, {"stripe": provider_on(run, stripe_url, LostAnswer)})
        order = await place(desk, scene, make_card(stripe_url))
        assert order.state == "payment_pending"
        await desk.stop()
        desk = SaleDesk(run.database, clock, {"stripe": provider_on(run, stripe_url)})
        try:
            assert await desk.settle_pending(clock.now_us()) == 1
            assert await fetch_value(run.database, "select state from customer_order") == "paid"
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(story())


def test_an_authorised_payment_is_let_go_of(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        provider = provider_on(run, stripe_url)
        key = str(new_id())
        assert (await provider.authorise(key, make_card(stripe_url), TEN)).state == "authorised"
        assert (await provider.authorise(key, "pm_other", TEN)).state == "authorised"
        voided = await provider.void(key)
        assert voided is not None
        assert voided.state == "voided"
        assert await provider.void(key) == voided
        assert await provider.void(str(new_id())) is None

    run(story())


def test_stripes_own_webhook_comes_by_http_and_is_acted_on_once(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        services = services_on(run.database)
        provider = provider_on(run, stripe_url)
        services.sale_desk._providers = {"stripe": provider}
        async with live_web(services) as client:
            hook = {"url": f"{client.base_url}/api/payments/stripe/webhook", "secret": SECRET}
            (await client.post(f"{stripe_url}/_config/webhooks/ours", json=hook)).raise_for_status()
            order = await place(services.sale_desk, scene, make_card(stripe_url))

            async def done() -> object:
                query = "select count(*) from payment_event where done_us is not null and key = :key"
                return await fetch_value(run.database, query, key=str(order.id))

            await until(done, what="the webhook was acted on")
            # Stripe's simulator is shared: what it still had to tell of another test's payments may come here too.
            problem = "select problem from payment_event where key = :key and problem is not null"
            assert await fetch_value(run.database, problem, key=str(order.id)) is None
            assert await disagreements(run.database) == []

    run(story())


def signed(body: bytes, *, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
    at = int(time.time()) - age_s
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {SIGNATURE_HEADER: f"t={at},v1={mark}"}


def test_only_what_stripe_signed_just_now_is_believed(run: Runner) -> None:
    provider = provider_on(run, "http://127.0.0.1:9")
    key = str(new_id())
    intent = {"object": "payment_intent", "id": "pi_1", "status": "succeeded", "metadata": {"tallylight_order": key}}
    body = msgspec.json.encode(
        {"object": "event", "id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": intent}}
    )
    event = provider.verify_webhook(signed(body), body)
    assert (event.id, event.key, event.kind, event.state) == ("evt_1", key, "payment", "captured")
    for headers, sent in (
        ({}, body),
        (signed(body, secret="whsec_other"), body),
        (signed(body, age_s=3600), body),
        (signed(body), body + b" "),
        (signed(b"[]"), b"[]"),
        (signed(b"nonsense"), b"nonsense"),
    ):
        with pytest.raises(InvalidInputError):
            provider.verify_webhook(headers, sent)
    for kind in ("created", "updated", "funds_withdrawn", "funds_reinstated", "closed"):
        said = {"object": "event", "id": "evt_2", "type": f"charge.dispute.{kind}", "data": {"object": _DISPUTE}}
        body = msgspec.json.encode(said)
        told = provider.verify_webhook(signed(body), body)
        assert told.dispute is not None
        assert (told.kind, told.reference, told.dispute.amount) == ("dispute", "pi_1", Money(500, "USD"))


_DISPUTE = {
    "object": "dispute",
    "id": "dp_1",
    "amount": 500,
    "currency": "usd",
    "reason": "fraudulent",
    "payment_intent": "pi_1",
    "evidence_details": {"due_by": 1_800_000_000, "has_evidence": False},
}


@pytest.mark.parametrize(
    ("status", "moved", "state", "fee"),
    [
        ("warning_needs_response", [], "inquiry", None),
        ("prevented", [], "inquiry", None),
        ("needs_response", [{"amount": -500, "currency": "usd", "fee": 1500}], "opened", 1500),
        ("under_review", [{"amount": -500, "currency": "usd", "fee": 1500}], "evidence_sent", 1500),
        ("lost", [{"amount": -500, "currency": "usd", "fee": 1500}], "lost", 1500),
        (
            "won",
            [{"amount": -500, "currency": "usd", "fee": 1500}, {"amount": 500, "currency": "usd", "fee": -1500}],
            "won",
            None,
        ),
    ],
)
def test_a_dispute_is_what_stripe_says_it_is_now(
    run: Runner, status: str, moved: list[dict[str, Any]], state: str, fee: int | None
) -> None:
    async def story() -> None:
        body = msgspec.json.encode(_DISPUTE | {"status": status, "balance_transactions": moved})
        async with answering(("200 OK", body)) as (url, seen):
            told = await provider_on(run, url).find_dispute("dp_1")
        assert "/v1/disputes/dp_1" in seen[0]
        assert told is not None
        assert (told.state, told.amount, told.reference) == (state, Money(500, "USD"), "pi_1")
        assert told.due_us == 1_800_000_000_000_000
        assert told.fee == (None if fee is None else Money(fee, "USD"))

    run(story())


def test_a_dispute_that_stripe_does_not_know_is_none_and_a_silent_stripe_is_unknown(run: Runner) -> None:
    async def story() -> None:
        missing = (
            b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such dispute"}}'
        )
        async with answering(("404 Not Found", missing)) as (url, _):
            assert await provider_on(run, url).find_dispute("dp_9") is None
        with pytest.raises(OutcomeUnknownError):
            await provider_on(run, "http://127.0.0.1:9").find_dispute("dp_1")

    run(story())


def test_a_stripe_that_is_away_leaves_the_outcome_unknown(run: Runner) -> None:
    async def story() -> None:
        provider = provider_on(run, "http://127.0.0.1:9")
        with pytest.raises(OutcomeUnknownError):
            await provider.authorise(str(new_id()), "pm_1", TEN)
        with pytest.raises(OutcomeUnknownError):
            await provider.find(str(new_id()))
        with pytest.raises(OutcomeUnknownError):
            await provider.transfer("payout-1", "acct_1", TEN)

    run(story())


@asynccontextmanager
async def answering(*answers: tuple[str, bytes]) -> AsyncIterator[tuple[str, list[str]]]:
    """A Stripe that gives these answers: its URL, and what it was sent."""
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        status, body = answers[len(seen)]
        seen.append(head + (await reader.readexactly(length)).decode())
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    finally:
        server.close()


def test_a_transfer_names_its_key_and_a_failing_stripe_is_no_refusal(run: Runner) -> None:
    """localstripe knows no Connect: what Stripe would be sent is looked at instead."""

    async def story() -> None:
        broken = ("500 Broken", b'{"error":{"message":"x","type":"api_error"}}')
        async with answering(broken, ("200 OK", b'{"id":"tr_1","object":"transfer"}')) as (url, seen):
            provider = provider_on(run, url)
            with pytest.raises(OutcomeUnknownError):
                await provider.transfer("payout-1", "acct_1", TEN)
            assert await provider.transfer("payout-1", "acct_1", TEN) == "tr_1"
        assert all("idempotency-key: transfer-payout-1" in each for each in seen)
        assert "destination=acct_1" in seen[0]
        assert "amount=1000" in seen[0]

    run(story())


def test_a_declined_card_buys_nothing(run: Runner) -> None:
    """localstripe declines no card whose capture is manual."""
    declined = b'{"error":{"type":"card_error","code":"card_declined","message":"Your card was declined."}}'

    async def story() -> None:
        scene = await make_scene(run.database)
        async with answering(("402 Payment Required", declined)) as (url, _):
            desk = SaleDesk(run.database, ManualClock(NOW_US), {"stripe": provider_on(run, url)})
            try:
                with pytest.raises(PaymentDeclinedError):
                    await place(desk, scene, "pm_1")
                assert await fetch_value(run.database, "select state from customer_order") == "declined"
                assert await disagreements(run.database) == []
            finally:
                await desk.stop()

    run(story())


def test_refunds_of_a_payment_are_looked_for_before_one_is_made(run: Runner, stripe_url: str) -> None:
    async def story() -> None:
        provider = provider_on(run, stripe_url)
        key = str(new_id())
        await provider.authorise(key, make_card(stripe_url), TEN)
        await provider.capture(key)
        first = [await provider.refund(key, Money(300, "USD"), name) for name in ("a", "b", "a", "b")]
        assert first[:2] == first[2:]
        assert len(set(first)) == 2
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("delete from stripe_intent"))
        assert await provider.refund(key, Money(300, "USD"), "b") == first[1]

    run(story())
