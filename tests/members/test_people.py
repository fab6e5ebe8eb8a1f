"""Who works for a shop: roles change, people leave, and an owner always stays."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

import tallylight.members.lock_people as locking
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ForbiddenError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.change_roles import change_roles
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.errors import LastOwnerError, LinkSpentError, OwnAccountError
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.open_session import SESSION_TTL, open_session
from tallylight.members.people import people_of
from tallylight.members.queries import roles_of, session_of
from tallylight.members.redeem_sign_in_link import redeem_sign_in_link
from tallylight.members.remove_person import remove_person
from tests.conftest import Runner
from tests.support.small_shop import SmallShop, small_shop


def shop_of(small: SmallShop) -> ShopId:
    return ShopId(small.shop.id)


def who(small: SmallShop, role: str) -> PersonId:
    return PersonId(small.people[role].id)


async def second_owner(run: Runner, small: SmallShop) -> PersonId:
    async with run.database.transaction() as connection:
        made = await create_person(connection, email="second@aurora.test", name="Second")
        await grant_roles(connection, small.shop.id, made.id, ["owner"])
    return made.id


def test_roles_are_replaced_as_a_whole(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer")
        shop_id, owner, producer = shop_of(small), who(small, "owner"), who(small, "producer")
        async with run.database.transaction() as connection:
            await change_roles(connection, shop_id, producer, ["host", "finance"], by=owner)
            assert await roles_of(connection, shop_id, producer) == ["finance", "host"]
            await change_roles(connection, shop_id, owner, ["owner", "host"], by=owner)
            for wrong in ([], ["king"]):
                with pytest.raises(InvalidInputError):
                    await change_roles(connection, shop_id, producer, wrong, by=owner)  # type: ignore[arg-type]
            with pytest.raises(OwnAccountError):
                await change_roles(connection, shop_id, owner, ["host"], by=owner)
            with pytest.raises(OwnAccountError):
                await remove_person(connection, shop_id, owner, by=owner)
            with pytest.raises(ForbiddenError):
                await remove_person(connection, shop_id, owner, by=producer)
            other = await small_shop(run.database, slug="borealis")
            with pytest.raises(ForbiddenError):
                await change_roles(connection, shop_of(other), producer, ["owner"], by=owner)
            await remove_person(connection, shop_id, producer, by=owner)
            with pytest.raises(NotFoundError):
                await change_roles(connection, shop_id, producer, ["host"], by=owner)
            assert [one.roles for one in await people_of(connection, shop_id)] == [["host", "owner"]]

    run(story())


def test_who_is_removed_is_signed_out_and_their_links_are_void(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer", "host")
        other = await small_shop(run.database, slug="borealis")
        clock = ManualClock()
        owner, producer, host = (who(small, role) for role in ("owner", "producer", "host"))
        async with run.database.transaction() as connection:
            await grant_roles(connection, other.shop.id, host, ["host"])
            token, elsewhere = [await open_session(connection, each, clock) for each in (producer, host)]
            link = await issue_sign_in_link(connection, producer, SESSION_TTL, clock, issued_by=owner)
            signed_in = {one.id: one.signed_in_us for one in await people_of(connection, shop_of(small))}
            assert signed_in == {owner: None, producer: clock.now_us(), host: clock.now_us()}
            for each in (producer, host):
                await remove_person(connection, shop_of(small), each, by=owner)
            assert await session_of(connection, token, clock) is None
            with pytest.raises(LinkSpentError):
                await redeem_sign_in_link(connection, link, clock)
            # Somebody who works for another shop stays signed in there, and sees nothing of this one.
            staff = await session_of(connection, elsewhere, clock)
            assert staff is not None
            assert [one.shop.slug for one in staff.memberships] == ["borealis"]

    run(story())


async def _no_turn(connection: AsyncConnection, shop_id: ShopId) -> None:
    """The guard off."""


Verb = Callable[[AsyncConnection, ShopId, PersonId, PersonId], Awaitable[None]]


async def _remove(connection: AsyncConnection, shop_id: ShopId, whom: PersonId, by: PersonId) -> None:
    await remove_person(connection, shop_id, whom, by=by)


async def _demote(connection: AsyncConnection, shop_id: ShopId, whom: PersonId, by: PersonId) -> None:
    await change_roles(connection, shop_id, whom, ["host"], by=by)


async def against_each_other(run: Runner, small: SmallShop, verb: Verb) -> int:
    """Two owners at once, each against the other; how many are left."""
    first, second = who(small, "owner"), await second_owner(run, small)
    waiting: asyncio.Task[None]
    async with run.database.transaction() as one:
        await verb(one, shop_of(small), second, first)

        async def other() -> None:
            async with run.database.transaction() as two:
                await verb(two, shop_of(small), first, second)

        waiting = asyncio.create_task(other())
        await asyncio.wait([waiting], timeout=1)  # with the guard it waits for our commit
    with suppress(ForbiddenError):
        await waiting
    async with run.database.reading() as connection:
        return sum("owner" in each.roles for each in await people_of(connection, shop_of(small)))


@pytest.mark.parametrize("verb", [_remove, _demote])
def test_two_owners_against_each_other_leave_one(run: Runner, verb: Verb) -> None:
    async def story() -> None:
        assert await against_each_other(run, await small_shop(run.database, "owner"), verb) == 1

    run(story())


@pytest.mark.parametrize("verb", [_remove, _demote])
def test_without_turns_they_would_leave_none(run: Runner, verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "take_turn", _no_turn)

    async def story() -> None:
        assert await against_each_other(run, await small_shop(run.database, "owner"), verb) == 0

    run(story())


def test_the_last_owner_stays_whoever_asks(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an owner can ask, and none against themselves: the rule holds all the same."""

    async def anybody(connection: AsyncConnection, shop_id: ShopId, by: PersonId) -> None:
        pass

    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer")
        for module in ("remove_person", "change_roles"):
            monkeypatch.setattr(f"tallylight.members.{module}.lock_people", anybody)
        for verb in (_remove, _demote):
            with pytest.raises(LastOwnerError):
                async with run.database.transaction() as connection:
                    await verb(connection, shop_of(small), who(small, "owner"), who(small, "producer"))

    run(story())
