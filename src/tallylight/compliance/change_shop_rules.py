"""The log of what shops change in their rules: append-only, with reason, person and time."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.competitors import add_competitors, remove_competitor
from tallylight.compliance.models import shop_rule_change
from tallylight.compliance.pack import load_pack_data
from tallylight.compliance.shop_rules import (
    AddRival,
    Change,
    LoggedChange,
    RemoveRival,
    ShopRules,
    in_force,
    require_fitting,
)
from tallylight.foundation.errors import InvalidInputError

CHANGES_MAX = 5_000


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change as it is asked for."""

    change: Change
    reason: str


async def change_shop_rules(
    connection: AsyncConnection,
    shop_id: UUID,
    market: str,
    wanted: RuleChange,
    *,
    changed_by: UUID | None,
    at: datetime,
) -> None:
    """Append one change. InvalidInputError when it does not fit the market's pack, or says no reason.

    The caller's transaction holds the shop's log until it ends, so that two people's changes fit one another.
    """
    key = sa.func.hashtextextended(f"shop_rule_change {shop_id}", 0)
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
    log = await shop_rule_log(connection, shop_id, market)
    if len(log) >= CHANGES_MAX:
        raise InvalidInputError(f"a shop's rules change at most {CHANGES_MAX} times in a market", field="change")
    try:
        data = load_pack_data(market)
    except KeyError:
        raise InvalidInputError(f"there is no market {market!r}", field="market") from None
    match wanted.change:
        case AddRival(name):
            await add_competitors(connection, shop_id, [name])
        case RemoveRival(name):
            await remove_competitor(connection, shop_id, name)
    change = require_fitting(wanted.change, wanted.reason, data, in_force(log))
    await connection.execute(
        shop_rule_change.insert().values(
            shop_id=shop_id,
            market=market,
            change=msgspec.to_builtins(change),
            reason=wanted.reason.strip(),
            changed_by=changed_by,
            changed_at=at,
        )
    )


async def shop_rule_log(connection: AsyncConnection, shop_id: UUID, market: str) -> list[LoggedChange]:
    """Every change of the shop in ``market``, oldest first, with the names of who made them."""
    person = sa.table("person", sa.column("id"), sa.column("name"))
    rows = await connection.execute(
        sa.select(shop_rule_change, person.c.name)
        .outerjoin(person, person.c.id == shop_rule_change.c.changed_by)
        .where(shop_rule_change.c.shop_id == shop_id, shop_rule_change.c.market == market)
        .order_by(shop_rule_change.c.id)
        .limit(CHANGES_MAX)
    )
    return [
        LoggedChange(
            id=row.id,
            market=row.market,
            change=msgspec.convert(row.change, Change),
            reason=row.reason,
            by=row.name,
            at=row.changed_at,
        )
        for row in rows
    ]


async def shop_rules(connection: AsyncConnection, shop_id: UUID, market: str) -> ShopRules:
    """What the shop has in force in ``market``."""
    return in_force(await shop_rule_log(connection, shop_id, market))
