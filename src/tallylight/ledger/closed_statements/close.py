"""Closes statements: puts every entry of a party that is in none yet into one, with the lines that they sum to."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.closed_statements.models import statement, statement_item, statement_line
from tallylight.ledger.models import account, entry, party, transfer
from tallylight.ledger.payouts.models import collection
from tallylight.ledger.statement_lines import (
    BACK_KINDS,
    CARRIED_FORWARD,
    LINES_BY_PARTY,
    NOT_IN_STATEMENTS,
    LineRule,
)
from tallylight.ledger.types import PartyKind


class PeriodClosedError(ConflictError):
    """The period, or a part of it, is in a statement already."""

    code = "period_closed"


async def lock_statements(connection: AsyncConnection, shop_id: UUID) -> None:
    """Let nobody else close, pay or collect this shop's statements until the transaction ends."""
    key = sa.func.hashtextextended(f"statements:{shop_id}", 0)
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


async def close_statements(
    connection: AsyncConnection, shop_id: ShopId, *, currency: str, to_us: int, closed_by: UUID | None, now_us: int
) -> list[UUID]:
    """Close a statement for each party that has something in it, of everything posted before ``to_us``.

    An entry of an earlier time that was posted after that period was closed is in this one. A party that owed something
    gets it carried forward. Raises InvalidInputError for a period that is not over, PeriodClosedError.
    """
    if to_us > now_us:
        raise InvalidInputError("a period is closed when it is over; choose an earlier end", field="to")
    await lock_statements(connection, shop_id)
    parties = await connection.execute(
        sa.select(party.c.id, party.c.kind)
        .where(party.c.shop_id == shop_id, party.c.kind.in_(list(LINES_BY_PARTY)))
        .order_by(party.c.kind, party.c.name)
    )
    made = []
    for row in parties.all():
        closed = await _close(connection, shop_id, row.id, row.kind, currency, to_us, closed_by, now_us)
        if closed is not None:
            made.append(closed)
    return made


async def _close(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    kind: PartyKind,
    currency: str,
    to_us: int,
    closed_by: UUID | None,
    now_us: int,
) -> UUID | None:
    before = await _statement_before(connection, party_id, currency)
    if before is not None and to_us <= before.to_us:
        raise PeriodClosedError("that period is closed already; a closed statement never changes, choose a later end")
    statement_id = new_id()
    sums = await _take_items(connection, statement_id, party_id, kind, currency, to_us)
    carried = 0 if before is None or before.collected else min(0, before.payable_minor)
    if not sums and not carried:
        return None
    references = await _references(connection, statement_id, kind)
    lines = _lines(kind, sums | references, carried)
    item_count = sum(count for _, count, _ in sums.values())
    await connection.execute(
        statement_line.insert().values(
            [{"statement_id": statement_id, "position": position, **line} for position, line in enumerate(lines, 1)]
        )
    )
    await connection.execute(
        statement.insert().values(
            id=statement_id, shop_id=shop_id, party_id=party_id, number=1 if before is None else before.number + 1,
            currency=currency, from_us=0 if before is None else before.to_us, to_us=to_us, closed_us=now_us,
            closed_by=closed_by, line_count=len(lines), item_count=item_count, carried_minor=carried,
            payable_minor=sum(int(str(line["amount_minor"])) for line in lines if line["section"] != "reference"),
        )
    )  # fmt: skip
    return statement_id


async def _statement_before(connection: AsyncConnection, party_id: UUID, currency: str) -> sa.Row[Any] | None:
    found = await connection.execute(
        sa.select(
            statement.c.number,
            statement.c.to_us,
            statement.c.payable_minor,
            sa.exists().where(collection.c.statement_id == statement.c.id).label("collected"),
        )
        .where(statement.c.party_id == party_id, statement.c.currency == currency)
        .order_by(statement.c.number.desc())
        .limit(1)
    )
    return found.one_or_none()


# What is taken and what it sums to are read in one statement: an entry that commits meanwhile is in neither.
_TAKE = """
with mapped (purpose, back, key) as (select * from unnest(
    cast(:purposes as text[]), cast(:backs as boolean[]), cast(:keys as text[]))
), picked as materialized (
    select e.transfer_id, e.line, e.amount_minor, t.order_id, m.key
    from account as a join entry as e on e.account_id = a.id join transfer as t on t.id = e.transfer_id
    left join mapped as m on m.purpose = a.purpose and m.back = (t.kind = any(cast(:back_kinds as text[])))
    where a.party_id = :party and a.currency = :currency and a.purpose <> all(cast(:apart as text[]))
        and t.posted_us < :to_us and not exists (
            select from statement_item as i where i.transfer_id = e.transfer_id and i.entry_line = e.line
        )
), taken as (
    insert into statement_item (transfer_id, entry_line, statement_id, key)
    select transfer_id, line, :statement, key from picked
)
select key, sum(amount_minor) as amount, count(*) as items, count(distinct order_id) as orders from picked group by key
"""


async def _take_items(
    connection: AsyncConnection, statement_id: UUID, party_id: UUID, kind: PartyKind, currency: str, to_us: int
) -> dict[str, tuple[int, int, int]]:
    """Put what is in no statement yet into this one: by line (sum of entries, entries, orders)."""
    mapped = [
        (rule.purpose, back, rule.key)
        for rule in LINES_BY_PARTY[kind]
        if rule.section != "reference"
        for back in (False, True)
        if rule.takes(rule.purpose, back)
    ]
    rows = await connection.execute(
        sa.text(_TAKE).bindparams(
            purposes=[purpose for purpose, _, _ in mapped],
            backs=[back for _, back, _ in mapped],
            keys=[key for _, _, key in mapped],
            back_kinds=list(BACK_KINDS),
            apart=list(NOT_IN_STATEMENTS),
            party=party_id,
            currency=currency,
            to_us=to_us,
            statement=statement_id,
        )
    )
    return {row.key: (int(row.amount), row.items, row.orders) for row in rows}


async def _references(
    connection: AsyncConnection, statement_id: UUID, kind: PartyKind
) -> dict[str, tuple[int, int, int]]:
    """The reference lines: what others' accounts got in the same transfers that the statement's items are from."""
    rules = [rule for rule in LINES_BY_PARTY[kind] if rule.section == "reference"]
    if not rules:
        return {}
    mine = sa.select(statement_item.c.transfer_id).where(statement_item.c.statement_id == statement_id)
    back = transfer.c.kind.in_(BACK_KINDS).label("back")
    rows = await connection.execute(
        sa.select(
            party.c.kind,
            account.c.purpose,
            back,
            sa.func.sum(entry.c.amount_minor).label("amount"),
            sa.func.count().label("items"),
            sa.func.count(sa.distinct(transfer.c.order_id)).label("orders"),
        )
        .select_from(transfer)
        .join(entry, entry.c.transfer_id == transfer.c.id)
        .join(account, account.c.id == entry.c.account_id)
        .join(party, party.c.id == account.c.party_id)
        .where(transfer.c.id.in_(mine))
        .group_by(party.c.kind, account.c.purpose, back)
    )
    return {
        rule.key: (int(row.amount), 0, row.orders)
        for row in rows
        for rule in rules
        if rule.party_kind == row.kind and rule.takes(row.purpose, row.back)
    }


def _lines(kind: PartyKind, sums: dict[str, tuple[int, int, int]], carried: int) -> list[dict[str, object]]:
    """The rows of the statement's lines, in their order."""
    lines: list[dict[str, object]] = []
    if carried:
        lines.append(
            {
                "key": CARRIED_FORWARD,
                "label": "Carried forward",
                "definition": "What the statement before left owing, and nobody has paid.",
                "section": "balance",
                "amount_minor": carried,
                "orders": 0,
            }
        )
    for rule in LINES_BY_PARTY[kind]:
        amount, _, orders = sums.get(rule.key, (0, 0, 0))
        if rule.always or rule.key in sums:
            lines.append(_line(rule, amount, orders))
    return lines


def _line(rule: LineRule, amount: int, orders: int) -> dict[str, object]:
    return {
        "key": rule.key,
        "label": rule.label,
        "definition": rule.definition,
        "section": rule.section,
        "amount_minor": rule.sign * amount,
        "orders": orders,
    }
