"""Passwords, one-time links, sessions and roles."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ForbiddenError, InvalidInputError, NotFoundError
from tallylight.members.create_person import create_person, set_password
from tallylight.members.create_shop import create_shop
from tallylight.members.delete_expired import LINK_KEPT, delete_expired
from tallylight.members.errors import CsrfError, LinkSpentError, TakenError, WrongPasswordError
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.models import session, sign_in_link
from tallylight.members.open_session import SESSION_TTL, close_session, open_session
from tallylight.members.passwords import password_matches
from tallylight.members.queries import session_of
from tallylight.members.redeem_sign_in_link import redeem_sign_in_link
from tallylight.members.roles import require_csrf, require_role
from tallylight.members.sign_in_by_password import sign_in_by_password
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, small_shop


def test_a_password_signs_in_and_wrong_ones_look_like_unknown_people(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "owner")
        async with run.database.transaction() as connection:
            assert await sign_in_by_password(connection, " OWNER@aurora.test ", PASSWORD) == small.people["owner"].id
            messages = set()
            for email, password in (("owner@aurora.test", "wrong"), ("nobody@aurora.test", PASSWORD), ("", "")):
                with pytest.raises(WrongPasswordError) as refused:
                    await sign_in_by_password(connection, email, password)
                messages.add(str(refused.value))
            assert len(messages) == 1

    run(story())


def test_a_person_without_a_password_cannot_sign_in_by_one(run: Runner) -> None:
    async def story() -> None:
        async with run.database.transaction() as connection:
            person = await create_person(connection, email="ana@aurora.test", name="Ana")
            with pytest.raises(WrongPasswordError):
                await sign_in_by_password(connection, person.email, "nobody has this password")
            await set_password(connection, person.id, PASSWORD)
            assert await sign_in_by_password(connection, person.email, PASSWORD) == person.id

    run(story())


def test_an_unknown_person_costs_the_same_work(run: Runner) -> None:
    """Both paths verify one argon2 hash; counted, not timed."""
    assert run(password_matches(None, "x")) is False

    async def verified(email: str) -> int:
        import tallylight.members.passwords as passwords

        count = 0
        original = passwords._verify

        def counting(password_hash: str | None, password: str) -> bool:
            nonlocal count
            count += 1
            return original(password_hash, password)

        passwords._verify = counting
        try:
            async with run.database.transaction() as connection:
                with pytest.raises(WrongPasswordError):
                    await sign_in_by_password(connection, email, "wrong password")
        finally:
            passwords._verify = original
        return count

    run(small_shop(run.database, "owner"))
    assert run(verified("owner@aurora.test")) == run(verified("nobody@aurora.test")) == 1


@pytest.mark.parametrize("email", ["", "a", "a@", "@b", "a b@c", "a@b\nc", "x" * 65 + "@b.test", "a@" + "b" * 253])
def test_what_is_no_e_mail_is_refused(run: Runner, email: str) -> None:
    async def story() -> None:
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError) as refused:
                await create_person(connection, email=email, name="Ana")
            assert refused.value.fields["field"] == "email"

    run(story())


def test_names_are_taken_once(run: Runner) -> None:
    async def story() -> None:
        await small_shop(run.database, "owner")
        async with run.database.transaction() as connection:
            with pytest.raises(TakenError):
                await create_person(connection, email="Owner@Aurora.test", name="Other")
            with pytest.raises(TakenError):
                await create_shop(connection, slug="aurora", name="Other", currency="USD")

    run(story())


def test_a_link_signs_in_once_and_only_in_time(run: Runner) -> None:
    clock = ManualClock()

    async def story() -> None:
        small = await small_shop(run.database, "owner")
        owner = small.people["owner"].id
        async with run.database.transaction() as connection:
            token = await issue_sign_in_link(connection, owner, timedelta(minutes=10), clock)
            late = await issue_sign_in_link(connection, owner, timedelta(minutes=10), clock)
            kept = (await connection.scalars(sa.select(sign_in_link.c.token_hash))).all()
            assert all(token.encode() not in one for one in kept)

        async def redeem() -> bool:
            try:
                async with run.database.transaction() as connection:
                    return await redeem_sign_in_link(connection, token, clock) == owner
            except LinkSpentError:
                return False

        assert sorted(await asyncio.gather(*(redeem() for _ in range(5)))) == [False] * 4 + [True]
        clock.advance(10 * 60 * 1_000_000)
        async with run.database.transaction() as connection:
            for spent in (late, "guessed", ""):
                with pytest.raises(LinkSpentError):
                    await redeem_sign_in_link(connection, spent, clock)

    run(story())


def test_a_session_lasts_until_it_ends_or_is_closed(run: Runner) -> None:
    clock = ManualClock()

    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer")
        async with run.database.transaction() as connection:
            token = await open_session(connection, small.people["producer"].id, clock)
            other = await open_session(connection, small.people["owner"].id, clock)
            staff = await session_of(connection, token, clock)
            assert staff is not None
            assert staff.person == small.people["producer"]
            assert [(one.shop.slug, one.roles) for one in staff.memberships] == [("aurora", ["producer"])]
            await close_session(connection, token)
            assert await session_of(connection, token, clock) is None
            assert await session_of(connection, other, clock) is not None
            clock.advance(int(SESSION_TTL.total_seconds()) * 1_000_000)
            assert await session_of(connection, other, clock) is None

    run(story())


def test_what_has_expired_is_deleted_and_nothing_else(run: Runner) -> None:
    clock = ManualClock()

    async def story() -> None:
        small = await small_shop(run.database, "owner")
        owner = small.people["owner"].id
        async with run.database.transaction() as connection:
            await open_session(connection, owner, clock)
            await issue_sign_in_link(connection, owner, timedelta(minutes=1), clock)
            assert await delete_expired(connection, clock) == 0
            clock.advance(int((LINK_KEPT + timedelta(minutes=1)).total_seconds()) * 1_000_000)
            young = await open_session(connection, owner, clock)
            assert await delete_expired(connection, clock) == 2
            assert await session_of(connection, young, clock) is not None
            assert await connection.scalar(sa.select(sa.func.count()).select_from(session)) == 1

    run(story())


def test_roles_open_what_they_name(run: Runner) -> None:
    clock = ManualClock()

    async def story() -> None:
        small = await small_shop(run.database, "owner", "producer", "finance")
        async with run.database.transaction() as connection:
            staff = {}
            for role, person in small.people.items():
                found = await session_of(connection, await open_session(connection, person.id, clock), clock)
                assert found is not None
                staff[role] = found
        shop = small.shop.id
        require_role(staff["owner"], shop, "compliance")
        require_role(staff["producer"], shop, "compliance", "producer")
        require_role(staff["finance"], shop)
        with pytest.raises(ForbiddenError):
            require_role(staff["finance"], shop, "producer")
        with pytest.raises(NotFoundError):
            require_role(staff["owner"], uuid4())
        require_csrf(staff["owner"], staff["owner"].csrf_token)
        for wrong in (None, "", staff["finance"].csrf_token, "é"):
            with pytest.raises(CsrfError):
                require_csrf(staff["owner"], wrong)

    run(story())
