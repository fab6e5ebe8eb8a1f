"""An owner invites people, changes what they may do and takes them out, over HTTP, by mail and on open streams."""

from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from tallylight.app.flows.invite_person import invite_person
from tallylight.app.mail.smtp import send, smtp_server
from tallylight.app.mail.staff_links import send_staff_links
from tallylight.deals.models import party_member
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import new_id
from tallylight.ledger.models import party
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.errors import LinkSpentError
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.models import session
from tallylight.members.open_session import open_session
from tallylight.members.redeem_sign_in_link import redeem_sign_in_link
from tallylight.members.tokens import hash_of
from tests.app.test_mail import Inbox, inbox, part_of
from tests.app.test_selling import Shop, tell
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, small_shop
from tests.support.waiting import until
from tests.support.web import event_stream, live_web, services_on

__all__ = ["inbox"]

ANN: dict[str, Any] = {"email": "Ann@aurora.test", "name": "Ann Lee", "roles": ["host", "producer"]}
MAIL: dict[str, Any] = {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "shop@aurora.test"}


def people_url(shop: Shop) -> str:
    return f"/api/office/shops/{shop.small.shop.id}/people"


async def rows(shop: Shop) -> dict[str, Any]:
    answer = await shop.client.get(people_url(shop))
    assert answer.status_code == 200, answer.text
    return {one["email"]: one for one in answer.json()["people"]}


async def enter(shop: Shop, path: str) -> httpx.Response:
    return await shop.client.post("/api/session/link", json={"token": path.rpartition("/")[2]})


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_an_owner_invites_somebody_who_signs_in_once(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("owner")
        made = await shop.client.post(people_url(shop), json=ANN, headers=shop.csrf)
        assert made.status_code == 201, made.text
        way = made.json()
        assert (way["email"], way["hours"], way["mailed"]) == ("ann@aurora.test", 72, False)
        ann = (await rows(shop))["ann@aurora.test"]
        assert (ann["roles"], ann["signed_in_us"], ann["enters"]) == (["host", "producer"], None, False)
        again = await shop.client.post(people_url(shop), json=ANN, headers=shop.csrf)
        assert code_of(again) == (409, "taken")
        renewed = await shop.client.post(f"{people_url(shop)}/{ann['id']}/link", headers=shop.csrf)
        assert renewed.status_code == 200, renewed.text
        assert code_of(await enter(shop, way["path"])) == (401, "link_spent")
        me = (await enter(shop, renewed.json()["path"])).json()
        assert (me["person"]["name"], me["memberships"][0]["roles"]) == ("Ann Lee", ["host", "producer"])
        await shop.sign_in("owner")
        assert (await rows(shop))["ann@aurora.test"]["signed_in_us"] == clock.now_us()

    tell(run, story, "owner")


def test_only_owners_see_and_change_people(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url, producer = people_url(shop), shop.small.people["producer"]
        assert (await shop.client.get(url)).status_code == 401
        await shop.sign_in("producer")
        for method, path, body in (
            ("GET", url, None), ("POST", url, ANN), ("POST", f"{url}/{producer.id}/link", None),
            ("PUT", f"{url}/{producer.id}/roles", {"roles": ["owner"]}), ("DELETE", f"{url}/{producer.id}", None),
        ):  # fmt: skip
            answer = await shop.client.request(method, path, json=body, headers=shop.csrf)
            assert answer.status_code == 403, (method, path)
        await shop.sign_in("owner")
        assert code_of(await shop.client.post(url, json=ANN)) == (403, "csrf")
        wrongs: tuple[dict[str, Any], ...] = (
            {"email": "nobody"},
            {"roles": []},
            {"roles": ["king"]},
            {"name": " "},
            {"more": 1},
        )
        for wrong in wrongs:
            refused = await shop.client.post(url, json=ANN | wrong, headers=shop.csrf)
            assert refused.status_code in (400, 422), refused.text
        own = f"{url}/{shop.small.people['owner'].id}"
        assert code_of(await shop.client.delete(own, headers=shop.csrf)) == (409, "own_account")
        changed = await shop.client.put(f"{own}/roles", json={"roles": ["host"]}, headers=shop.csrf)
        assert code_of(changed) == (409, "own_account")
        changed = await shop.client.put(f"{url}/{producer.id}/roles", json={"roles": ["owner"]}, headers=shop.csrf)
        assert [one["roles"] for one in changed.json()["people"]] == [["owner"], ["owner"]]

    tell(run, story, "owner", "producer")


def test_who_is_removed_has_no_session_from_that_moment(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("producer")
        theirs = dict(shop.client.cookies)
        assert (await shop.client.get("/api/me")).status_code == 200
        await shop.sign_in("owner")
        gone = await shop.client.delete(f"{people_url(shop)}/{shop.small.people['producer'].id}", headers=shop.csrf)
        assert gone.status_code == 204, gone.text
        assert list(await rows(shop)) == ["owner@aurora.test"]
        shop.client.cookies = httpx.Cookies(theirs)
        assert (await shop.client.get("/api/me")).status_code == 401

    tell(run, story, "owner", "producer")


def test_inviting_somebody_is_no_way_to_become_them(run: Runner) -> None:
    """Who works for another shop, or decides for a funder, is never entered by a link that an owner sees."""

    async def story(shop: Shop, clock: ManualClock) -> None:
        other = await small_shop(run.database, "finance", slug="borealis")
        async with run.database.transaction() as connection:
            max_ = await create_person(connection, email="max@market.test", name="Max")
            party_id = new_id()
            values = {"id": party_id, "shop_id": shop.small.shop.id, "kind": "platform", "name": "Market"}
            await connection.execute(party.insert().values(values))
            values = {"party_id": party_id, "person_id": max_.id, "invited_by": max_.id}
            await connection.execute(party_member.insert().values(values))
            zoe = await create_person(connection, email="zoe@borealis.test", name="Zoe")
            await grant_roles(connection, other.shop.id, zoe.id, ["host"])
        await shop.sign_in("owner")
        for email in ("finance@borealis.test", "max@market.test", "zoe@borealis.test"):
            body = ANN | {"email": email, "name": "Not Theirs"}
            made = await shop.client.post(people_url(shop), json=body, headers=shop.csrf)
            assert (made.status_code, made.json()["path"]) == (201, None), email
            row = (await rows(shop))[email]
            assert row["name"] != "Not Theirs"
            refused = await shop.client.post(f"{people_url(shop)}/{row['id']}/link", headers=shop.csrf)
            assert refused.status_code == 409
            assert f"tallylight person link {email}" in refused.text

    tell(run, story, "owner")


def test_who_was_shown_a_link_does_not_come_along_into_another_shop(run: Runner) -> None:
    """An owner who let somebody in may have kept the link, or used it."""

    async def story(shop: Shop, clock: ManualClock) -> None:
        other = await small_shop(run.database, "owner", slug="borealis")
        await shop.sign_in("owner")
        made = await shop.client.post(people_url(shop), json=ANN, headers=shop.csrf)
        kept = made.json()["path"].rpartition("/")[2]
        row = (await rows(shop))["ann@aurora.test"]
        again = await shop.client.post(f"{people_url(shop)}/{row['id']}/link", headers=shop.csrf)
        used = again.json()["path"].rpartition("/")[2]
        async with run.database.transaction() as connection:
            with pytest.raises(LinkSpentError):  # voided by the second
                await redeem_sign_in_link(connection, kept, clock)
            person_id = await redeem_sign_in_link(connection, used, clock)
            squatter = await open_session(connection, person_id, clock)
            unused = await issue_sign_in_link(
                connection, person_id, timedelta(hours=1), clock, issued_by=shop.small.people["owner"].id
            )
        async with run.database.transaction() as connection:
            await invite_person(
                connection, other.shop.id, email=ANN["email"], name="", roles=["finance"],
                by=other.people["owner"].id, mails=False, clock=clock,
            )  # fmt: skip
            with pytest.raises(LinkSpentError):
                await redeem_sign_in_link(connection, unused, clock)
            hashes = (await connection.execute(sa.select(session.c.token_hash))).scalars().all()
            assert hash_of(squatter) not in hashes

    tell(run, story, "owner")


def test_with_mail_a_colleague_who_has_signed_in_gets_the_link_alone(run: Runner, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox

    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("owner")

        async def work() -> int:
            return await send_staff_links(
                run.database, partial(send, smtp_server(url)), sender="shop@aurora.test", base_url="http://shop.test",
                clock=clock,
            )  # fmt: skip

        way = (await shop.client.post(people_url(shop), json=ANN, headers=shop.csrf)).json()
        assert way["path"] is not None
        assert way["mailed"]
        assert [await work(), await work()] == [1, 0]
        (message,) = handler.messages
        assert message["To"] == "Ann Lee <ann@aurora.test>"
        text = part_of(message, "plain")
        assert "Owner lets you work for Aurora" in text
        assert "72 hours" in text
        [link] = [line for line in text.splitlines() if line.startswith("http://shop.test/signin/")]
        assert link.rpartition("/")[2] != way["path"].rpartition("/")[2]
        assert (await enter(shop, link)).status_code == 200
        await shop.sign_in("owner")
        ann = (await rows(shop))["ann@aurora.test"]
        way = (await shop.client.post(f"{people_url(shop)}/{ann['id']}/link", headers=shop.csrf)).json()
        assert (way["path"], way["mailed"]) == (None, True)
        # Who is removed before it goes is not written to.
        await shop.client.delete(f"{people_url(shop)}/{ann['id']}", headers=shop.csrf)
        assert await work() == 0
        assert len(handler.messages) == 1

    tell(run, story, "owner", **MAIL)


def test_a_mail_that_did_not_go_is_said(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("owner")
        body = ANN | {"email": "a..b@aurora.test"}
        assert (await shop.client.post(people_url(shop), json=body, headers=shop.csrf)).status_code == 201
        await send_staff_links(
            run.database, lambda message: None, sender="shop@aurora.test", base_url="http://shop.test", clock=clock
        )
        assert "address" in (await rows(shop))["a..b@aurora.test"]["mail_problem"]

    tell(run, story, "owner", **MAIL)


def test_invitations_and_people_have_limits(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("owner")
        monkeypatch.setattr("tallylight.app.flows.invite_person.PEOPLE_MAX", 3)
        answers = []
        for number in range(21):
            body = ANN | {"email": f"p{number}@aurora.test"}
            answers.append((await shop.client.post(people_url(shop), json=body, headers=shop.csrf)).status_code)
        assert answers == [201, 201, *[409] * 18, 429]
        clock.advance(180_000_000)
        body = ANN | {"email": "late@aurora.test"}
        assert (await shop.client.post(people_url(shop), json=body, headers=shop.csrf)).status_code == 409

    tell(run, story, "owner")


@pytest.mark.parametrize("way", ["removed", "other role"])
def test_an_open_stream_ends_with_its_readers_place_in_the_shop(run: Runner, way: str) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer")
        services = services_on(run.database)
        url = f"/api/office/shops/{small.shop.id}/people/{small.people['producer'].id}"
        stream_url = f"/api/control/shows/{small.show.slug}/events"
        async with live_web(services) as client, httpx.AsyncClient(base_url=client.base_url) as owner:
            for each, role in ((client, "producer"), (owner, "owner")):
                signed = await each.post("/api/session", json={"email": f"{role}@aurora.test", "password": PASSWORD})
                each.headers["X-CSRF-Token"] = signed.json()["csrf_token"]
            channel = f"control:{small.show.id}"
            async with event_stream(client, stream_url) as stream:
                await until(lambda: services.delivery.readers_on(channel) == 1, what="the stream")
                if way == "removed":
                    assert (await owner.delete(url)).status_code == 204
                else:
                    assert (await owner.put(f"{url}/roles", json={"roles": ["finance"]})).status_code == 200
                with pytest.raises(EOFError):
                    await stream.next()
            assert (await client.get(stream_url)).status_code == (401 if way == "removed" else 403)
            await until(lambda: services.delivery.channels() == [], what="no reader")

    run(story())
