"""Receipts by e-mail: over real SMTP, once each, plain and HTML, with a link that works."""

import email
import email.policy
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tallylight.app.mail.compose import money_text
from tallylight.app.mail.due import TRIES_MAX
from tallylight.app.mail.receipts import note_due, send_due
from tallylight.app.mail.smtp import send, smtp_server
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, UnavailableError
from tallylight.foundation.money import Money
from tests.app.test_refunds_http import ask, placed
from tests.app.test_selling import Shop, tell
from tests.conftest import Runner
from tests.support.shop import fetch_value

HOUR = 3_600_000_000


class Inbox:
    """What the mail server took; it answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd asks for it
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            found = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(found, EmailMessage)
            self.messages.append(found)
        return answer


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    handler = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


Story = Callable[[Shop, ManualClock, Callable[[], Awaitable[int]]], Awaitable[None]]


def with_mail(run: Runner, url: str, story: Story) -> None:
    async def whole(shop: Shop, clock: ManualClock) -> None:
        async def work() -> int:
            await note_due(run.database, now_us=clock.now_us())
            sender = partial(send, smtp_server(url))
            return await send_due(
                run.database, sender, sender="orders@aurora.test", base_url="http://shop.test", now_us=clock.now_us()
            )

        assert await work() == 0
        await story(shop, clock, work)

    tell(run, whole, "finance")


def part_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text


def test_a_receipt_comes_once_and_its_link_opens_the_order(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        order = await placed(shop, clock, total=4000, quantity=2)
        assert await work() == 1
        assert await work() == 0
        (message,) = handler.messages
        assert message["Subject"] == "Your receipt from Aurora, order 1001"
        assert (message["To"], message["From"]) == ("Ana Lopez <ana@x.test>", "Aurora <orders@aurora.test>")
        for kind in ("plain", "html"):
            text = part_of(message, kind)
            assert "Dew Serum" in text
            assert "$40.00" in text
            assert f"http://shop.test/watch/aurora-live?t={clock.now_us()}" in text
        (link,) = re.findall(r"http://shop\.test(/receipt/\S+)", part_of(message, "plain"))
        order_id, _, token = link.removeprefix("/receipt/").partition("?token=")
        seen = await shop.client.get(f"/api/orders/{order_id}", params={"token": token})
        assert (seen.status_code, seen.json()["number"]) == (200, order["number"])
        other = await placed(shop, clock, total=2000, email="bo@x.test")
        assert (await shop.client.get(f"/api/orders/{other['id']}", params={"token": token})).status_code == 404
        kept = "select count(*) from receipt_link where receipt_link::text like :token"
        assert await fetch_value(run.database, kept, token=f"%{token}%") == 0

    with_mail(run, url, story)


def test_a_refund_is_told_of_when_its_money_was_sent(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        order = await placed(shop, clock, total=4000, quantity=2)
        await shop.sign_in("finance")
        back = ask("return", lines=[{"position": 1, "quantity": 1}])
        answer = await shop.client.post(f"/api/office/orders/{order['id']}/refunds", json=back, headers=shop.csrf)
        assert answer.json()["money"] == "sent"
        assert await work() == 2
        assert await work() == 0
        refund = next(each for each in handler.messages if each["Subject"].startswith("Your refund"))
        assert "refunded $20.00" in part_of(refund, "plain")

    with_mail(run, url, story)


def test_an_order_that_waits_gets_its_receipt_when_it_is_paid_and_none_when_it_is_not(
    run: Runner, inbox: tuple[Inbox, str]
) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        await placed(shop, clock, total=2000, token="tok_unknown")
        gone = await placed(shop, clock, total=2000, token="tok_unknown", email="bo@x.test")
        assert await work() == 0
        await shop.sign_in("finance")
        await shop.client.post(f"/api/office/orders/{gone['id']}/release", headers=shop.csrf)
        await shop.services.sale_desk.settle_pending(clock.now_us())
        clock.advance(HOUR)
        assert await work() == 1
        assert [message["To"] for message in handler.messages] == ["Ana Lopez <ana@x.test>"]
        assert await fetch_value(run.database, "select count(*) from mail where state = 'dropped'") == 1

    with_mail(run, url, story)


@pytest.mark.parametrize("captured", [False, True])
def test_who_paid_too_late_is_told_why_and_where_the_money_is(
    run: Runner, inbox: tuple[Inbox, str], captured: bool
) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        await shop.sign_in("finance")
        switch = f"/api/office/shops/{shop.small.shop.id}/first-paid"
        assert (await shop.client.put(switch, json={"first_paid": True}, headers=shop.csrf)).status_code == 200
        assert (await shop.client.get(switch)).json() == {"first_paid": True}
        slow = await placed(shop, clock, total=2000, token="tok_unknown", email="bo@x.test")
        desk = shop.services.sale_desk
        if captured:  # as if the process had died right after
            await desk.providers["test"].capture(slow["id"])
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("update stock_level set on_hand = 0, held = 0"))
            await touch_selling_facts(connection, shop.small.shop.id)
        assert await desk.settle_pending(clock.now_us()) == 1
        assert await work() == 1
        assert await work() == 0
        (message,) = handler.messages
        assert (message["Subject"], message["To"]) == (
            "We could not fill your order 1001, Aurora", "Ana Lopez <bo@x.test>",
        )  # fmt: skip
        for kind in ("plain", "html"):
            text = part_of(message, kind)
            assert "The last pieces were sold before your bank had confirmed the payment." in text
            assert ("was sent back" in text, "You were not charged" in text) == (captured, not captured)
        assert f"/receipt/{slow['id']}?token=" in part_of(message, "plain")

    with_mail(run, url, story)


def test_a_busy_server_is_tried_again_and_a_refusal_is_not(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        handler.answers = ["451 later", "451 later"]
        await placed(shop, clock, total=2000)
        assert await work() == 0
        assert await work() == 0  # not yet
        for expected in (0, 1):
            clock.advance(HOUR)
            assert await work() == expected
        handler.answers = ["550 never"]
        await placed(shop, clock, total=2000, email="bo@x.test")
        assert await work() == 0
        clock.advance(HOUR)
        assert await work() == 0
        assert (
            await fetch_value(run.database, "select problem from mail where state = 'failed'")
            == "the mail server refused the message"
        )
        assert len(handler.messages) == 1

    with_mail(run, url, story)


def test_tries_end_when_nobody_answers(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        await placed(shop, clock, total=2000)
        for _ in range(TRIES_MAX + 2):
            assert await work() == 0
            clock.advance(7 * HOUR)
        assert await fetch_value(run.database, "select state || tries from mail") == f"failed{TRIES_MAX}"

    with_mail(run, "smtp://127.0.0.1:9", story)


def test_names_cannot_write_headers_or_markup(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        wanted = shop.order(at_us=clock.now_us(), total=2000)
        wanted["buyer"]["name"] = '<script>alert(1)</script>" , x@y.test'
        assert (await shop.client.post("/api/orders", json=wanted)).status_code == 200
        assert await work() == 1
        (message,) = handler.messages
        assert [address.addr_spec for address in message["To"].addresses] == ["ana@x.test"]
        assert "<script>" not in part_of(message, "html")
        assert "&lt;script&gt;" in part_of(message, "html")

    with_mail(run, url, story)


def test_buyers_addresses_are_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch, inbox: tuple[Inbox, str]) -> None:
    _, url = inbox
    port = int(url.rpartition(":")[2])
    # The test's server offers no TLS; by a name that is not this machine's own it must be refused.
    genuine: Any = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address, *more: genuine(("127.0.0.1", port), *more))
    with pytest.raises(UnavailableError, match="no TLS"):
        send(smtp_server(f"smtp://mail.example.com:{port}"), EmailMessage())


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.com"])
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        smtp_server(url)


def test_money_is_written_with_its_sign() -> None:
    assert [money_text(Money(*each)) for each in ((-400, "USD"), (1200, "JPY"), (5, "CHF"))] == [
        "−$4.00", "¥1200", "0.05 CHF",
    ]  # fmt: skip


def test_who_is_to_pay_for_an_exchange_is_asked_once_and_gets_a_receipt_when_it_is_paid(
    run: Runner, inbox: tuple[Inbox, str]
) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock, work: Callable[[], Awaitable[int]]) -> None:
        order = await placed(shop, clock, total=2000)
        await shop.sign_in("finance")
        asked = {
            "id": str(uuid4()), "reason": "more", "lines": [{"position": 1, "quantity": 1}],
            "wanted": [{"variant_id": str(shop.shelf.variant_id), "quantity": 3}],
            "difference": {"minor": 4000, "currency": "USD"},
        }  # fmt: skip
        office = f"/api/office/orders/{order['id']}/exchanges"
        assert (await shop.client.post(office, json=asked, headers=shop.csrf)).status_code == 200
        assert await work() == 2
        assert await work() == 0
        mail = next(each for each in handler.messages if "exchange" in each["Subject"])
        for kind in ("plain", "html"):
            text = part_of(mail, kind)
            assert "3 × Dew Serum" in text
            assert "$40.00" in text
        (link,) = re.findall(r"http://shop\.test(/receipt/\S+)", part_of(mail, "plain"))
        order_id, _, token = link.removeprefix("/receipt/").partition("?token=")
        pay = f"/api/orders/{order_id}/payment/difference"
        means = {"provider": "test", "token": "tok_ok"}
        assert (await shop.client.post(pay, params={"token": token}, json=means)).json()["state"] == "paid"
        clock.advance(HOUR)
        assert await work() == 1
        assert handler.messages[-1]["Subject"].endswith("order 1002")
        for kind in ("plain", "html"):
            receipt = " ".join(re.sub("<[^>]*>", " ", part_of(handler.messages[-1], kind)).split())
            assert "You paid $40.00" in receipt
            assert "moment" not in receipt  # nobody sold it in a show
            assert "Whoever has the link sees your order" in receipt

    with_mail(run, url, story)
