"""An installation that has books keeps them when entries move into their transfers."""

from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest

from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database
from tests.conftest import Runner
from tests.support.postgres import PostgresCluster

BEFORE = "0028"
AFTER = "0029"

OLD_BOOKS = """
insert into shop (id, name, slug, currency) values (gen_random_uuid(), 'Fern & Co', 'fern', 'USD');
insert into party (id, shop_id, kind, name) select gen_random_uuid(), id, 'creator', 'Mina Park' from shop;
insert into account (id, party_id, purpose, currency)
    select gen_random_uuid(), party.id, purpose, currency
    from party, unnest(array['subtotal', 'shipping']) as purpose, unnest(array['USD', 'EUR']) as currency;
with t as (
    insert into transfer (id, shop_id, kind, description, order_id, at_us, posted_us, entry_count)
    select gen_random_uuid(), shop.id, 'sale', 'Order ' || n, gen_random_uuid(), n, n, 2 * (1 + n % 2)
    from shop, generate_series(1, 300) as n returning *
)
insert into entry (transfer_id, line, account_id, currency, amount_minor)
select t.id, line, account.id, account.currency,
    case when line % 2 = 1 then t.posted_us else -t.posted_us end
from t cross join lateral generate_series(1, t.entry_count) as line join account
    on account.purpose = case when line % 2 = 1 then 'subtotal' else 'shipping' end
    and account.currency = case when line > 2 then 'EUR' else 'USD' end;
"""

ENTRIES = "select transfer_id, line, account_id, currency, amount_minor from entry order by transfer_id, line"
TRANSFERS = "select id, shop_id, kind, description, order_id, at_us, posted_us from transfer order by id"


@pytest.fixture
def old_url(postgres: PostgresCluster, run: Runner) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"t{uuid4().hex}"

    async def statement(sql: str) -> None:
        admin = await asyncpg.connect(postgres.url())
        await admin.execute(sql)
        await admin.close()

    run(statement(f"create database {name}"))
    yield postgres.url(name)
    run(statement(f"drop database {name} with (force)"))


def test_books_are_the_same_after_their_entries_moved(run: Runner, old_url: str) -> None:
    async def books(connection: asyncpg.Connection) -> list[list[tuple[object, ...]]]:
        return [[tuple(row) for row in await connection.fetch(sql)] for sql in (TRANSFERS, ENTRIES)]

    async def story() -> None:
        old = Database(old_url)
        await migrate(old, to=BEFORE)
        connection = await asyncpg.connect(old_url)
        await connection.execute(OLD_BOOKS)
        before = await books(connection)
        await connection.close()
        await migrate(old, to=AFTER)
        await old.close()
        connection = await asyncpg.connect(old_url)
        after = await books(connection)
        assert (len(after[0]), len(after[1])) == (300, 900)
        assert after == before
        for change in ("update transfer set posted_us = 0", "delete from transfer", "truncate transfer"):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(change)
        await connection.close()

    run(story())
