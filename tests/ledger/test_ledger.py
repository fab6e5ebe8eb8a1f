"""The ledger: what the database refuses whoever asks."""

from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from tallylight import ledger
from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger import AccountName, NewEntry, NewTransfer, UnbalancedTransferError
from tests.conftest import Runner
from tests.support.shop import NOW_US, fetch_value, make_shop


async def post(run: Runner, *amounts: tuple[str, int], **change: Any) -> NewTransfer:
    """A transfer of ``amounts`` (currency, minor units) over accounts of one creator."""
    shop_id = ShopId(await make_shop(run.database, slug=f"s{new_id().hex}"))
    async with run.database.transaction() as connection:
        party = await ledger.ensure_party(connection, shop_id, "creator", "Mina Park")
        names = [AccountName(party.id, "affiliate_commission", currency) for currency, _ in amounts]
        accounts = await ledger.ensure_accounts(connection, set(names))
        entries = [
            NewEntry(accounts[name], currency, minor) for name, (currency, minor) in zip(names, amounts, strict=True)
        ]
        new = NewTransfer(
            id=new_id(), shop_id=shop_id, kind="sale", description="x", entries=tuple(entries), posted_us=NOW_US
        )
        new = msgspec.structs.replace(new, **change)
        await ledger.post_transfers(connection, [new])
        return new


def test_a_balanced_transfer_is_posted_and_shown(run: Runner) -> None:
    async def go() -> None:
        new = await post(run, ("USD", 500), ("USD", -500), ("EUR", 300), ("EUR", -300), order_id=new_id())
        async with run.database.transaction() as connection:
            views = await ledger.transfers_of_order(connection, new.order_id or new.id)
        assert [(each.amount.minor, each.amount.currency) for each in views[0].entries] == [
            (500, "USD"), (-500, "USD"), (300, "EUR"), (-300, "EUR"),
        ]  # fmt: skip

    run(go())


@pytest.mark.parametrize("amounts", [(("USD", 500), ("USD", -499)), (("USD", 500), ("EUR", -500))])
def test_an_unbalanced_transfer_is_refused_by_us(run: Runner, amounts: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(UnbalancedTransferError):
        run(post(run, *amounts))


INSERT = (
    "insert into transfer (id, shop_id, kind, description, posted_us, account_ids, currencies, amounts_minor)"
    " select :id, shop_id, 'sale', '', 0, {accounts}, {currencies}, {amounts} from transfer limit 1"
)


def by_hand(
    amounts: str, *, accounts: str = "array[account_ids[1], account_ids[1]]", currencies: str = "array['USD', 'USD']"
) -> str:
    """SQL that no action of ours would send."""
    return INSERT.format(accounts=accounts, currencies=currencies, amounts=f"array[{amounts}]")


@pytest.mark.parametrize(
    ("insert", "problem"),
    [
        (by_hand("5, -4"), "sum to zero"),
        (by_hand("5, -5", currencies="array['USD', 'EUR']"), "sum to zero"),
        (by_hand("5, -4, -1"), "an_entry_each"),
        (by_hand("5, -5", currencies="array['USD']"), "an_entry_each"),
        (by_hand("5", accounts="array[account_ids[1]]", currencies="array['USD']"), "entries_2_to_64"),
        (by_hand("5, null"), "entries_complete"),
        (by_hand("0, 0"), "amounts_not_zero"),
        (by_hand("5, -5", accounts="array[account_ids[1], gen_random_uuid()]"), "no account of its currency"),
        (by_hand("5, -5", currencies="array['EUR', 'EUR']"), "no account of its currency"),
    ],
)
def test_the_database_refuses_what_is_no_whole_and_balanced_transfer(run: Runner, insert: str, problem: str) -> None:
    run(post(run, ("USD", 500), ("USD", -500)))
    with pytest.raises(DBAPIError, match=problem):
        run(fetch_value(run.database, insert, id=new_id()))
    run(fetch_value(run.database, by_hand("5, -5") + " returning 1", id=new_id()))


def test_one_wrong_transfer_among_many_alike_is_seen(run: Runner) -> None:
    """The check looks at each kind of transfer once: what differs in an amount alone is another kind."""
    run(post(run, ("USD", 500), ("USD", -500)))
    many = (
        "insert into transfer (id, shop_id, kind, description, posted_us, account_ids, currencies, amounts_minor)"
        " select gen_random_uuid(), shop_id, kind, '', 0, account_ids, currencies,"
        " array[500, case when n = {wrong} then -499 else -500 end]"
        " from (select * from transfer limit 1) as t, generate_series(1, 100) as n returning 1"
    )
    with pytest.raises(DBAPIError, match="sum to zero"):
        run(fetch_value(run.database, many.format(wrong=57)))
    run(fetch_value(run.database, many.format(wrong=0)))
    assert run(fetch_value(run.database, "select count(*) from entry where amount_minor = -500")) == 101


@pytest.mark.parametrize("change", ["update {} set shop_id = shop_id", "delete from {}", "truncate {} cascade"])
def test_what_is_posted_stays(run: Runner, change: str) -> None:
    run(post(run, ("USD", 500), ("USD", -500)))
    with pytest.raises(DBAPIError, match="append-only"):
        run(fetch_value(run.database, change.format("transfer")))


@pytest.mark.parametrize(
    "change",
    [
        "update entry set amount_minor = 1",
        "delete from entry",
        "insert into entry select transfer_id, 3, account_id, currency, 7 from entry",
    ],
)
def test_entries_are_shown_and_not_written(run: Runner, change: str) -> None:
    run(post(run, ("USD", 500), ("USD", -500)))
    with pytest.raises(DBAPIError, match="view"):
        run(fetch_value(run.database, change))


def test_a_shop_has_one_brand_and_many_creators(run: Runner) -> None:
    async def go() -> None:
        shop_id = await make_shop(run.database)
        async with run.database.transaction() as connection:
            brand = await ledger.ensure_party(connection, shop_id, "brand", "Fern & Co")
            assert await ledger.ensure_party(connection, shop_id, "brand", "Fern and Co") == brand
            mina = await ledger.ensure_party(connection, shop_id, "creator", "Mina Park")
            assert await ledger.ensure_party(connection, shop_id, "creator", "Leo") != mina

    run(go())
