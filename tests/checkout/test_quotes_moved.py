"""An installation that has sold keeps every order's price when prices move into a table of their own."""

from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest

from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database
from tests.conftest import Runner
from tests.support.postgres import PostgresCluster

BEFORE = "0053"
AFTER = "0054"

# Three prices of a hundred orders, two of which differ in a space alone; an order is sold at each in turn.
OLD_ORDERS = """
insert into customer_order (id, shop_id, number, show_id, state, placed_us, at_us, priced_us, currency, total_minor,
    discount_minor, units, commission_bps, creator_name, quote, buyer_email, buyer_name, buyer_hash, address,
    receipt_hash, key_hash, body_hash)
select gen_random_uuid(), shop.id, n, gen_random_uuid(), 'paid', n, n, n, 'USD', 2194, 800, 1, 0, 'Mina Park',
    cast((array['{"total":"1699","text":"−$8.00"}', '{"total": "1699","text":"−$8.00"}', '{}'])[1 + n % 3] as json),
    'ana@x.test', 'Ana', '\\x01', '{}', '\\x02', sha256(cast(cast(n as text) as bytea)), '\\x03'
from (select gen_random_uuid() as id) as shop, generate_series(1, 100) as n
"""


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


def test_every_order_keeps_its_price_to_the_letter(run: Runner, old_url: str) -> None:
    async def story() -> None:
        old = Database(old_url)
        await migrate(old, to=BEFORE)
        connection = await asyncpg.connect(old_url)
        await connection.execute(OLD_ORDERS)
        before = await connection.fetch("select number, cast(quote as text) from customer_order order by number")
        await connection.close()
        await migrate(old, to=AFTER)
        await old.close()
        connection = await asyncpg.connect(old_url)
        after = await connection.fetch(
            "select number, cast(q.quote as text) from customer_order as o join order_quote as q on q.id = o.quote_id"
            " order by number"
        )
        assert len(after) == 100
        assert [tuple(row) for row in after] == [tuple(row) for row in before]
        assert await connection.fetchval("select count(*) from order_quote") == 3
        for change in ("update order_quote set quote = '{}'", "delete from order_quote", "truncate order_quote"):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(change)
        await connection.close()

    run(story())
