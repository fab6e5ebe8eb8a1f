"""``tallylight shop terms`` and ``tallylight shop first-paid``."""

from tallylight import catalogue
from tallylight.catalogue.queries import ShopTerms
from tests.app.test_command_line import Command, tallylight, trouble
from tests.conftest import Runner
from tests.support.small_shop import small_shop

__all__ = ["tallylight"]


def test_the_command_sets_what_hosts_are_held_to(run: Runner, tallylight: Command) -> None:
    small = run(small_shop(run.database))

    async def terms() -> ShopTerms:
        async with run.database.reading() as connection:
            return await catalogue.terms_of_shop(connection, small.shop.id)

    arguments = ("--shipping", "4.95", "--free-over", "60", "--delivery-days", "2")
    finished = tallylight("shop", "terms", "aurora", *arguments, DATABASE_URL=run.database.url)
    assert finished.returncode == 0, finished.stderr
    assert run(terms()) == ShopTerms(495, 6_000, 2)
    wrong = tallylight("shop", "terms", "aurora", "--shipping", "4.955", DATABASE_URL=run.database.url)
    assert "--shipping" in trouble(wrong)
    nobody = tallylight("shop", "terms", "borealis", "--shipping", "0", DATABASE_URL=run.database.url)
    assert "borealis" in trouble(nobody)
    assert run(terms()) == ShopTerms(495, 6_000, 2)


def test_the_command_says_whether_unpaid_orders_hold_anything(run: Runner, tallylight: Command) -> None:
    small = run(small_shop(run.database))

    async def first_paid() -> bool:
        async with run.database.reading() as connection:
            return await catalogue.is_first_paid(connection, small.shop.id)

    assert not run(first_paid())
    for word, on in (("--on", True), ("--off", False)):
        finished = tallylight("shop", "first-paid", "aurora", word, DATABASE_URL=run.database.url)
        assert finished.returncode == 0, finished.stderr
        assert run(first_paid()) is on
