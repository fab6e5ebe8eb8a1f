"""An installation that has books keeps them when entries move into their transfers."""

import asyncpg

from tests.conftest import Runner
from tests.support.moved_rows import at_revision, refuses

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


async def books(connection: asyncpg.Connection) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in await connection.fetch(sql)] for sql in (TRANSFERS, ENTRIES)]


def test_books_are_the_same_after_their_entries_moved(run: Runner, empty_url: str) -> None:
    async def before(connection: asyncpg.Connection) -> list[list[tuple[object, ...]]]:
        await connection.execute(OLD_BOOKS)
        return await books(connection)

    async def after(connection: asyncpg.Connection) -> list[list[tuple[object, ...]]]:
        await refuses(connection, "update transfer set posted_us = 0", "delete from transfer", "truncate transfer")
        return await books(connection)

    kept = run(at_revision(empty_url, BEFORE, before))
    assert [len(rows) for rows in kept] == [300, 900]
    assert run(at_revision(empty_url, AFTER, after)) == kept
