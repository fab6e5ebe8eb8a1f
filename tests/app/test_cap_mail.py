"""Questions at a cap by e-mail: over real SMTP, once to each who decides for the party, and no more once answered."""

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from tallylight import deals
from tallylight.app.mail.cap_questions import QUIET_US, note_questions, send_questions
from tallylight.app.mail.due import FIRST_WAIT_US
from tallylight.app.mail.smtp import send, smtp_server
from tallylight.app.processes.chores import Chores
from tallylight.checkout import SaleDesk
from tallylight.deals.agreement_queries import agreement_view
from tallylight.deals.invite_party import invite_to_party
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import AgreementId
from tallylight.members.models import membership
from tests.app.test_mail import Inbox, inbox, part_of
from tests.conftest import Runner
from tests.deals.test_agreements import FUNDERS, campaign, opened, terms, with_desk
from tests.support.sale import Scene, order_request
from tests.support.shop import fetch_value, make_person

__all__ = ["inbox"]

Work = Callable[[], Awaitable[int]]
DAY = 86_400_000_000


def mailer(run: Runner, url: str, clock: ManualClock) -> Work:
    async def work() -> int:
        now_us = clock.now_us()
        await Chores(run.database, clock).ask_funders()
        await note_questions(run.database, now_us=now_us)
        return await send_questions(
            run.database, partial(send, smtp_server(url)), sender="desk@fern.test", base_url="http://shop.test",
            now_us=now_us,
        )  # fmt: skip

    return work


async def deciders(run: Runner, scene: Scene, agreement_id: AgreementId) -> tuple[str, str]:
    """The addresses of one who decides for the platform, and of the brand's own finance person."""
    platform, finance = await make_person(run.database), await make_person(run.database)
    async with run.database.transaction() as connection:
        parties = (await agreement_view(connection, agreement_id)).funders
        await invite_to_party(connection, scene.shop_id, parties[0].party_id, platform, by=scene.person_id)
        for role in ("finance", "owner"):
            values = {"shop_id": scene.shop_id, "person_id": finance, "role": role}
            await connection.execute(membership.insert().values(**values))
    return f"{platform}@example.com", f"{finance}@example.com"


def test_each_who_decides_for_the_party_is_written_to_once(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    funders = (msgspec.structs.replace(FUNDERS[0], cap_day_minor=400), FUNDERS[1])

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        work = mailer(run, url, clock)
        platform, _ = await deciders(run, scene, agreement_id)
        await opened(run, scene, campaign(scene, agreement_id, duration_s=3 * 86_400))
        assert await work() == 0
        await desk.place(order_request(scene, 2194))
        assert [await work() for _ in range(3)] == [1, 0, 0]
        # The brand is not asked: its finance people hear nothing.
        (message,) = handler.messages
        assert platform in message["To"]
        assert message["Subject"] == "Campaign: Market is asked about its cap"
        for kind in ("plain", "html"):
            text = part_of(message, kind)
            assert "$4.00" in text
            assert "a day" in text
            assert "http://shop.test/funding" in text
        # A new day gives the cap back, and uses it up again: another question, far enough from the first.
        clock.advance(DAY)
        assert await work() == 0
        await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email="2@example.com"))
        clock.advance(1_000_000)
        assert [await work() for _ in range(2)] == [1, 0]

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)


def test_a_brand_is_asked_at_its_own_desk_and_no_more_once_it_answered(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    funders = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=400))

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        work = mailer(run, url, clock)
        await deciders(run, scene, agreement_id)
        await opened(run, scene, campaign(scene, agreement_id))
        await desk.place(order_request(scene, 2194))
        handler.answers = ["451 later", "451 later"]
        assert await work() == 0
        clock.advance(FIRST_WAIT_US)
        assert await work() == 0
        # Answered before a server took it: nobody is bothered.
        async with run.database.transaction() as connection:
            brand = (await agreement_view(connection, agreement_id)).funders[1].party_id
            await deals.raise_cap(connection, agreement_id, brand, 800, at_us=clock.now_us())
        clock.advance(DAY // 24)
        assert await work() == 0
        assert handler.messages == []
        assert await fetch_value(run.database, "select state from cap_mail") == "dropped"

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)


def test_a_brands_mail_opens_its_shops_funding(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    funders = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=400))

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        work = mailer(run, url, clock)
        _, finance = await deciders(run, scene, agreement_id)
        await opened(run, scene, campaign(scene, agreement_id))
        await desk.place(order_request(scene, 2194))
        handler.answers = ["451 later"]
        assert await work() == 0
        clock.advance(FIRST_WAIT_US)
        assert [await work() for _ in range(2)] == [1, 0]
        (message,) = handler.messages
        assert finance in message["To"]
        assert "http://shop.test/office/fern/funding" in part_of(message, "plain")
        assert "$4.00 in total" in part_of(message, "plain")

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)


def test_a_cap_that_comes_and_goes_is_told_of_once_in_hours(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    funders = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=400))

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        work = mailer(run, url, clock)
        await deciders(run, scene, agreement_id)
        await opened(run, scene, campaign(scene, agreement_id, duration_s=3 * 86_400))
        await desk.place(order_request(scene, 2194))
        assert await work() == 1
        for budget_minor in (800, 1200):
            async with run.database.transaction() as connection:
                brand = (await agreement_view(connection, agreement_id)).funders[1].party_id
                await deals.raise_cap(connection, agreement_id, brand, budget_minor, at_us=clock.now_us())
            clock.advance(DAY // 24)
            email = f"{budget_minor}@example.com"
            await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email=email))
            assert await work() == 0
        assert await fetch_value(run.database, "select count(*) from cap_request") == 3
        # It still stands when the quiet hours are over.
        clock.advance(QUIET_US)
        assert [await work() for _ in range(2)] == [1, 0]
        assert len(handler.messages) == 2

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)
