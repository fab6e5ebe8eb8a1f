"""Who is paid by whom: contracts, a person's ruling, and the show's own word."""

import pytest
from sqlalchemy.exc import DBAPIError

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import PersonId, ShopId, ShowId, new_id
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.models import person
from tallylight.members.types import Person
from tallylight.shows.create_show import create_show
from tallylight.shows.models import paid_ruling
from tallylight.shows.paid_host import contracts_of_shop, paid_host
from tallylight.shows.record_contract import end_contract, record_contract
from tallylight.shows.rule_paid import rule_paid
from tallylight.shows.types import PaidHost
from tests.conftest import Runner
from tests.support.small_shop import SmallShop, small_shop

NOW_US = 1_790_000_000_000_000
HOUR_US = 3_600_000_000


async def paid_at(run: Runner, small: SmallShop, at_us: int) -> PaidHost:
    async with run.database.reading() as connection:
        return await paid_host(connection, small.show, at_us)


async def hire(
    run: Runner, small: SmallShop, *, creator: str = "mara", until_us: int | None = None, who: Person | None = None
) -> None:
    async with run.database.transaction() as connection:
        await record_contract(
            connection, ShopId(small.shop.id), creator_name=creator, person_id=None if who is None else who.id,
            payer_name="Aurora  Labs", paid_how="fee",
            from_us=NOW_US, until_us=until_us, recorded_by=None, now_us=NOW_US,
        )  # fmt: skip


def test_a_contract_makes_its_creator_paid_while_it_holds(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        await hire(run, small, creator="Somebody Else")
        assert (await paid_at(run, small, NOW_US)) == PaidHost(False, "show")
        await hire(run, small, until_us=NOW_US + HOUR_US)
        states = [(await paid_at(run, small, NOW_US + after)).paid for after in (-1, 0, HOUR_US - 1, HOUR_US)]
        assert states == [False, True, True, False]
        held = await paid_at(run, small, NOW_US)
        assert (held.source, held.payer_name, held.paid_how) == ("contract", "Aurora Labs", "fee")

    run(story())


def test_a_ruling_goes_before_contracts_until_it_is_lifted(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "compliance")
        await hire(run, small)
        by = PersonId(small.people["compliance"].id)
        for paid, after in ((False, 10), (None, 20)):
            async with run.database.transaction() as connection:
                await rule_paid(
                    connection, ShowId(small.show.id), paid, reason="Unpaid  tonight", ruled_by=by,
                    at_us=NOW_US + after,
                )  # fmt: skip
        ruled = await paid_at(run, small, NOW_US + 10)
        assert (ruled.paid, ruled.source, ruled.reason, ruled.ruled_by) == (
            False, "ruling", "Unpaid tonight", "Compliance",
        )  # fmt: skip
        assert [(await paid_at(run, small, NOW_US + after)).source for after in (9, 20)] == ["contract", "contract"]
        with pytest.raises(InvalidInputError):
            async with run.database.transaction() as connection:
                await rule_paid(connection, ShowId(small.show.id), True, reason=" ", ruled_by=by, at_us=NOW_US)
        with pytest.raises(DBAPIError):
            async with run.database.transaction() as connection:
                await connection.execute(paid_ruling.delete())

    run(story())


async def host(run: Runner, small: SmallShop, name: str) -> Person:
    async with run.database.transaction() as connection:
        made = await create_person(connection, email=f"{new_id()}@aurora.test", name=name)
        await grant_roles(connection, small.shop.id, made.id, ["host"])
    return made


async def paid_in_show(run: Runner, small: SmallShop, name: str, who: Person | None) -> bool:
    """Whether the host of a new show is paid."""
    async with run.database.transaction() as connection:
        show = await create_show(
            connection, shop_id=small.shop.id, slug=f"s-{new_id()}", title="Evening", host_name=name,
            host_person_id=None if who is None else who.id,
        )  # fmt: skip
        return (await paid_host(connection, show, NOW_US)).paid


def test_a_person_stays_bound_whatever_they_are_called(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        mina = await host(run, small, "Mina Park")
        await hire(run, small, creator="Mina Park", who=mina)
        async with run.database.transaction() as connection:
            await connection.execute(person.update().where(person.c.id == mina.id).values(name="Mina Park-Lee"))
        assert await paid_in_show(run, small, "Mina Park-Lee", mina)
        assert await paid_in_show(run, small, "DJ Mina", mina)
        async with run.database.reading() as connection:
            [contract] = await contracts_of_shop(connection, ShopId(small.shop.id))
        assert (contract.creator_name, contract.person_name) == ("Mina Park", "Mina Park-Lee")

    run(story())


def test_two_people_of_one_name_are_not_confused(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        paid, unpaid = await host(run, small, "Joe"), await host(run, small, "Joe")
        await hire(run, small, creator="Joe", who=paid)
        assert await paid_in_show(run, small, "Joe", paid)
        assert not await paid_in_show(run, small, "Joe", unpaid)

    run(story())


def test_the_name_decides_where_the_show_or_the_contract_knows_no_more(run: Runner) -> None:
    """A guest of that name, and a person whose contract was recorded before they were one."""

    async def story() -> None:
        small = await small_shop(run.database)
        joe, ann = await host(run, small, "Joe"), await host(run, small, "Ann")
        await hire(run, small, creator="Joe", who=joe)
        await hire(run, small, creator="Ann")
        assert await paid_in_show(run, small, "joe", None)
        assert await paid_in_show(run, small, "ann", ann)
        assert not await paid_in_show(run, small, "Annie", ann)
        assert not await paid_in_show(run, small, "Joseph", None)

    run(story())


def test_contracts_and_shows_name_people_of_the_shop_alone(run: Runner) -> None:
    async def story() -> None:
        small, other = await small_shop(run.database, "producer"), await small_shop(run.database, slug="borealis")
        stranger = await host(run, other, "Joe")
        with pytest.raises(InvalidInputError) as refused:
            await hire(run, small, creator="Joe", who=stranger)
        assert refused.value.fields["field"] == "person_id"
        for who in (stranger, small.people["producer"]):
            with pytest.raises(InvalidInputError) as refused:
                await paid_in_show(run, small, "Joe", who)
            assert refused.value.fields["field"] == "host_person_id"

    run(story())


def test_a_contract_is_ended_once_and_only_by_its_shop(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        other = await small_shop(run.database, slug="borealis")
        await hire(run, small)
        shop_id = ShopId(small.shop.id)
        async with run.database.transaction() as connection:
            [contract] = await contracts_of_shop(connection, shop_id)
            assert await contracts_of_shop(connection, ShopId(other.shop.id)) == []
            with pytest.raises(NotFoundError):
                await end_contract(connection, ShopId(other.shop.id), contract.id, until_us=NOW_US + 5, ended_by=None)
            with pytest.raises(NotFoundError):
                await end_contract(connection, shop_id, new_id(), until_us=NOW_US + 5, ended_by=None)
            await end_contract(connection, shop_id, contract.id, until_us=NOW_US + 5, ended_by=None)
            with pytest.raises(ConflictError):
                await end_contract(connection, shop_id, contract.id, until_us=NOW_US + 9, ended_by=None)
        assert [(await paid_at(run, small, NOW_US + after)).paid for after in (4, 5)] == [True, False]

    run(story())


@pytest.mark.parametrize(
    ("creator", "payer", "until_us", "field"),
    [
        ("  ", "Aurora", None, "creator_name"),
        ("x" * 81, "Aurora", None, "creator_name"),
        ("Mara", "", None, "payer_name"),
        ("Mara", "Aurora", NOW_US - 1, "until_us"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(
    run: Runner, creator: str, payer: str, until_us: int | None, field: str
) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        with pytest.raises(InvalidInputError) as refused:
            async with run.database.transaction() as connection:
                await record_contract(
                    connection, ShopId(small.shop.id), creator_name=creator, payer_name=payer, paid_how="fee",
                    from_us=NOW_US, until_us=until_us, recorded_by=None, now_us=NOW_US,
                )  # fmt: skip
        assert refused.value.fields["field"] == field

    run(story())
