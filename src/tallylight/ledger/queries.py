"""Reads of the ledger: statements, what is behind a line, transfers of an order, balances."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.models import account, entry, party, transfer
from tallylight.ledger.schemas import EntryView, LineEntry, Statement, StatementLine, TransferView
from tallylight.ledger.statement_lines import BACK_KINDS, LINES_BY_PARTY, LineRule
from tallylight.ledger.types import Party

LINE_ENTRIES_MAX = 500
_Sums = dict[tuple[UUID, str, str, bool], tuple[int, int]]
_BACK = transfer.c.kind.in_(BACK_KINDS)


def iso_time(at_us: int) -> str:
    """Wall time as ISO 8601 in UTC, to the second: ``2025-06-15T14:05:00Z``."""
    return datetime.fromtimestamp(at_us // MICROSECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def statements(
    connection: AsyncConnection, shop_id: ShopId, *, from_us: int, to_us: int, currency: str
) -> list[Statement]:
    """A statement for the shop's brand, platform, creators and suppliers, by payment time in [from_us, to_us).

    Raises InvalidInputError when the period is empty.
    """
    if from_us >= to_us:
        raise InvalidInputError("a period ends after it begins", field="to")
    parties = (
        await connection.execute(
            sa.select(party)
            .where(party.c.shop_id == shop_id, party.c.kind.in_(list(LINES_BY_PARTY)))
            .order_by(sa.case({"brand": 0, "platform": 1}, value=party.c.kind, else_=2), party.c.name)
        )
    ).all()
    sums = await _sums(connection, shop_id, from_us, to_us, currency)
    made = []
    for row in parties:
        found = [(rule, _line(rule, row.id, sums, currency)) for rule in LINES_BY_PARTY[row.kind]]
        lines = [line for rule, line in found if rule.always or line.orders or line.amount.minor]
        payable = sum(line.amount.minor for line in lines if line.section != "reference")
        made.append(
            Statement(
                Party(row.id, row.kind, row.name), iso_time(from_us), iso_time(to_us), lines, Money(payable, currency)
            )
        )
    return made


async def line_entries(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    key: str,
    *,
    from_us: int,
    to_us: int,
    currency: str,
    limit: int = LINE_ENTRIES_MAX,
) -> list[LineEntry]:
    """The entries that a statement line sums, newest first, at most LINE_ENTRIES_MAX. Raises NotFoundError."""
    kind = (
        await connection.execute(sa.select(party.c.kind).where(party.c.id == party_id, party.c.shop_id == shop_id))
    ).scalar_one_or_none()
    rule = next((rule for rule in LINES_BY_PARTY.get(kind, ()) if rule.key == key), None) if kind else None
    if rule is None:
        raise NotFoundError("there is no such statement line")
    statement = (
        sa.select(
            transfer.c.id, transfer.c.order_id, transfer.c.description, transfer.c.posted_us, transfer.c.at_us,
            entry.c.amount_minor,
        )
        .join(entry, entry.c.transfer_id == transfer.c.id)
        .join(account, account.c.id == entry.c.account_id)
        .join(party, party.c.id == account.c.party_id)
        .where(
            transfer.c.shop_id == shop_id, transfer.c.posted_us >= from_us, transfer.c.posted_us < to_us,
            account.c.purpose == rule.purpose, party.c.kind == rule.party_kind, entry.c.currency == currency,
        )
        .order_by(transfer.c.posted_us.desc(), transfer.c.id)
        .limit(min(limit, LINE_ENTRIES_MAX))
    )  # fmt: skip
    if rule.section != "reference":
        statement = statement.where(party.c.id == party_id)
    if rule.back is not None:
        statement = statement.where(_BACK if rule.back else sa.not_(_BACK))
    return [
        LineEntry(
            row.id,
            row.order_id,
            row.description,
            iso_time(row.posted_us),
            Money(rule.sign * row.amount_minor, currency),
            row.at_us,
        )
        for row in await connection.execute(statement)
    ]


async def transfers_of_order(connection: AsyncConnection, order_id: UUID) -> list[TransferView]:
    """Every transfer of an order with its entries, in the order of posting."""
    rows = await connection.execute(
        sa.select(transfer, entry.c.amount_minor, entry.c.currency, account.c.purpose, party.c.name)
        .join(entry, entry.c.transfer_id == transfer.c.id)
        .join(account, account.c.id == entry.c.account_id)
        .join(party, party.c.id == account.c.party_id)
        .where(transfer.c.order_id == order_id)
        .order_by(transfer.c.posted_us, transfer.c.id, entry.c.line)
    )
    views: dict[UUID, TransferView] = {}
    for row in rows:
        view = views.setdefault(row.id, TransferView(row.id, row.kind, iso_time(row.posted_us), row.description, []))
        view.entries.append(EntryView(row.purpose, row.name, Money(row.amount_minor, row.currency)))
    return list(views.values())


async def _sums(connection: AsyncConnection, shop_id: ShopId, from_us: int, to_us: int, currency: str) -> _Sums:
    """(party, its kind, purpose, whether it was taken back) to (sum of entries, number of orders)."""
    rows = await connection.execute(
        sa.select(
            party.c.id,
            party.c.kind,
            account.c.purpose,
            _BACK.label("back"),
            sa.func.sum(entry.c.amount_minor).label("minor"),
            sa.func.count(sa.distinct(transfer.c.order_id)).label("orders"),
        )
        .join(account, account.c.party_id == party.c.id)
        .join(entry, entry.c.account_id == account.c.id)
        .join(transfer, transfer.c.id == entry.c.transfer_id)
        .where(
            party.c.shop_id == shop_id,
            transfer.c.shop_id == shop_id,
            transfer.c.posted_us >= from_us,
            transfer.c.posted_us < to_us,
            entry.c.currency == currency,
        )
        .group_by(party.c.id, party.c.kind, account.c.purpose, _BACK)
    )
    return {(row.id, row.kind, row.purpose, row.back): (int(row.minor), row.orders) for row in rows}


def _line(rule: LineRule, party_id: UUID, sums: _Sums, currency: str) -> StatementLine:
    minor = orders = 0
    for (of_party, kind, purpose, back), (amount, count) in sums.items():
        mine = rule.section == "reference" or of_party == party_id
        if mine and kind == rule.party_kind and rule.takes(purpose, back):
            minor += amount
            orders += count
    return StatementLine(
        rule.key, rule.label, rule.definition, Money(rule.sign * minor, currency), orders, rule.section
    )


async def balances(connection: AsyncConnection, shop_id: ShopId) -> dict[tuple[str, str, str], int]:
    """(party kind, purpose, currency) to the sum of its entries: the trial balance, which sums to zero."""
    rows = await connection.execute(
        sa.select(party.c.kind, account.c.purpose, entry.c.currency, sa.func.sum(entry.c.amount_minor).label("minor"))
        .join(account, account.c.party_id == party.c.id)
        .join(entry, entry.c.account_id == account.c.id)
        .where(party.c.shop_id == shop_id)
        .group_by(party.c.kind, account.c.purpose, entry.c.currency)
    )
    return {(row.kind, row.purpose, row.currency): int(row.minor) for row in rows}
