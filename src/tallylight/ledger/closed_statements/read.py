"""Reads of closed statements: a shop's list, one with its lines, and what a line sums entry by entry."""

from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.closed_statements.models import statement, statement_item, statement_line
from tallylight.ledger.models import account, charge, entry, party, transfer
from tallylight.ledger.payouts.models import collection, payout_batch, payout_return
from tallylight.ledger.payouts.standing import standing_payout
from tallylight.ledger.queries import LINE_ENTRIES_MAX, iso_time
from tallylight.ledger.schemas import LineEntry, Statement, StatementLine
from tallylight.ledger.statement_lines import BACK_KINDS, LINES_BY_PARTY
from tallylight.ledger.types import Party

STATEMENTS_MAX = 500
EXPORT_ROWS_AT_ONCE = 5_000
State = Literal["to_pay", "paid", "owed", "collected", "carried", "settled"]


class ClosedLine(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A closed statement as a line of a list.

    ``state``: to_pay or paid; owed (by the party), collected, or carried into the next; settled when it is zero.
    ``returned``: why the bank sent its payout back, the last time that it did.
    """

    id: UUID
    number: int
    party: Party
    from_: str
    to: str
    closed_at: str
    payable: Money
    state: State
    payout_number: int | None
    returned: str | None = None


class ClosedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A closed statement with its lines; its ``statement`` is what an open period's looks like."""

    closed: ClosedLine
    statement: Statement
    items: int


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a charge was posted: ``rate_bps`` of ``base``, which came to ``base_amount``."""

    transfer_id: UUID
    rule_id: UUID | None
    base: str
    base_amount: Money
    rate_bps: int


async def closed_statements(connection: AsyncConnection, shop_id: ShopId) -> list[ClosedLine]:
    """The shop's newest closed statements, newest first, at most STATEMENTS_MAX."""
    rows = await connection.execute(
        _closed()
        .where(statement.c.shop_id == shop_id)
        .order_by(statement.c.closed_us.desc(), party.c.kind, party.c.name)
        .limit(STATEMENTS_MAX)
    )
    return [_line(row) for row in rows]


async def closed_statement(connection: AsyncConnection, shop_id: ShopId, statement_id: UUID) -> ClosedStatement:
    """One closed statement. Raises NotFoundError."""
    row = (
        await connection.execute(_closed().where(statement.c.shop_id == shop_id, statement.c.id == statement_id))
    ).one_or_none()
    if row is None:
        raise NotFoundError("there is no such statement")
    head = _line(row)
    lines = await connection.execute(
        sa.select(statement_line)
        .where(statement_line.c.statement_id == statement_id)
        .order_by(statement_line.c.position)
    )
    made = [
        StatementLine(
            each.key, each.label, each.definition, Money(each.amount_minor, row.currency), each.orders, each.section
        )
        for each in lines
    ]
    return ClosedStatement(
        closed=head,
        statement=Statement(head.party, head.from_, head.to, made, head.payable),
        items=row.item_count,
    )


async def closed_line_entries(
    connection: AsyncConnection, shop_id: ShopId, statement_id: UUID, key: str, *, limit: int = LINE_ENTRIES_MAX
) -> list[LineEntry]:
    """The entries that a line of a closed statement sums, newest first. Raises NotFoundError."""
    found = await closed_statement(connection, shop_id, statement_id)
    if key not in {line.key for line in found.statement.lines}:
        raise NotFoundError("there is no such statement line")
    rule = next((each for each in LINES_BY_PARTY[found.closed.party.kind] if each.key == key), None)
    currency = found.closed.payable.currency
    if rule is None:
        return []
    columns = sa.select(
        transfer.c.id, transfer.c.order_id, transfer.c.description, transfer.c.posted_us, transfer.c.at_us,
        entry.c.amount_minor,
    )  # fmt: skip
    if rule.section == "reference":
        mine = sa.select(statement_item.c.transfer_id).where(statement_item.c.statement_id == statement_id)
        chosen = (
            columns.join(entry, entry.c.transfer_id == transfer.c.id)
            .join(account, account.c.id == entry.c.account_id)
            .join(party, party.c.id == account.c.party_id)
            .where(transfer.c.id.in_(mine), account.c.purpose == rule.purpose, party.c.kind == rule.party_kind)
        )
        if rule.back is not None:
            back = transfer.c.kind.in_(BACK_KINDS)
            chosen = chosen.where(back if rule.back else sa.not_(back))
    else:
        chosen = (
            columns.join(statement_item, statement_item.c.transfer_id == transfer.c.id)
            .join(
                entry,
                sa.and_(
                    entry.c.transfer_id == statement_item.c.transfer_id, entry.c.line == statement_item.c.entry_line
                ),
            )
            .where(statement_item.c.statement_id == statement_id, statement_item.c.key == key)
        )
    rows = await connection.execute(
        chosen.order_by(transfer.c.posted_us.desc(), transfer.c.id).limit(min(limit, LINE_ENTRIES_MAX))
    )
    return [
        LineEntry(
            row.id, row.order_id, row.description, iso_time(row.posted_us),
            Money(rule.sign * row.amount_minor, currency), row.at_us,
        )
        for row in rows
    ]  # fmt: skip


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a closed statement for export; ``amount_minor`` + in the party's favour."""

    key: str
    transfer_id: UUID
    kind: str
    order_id: UUID | None
    description: str
    posted_us: int
    at_us: int | None
    amount_minor: int


async def statement_items(connection: AsyncConnection, statement_id: UUID) -> AsyncIterator[Item]:
    """Every entry of the statement, line by line, oldest first, however many there are."""
    rows = await connection.stream(
        sa.select(
            statement_item.c.key, transfer.c.id, transfer.c.kind, transfer.c.order_id, transfer.c.description,
            transfer.c.posted_us, transfer.c.at_us, entry.c.amount_minor,
        )
        .join(transfer, transfer.c.id == statement_item.c.transfer_id)
        .join(
            entry,
            sa.and_(
                entry.c.transfer_id == statement_item.c.transfer_id, entry.c.line == statement_item.c.entry_line
            ),
        )
        .where(statement_item.c.statement_id == statement_id)
        .order_by(statement_item.c.key, transfer.c.posted_us, transfer.c.id)
        .execution_options(yield_per=EXPORT_ROWS_AT_ONCE)
    )  # fmt: skip
    async for row in rows:
        yield Item(
            key=row.key, transfer_id=row.id, kind=row.kind, order_id=row.order_id, description=row.description,
            posted_us=row.posted_us, at_us=row.at_us, amount_minor=-row.amount_minor,
        )  # fmt: skip


async def charges_of_order(connection: AsyncConnection, order_id: UUID) -> list[Explanation]:
    """Why each commission, fee and reserve of the order was posted."""
    rows = await connection.execute(
        sa.select(charge, entry.c.currency)
        .join(entry, sa.and_(entry.c.transfer_id == charge.c.transfer_id, entry.c.line == 1))
        .where(charge.c.order_id == order_id)
        .order_by(charge.c.transfer_id)
    )
    return [
        Explanation(
            transfer_id=row.transfer_id, rule_id=row.rule_id, base=row.base,
            base_amount=Money(row.base_minor, row.currency), rate_bps=row.rate_bps,
        )
        for row in rows
    ]  # fmt: skip


def _closed() -> sa.Select[Any]:
    after = statement.alias("after")
    carried = sa.exists().where(
        after.c.party_id == statement.c.party_id,
        after.c.currency == statement.c.currency,
        after.c.number == statement.c.number + 1,
    )
    standing = standing_payout()
    returned = (
        sa.select(payout_return.c.reason)
        .where(payout_return.c.statement_id == statement.c.id)
        .order_by(payout_return.c.nth.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(
            statement,
            returned.label("returned"),
            party.c.kind.label("party_kind"),
            party.c.name.label("party_name"),
            payout_batch.c.number.label("payout_number"),
            collection.c.statement_id.is_not(None).label("collected"),
            carried.label("carried"),
        )
        .join(party, party.c.id == statement.c.party_id)
        .outerjoin(standing, standing.c.statement_id == statement.c.id)
        .outerjoin(payout_batch, payout_batch.c.id == standing.c.batch_id)
        .outerjoin(collection, collection.c.statement_id == statement.c.id)
    )


def _line(row: sa.Row[Any]) -> ClosedLine:
    found = row._mapping
    state: State
    if found["payable_minor"] > 0:
        state = "to_pay" if found["payout_number"] is None else "paid"
    elif found["payable_minor"] == 0:
        state = "settled"
    elif found["collected"]:
        state = "collected"
    else:
        state = "carried" if found["carried"] else "owed"
    return ClosedLine(
        id=found["id"],
        number=found["number"],
        party=Party(found["party_id"], found["party_kind"], found["party_name"]),
        from_=iso_time(found["from_us"]),
        to=iso_time(found["to_us"]),
        closed_at=iso_time(found["closed_us"]),
        payable=Money(found["payable_minor"], found["currency"]),
        state=state,
        payout_number=found["payout_number"],
        returned=found["returned"],
    )
