"""The books as a beancount file (https://beancount.github.io/docs/beancount_language_syntax.html).

Every transfer is a transaction, and every account ends with a balance assertion whose figure comes from a sum that the
database makes, not from the transactions in the file: a file that ``bean-check`` passes agrees with the books.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from anyascii import anyascii
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import to_datetime
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.models import MANY_OF_A_KIND, account, entry, party, transfer

ROWS_AT_ONCE = 5_000
_ASSETS = ("processor", "bank")


async def beancount_lines(connection: AsyncConnection, shop_id: ShopId, *, to_us: int) -> AsyncIterator[str]:
    """The shop's books up to ``to_us`` (exclusive, wall time), line by line, in one snapshot of the caller's.

    The balances in the file are those of the moment's end: call it in a REPEATABLE READ transaction, or for a time
    that is over.
    """
    accounts = await _accounts(connection, shop_id)
    totals = await _totals(connection, shop_id, to_us)
    first = await connection.execute(sa.select(sa.func.min(transfer.c.posted_us)).where(transfer.c.shop_id == shop_id))
    since = to_datetime(first.scalar() or 0).date()
    yield 'option "title" "Tallylight"'
    for currency in sorted({each.currency for each in accounts.values()}):
        yield f'option "operating_currency" "{currency}"'
    yield ""
    for each in sorted(accounts.values(), key=lambda each: each.name):
        yield f"{since} open {each.name} {each.currency}"
    async for line in _transactions(connection, shop_id, to_us, accounts):
        yield line
    yield ""
    after = (to_datetime(to_us) + timedelta(days=1)).date()
    for account_id, each in sorted(accounts.items(), key=lambda item: item[1].name):
        total = Money(totals.get(account_id, 0), each.currency)
        yield f"{after} balance {each.name} {total.decimal()} ~ 0 {each.currency}"


class _Account(msgspec.Struct, frozen=True):
    name: str
    currency: str


async def _accounts(connection: AsyncConnection, shop_id: ShopId) -> dict[UUID, _Account]:
    rows = await connection.execute(
        sa.select(account, party.c.kind, party.c.name)
        .join(party, party.c.id == account.c.party_id)
        .where(party.c.shop_id == shop_id)
    )
    made = {}
    for row in rows:
        parts = ["Assets" if row.kind in _ASSETS else "Liabilities", _component(row.kind)]
        if row.kind in MANY_OF_A_KIND:
            parts.append(f"{_component(row.name)}-{row.party_id.hex[-6:]}")
        parts += [_component(row.purpose), row.currency]
        made[row.id] = _Account(":".join(parts), row.currency)
    return made


async def _totals(connection: AsyncConnection, shop_id: ShopId, to_us: int) -> dict[UUID, int]:
    rows = await connection.execute(
        sa.select(entry.c.account_id, sa.func.sum(entry.c.amount_minor).label("total"))
        .join(transfer, transfer.c.id == entry.c.transfer_id)
        .where(transfer.c.shop_id == shop_id, transfer.c.posted_us < to_us)
        .group_by(entry.c.account_id)
    )
    return {row.account_id: int(row.total) for row in rows}


async def _transactions(
    connection: AsyncConnection, shop_id: ShopId, to_us: int, accounts: dict[UUID, _Account]
) -> AsyncIterator[str]:
    rows = await connection.stream(
        sa.select(transfer, entry.c.line, entry.c.account_id, entry.c.amount_minor, entry.c.currency)
        .join(entry, entry.c.transfer_id == transfer.c.id)
        .where(transfer.c.shop_id == shop_id, transfer.c.posted_us < to_us)
        .order_by(transfer.c.posted_us, transfer.c.id, entry.c.line)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    current: UUID | None = None
    async for row in rows:
        if row.id != current:
            current = row.id
            yield ""
            yield f'{to_datetime(row.posted_us).date()} * "{_quoted(row.description)}"'
            yield f'  kind: "{row.kind}"'
            yield f'  transfer: "{row.id}"'
            if row.order_id is not None:
                yield f'  order: "{row.order_id}"'
            if row.at_us is not None:
                yield f'  programme_time_us: "{row.at_us}"'
        yield f"  {accounts[row.account_id].name}  {Money(row.amount_minor, row.currency).decimal()} {row.currency}"


def _component(text: str) -> str:
    """``text`` as a part of an account's name: ASCII letters, digits and dashes, a capital or digit first."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", anyascii(text)).strip("-")[:40] or "X"
    return plain[0].upper() + plain[1:]


def _quoted(text: str) -> str:
    """``text`` within quotes, on one line."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
