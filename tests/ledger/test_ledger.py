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
    "with t as (insert into transfer (id, shop_id, kind, description, posted_us, entry_count)"
    " select :id, shop_id, 'sale', '', 0, {count} from transfer limit 1)"
    " insert into entry select :id, line, account_id, currency, amount from (values {lines}) as v(line, amount)"
    " cross join (select account_id, currency from entry limit 1) as e"
)


@pytest.mark.parametrize(
    ("count", "lines", "problem"),
    [
        (2, "(1, 5), (2, -4)", "sum to zero"),
        (3, "(1, 5), (2, -5)", "not whole"),
        (2, "(2, 5), (3, -5)", "not whole"),
        (2, "(1, 0), (2, 0)", "amount_not_zero"),
    ],
)
def test_an_unbalanced_or_partial_transfer_is_refused_by_the_database(
    run: Runner, count: int, lines: str, problem: str
) -> None:
    run(post(run, ("USD", 500), ("USD", -500)))
    with pytest.raises(DBAPIError, match=problem):
        run(fetch_value(run.database, INSERT.format(count=count, lines=lines), id=new_id()))
    run(fetch_value(run.database, INSERT.format(count=2, lines="(1, 5), (2, -5)") + " returning 1", id=new_id()))


def test_nothing_can_be_added_to_a_posted_transfer_nor_booked_on_no_account(run: Runner) -> None:
    new = run(post(run, ("USD", 500), ("USD", -500)))
    account = "(select account_id from entry limit 1)"
    more = f"insert into entry values (:id, 3, {account}, 'USD', 7), (:id, 4, {account}, 'USD', -7)"
    with pytest.raises(DBAPIError, match="not whole"):
        run(fetch_value(run.database, more, id=new.id))
    again = more.replace("3,", "1,").replace("4,", "2,")
    with pytest.raises(DBAPIError, match="pk_entry"):
        run(fetch_value(run.database, again, id=new.id))
    nowhere = INSERT.format(count=2, lines="(1, 5), (2, -5)").replace("line, account_id,", "line, gen_random_uuid(),")
    with pytest.raises(DBAPIError, match="no account of its currency"):
        run(fetch_value(run.database, nowhere, id=new_id()))


@pytest.mark.parametrize("table", ["transfer", "entry"])
@pytest.mark.parametrize("change", ["update {} set shop_id = shop_id", "delete from {}", "truncate {} cascade"])
def test_what_is_posted_stays(run: Runner, table: str, change: str) -> None:
    run(post(run, ("USD", 500), ("USD", -500)))
    sql = change.format(table).replace("entry set shop_id = shop_id", "entry set amount_minor = 1")
    with pytest.raises(DBAPIError, match="append-only"):
        run(fetch_value(run.database, sql))


def test_a_shop_has_one_brand_and_many_creators(run: Runner) -> None:
    async def go() -> None:
        shop_id = await make_shop(run.database)
        async with run.database.transaction() as connection:
            brand = await ledger.ensure_party(connection, shop_id, "brand", "Fern & Co")
            assert await ledger.ensure_party(connection, shop_id, "brand", "Fern and Co") == brand
            mina = await ledger.ensure_party(connection, shop_id, "creator", "Mina Park")
            assert await ledger.ensure_party(connection, shop_id, "creator", "Leo") != mina

    run(go())
