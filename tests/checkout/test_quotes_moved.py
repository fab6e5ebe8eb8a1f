"""An installation that has sold keeps every order's price when prices move into a table of their own."""

import asyncpg

from tests.conftest import Runner
from tests.support.moved_rows import at_revision, refuses

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


def test_every_order_keeps_its_price_to_the_letter(run: Runner, empty_url: str) -> None:
    async def before(connection: asyncpg.Connection) -> list[tuple[object, ...]]:
        await connection.execute(OLD_ORDERS)
        rows = await connection.fetch("select number, cast(quote as text) from customer_order order by number")
        return [tuple(row) for row in rows]

    async def after(connection: asyncpg.Connection) -> list[tuple[object, ...]]:
        rows = await connection.fetch(
            "select number, cast(q.quote as text) from customer_order as o join order_quote as q on q.id = o.quote_id"
            " order by number"
        )
        assert await connection.fetchval("select count(*) from order_quote") == 3
        await refuses(
            connection, "update order_quote set quote = '{}'", "delete from order_quote", "truncate order_quote"
        )
        return [tuple(row) for row in rows]

    sold = run(at_revision(empty_url, BEFORE, before))
    assert len(sold) == 100
    assert run(at_revision(empty_url, AFTER, after)) == sold
