"""Finds parties and accounts, making them on first use."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.models import MANY_OF_A_KIND, account, party
from tallylight.ledger.types import AccountName, Party, PartyKind


async def ensure_party(connection: AsyncConnection, shop_id: ShopId, kind: PartyKind, name: str) -> Party:
    """The shop's party of that kind, made if it is new; those of which there are many are told apart by name."""
    await connection.execute(
        insert(party).values(id=new_id(), shop_id=shop_id, kind=kind, name=name).on_conflict_do_nothing()
    )
    statement = sa.select(party).where(party.c.shop_id == shop_id, party.c.kind == kind)
    if kind in MANY_OF_A_KIND:
        statement = statement.where(party.c.name == name)
    row = (await connection.execute(statement)).one()
    return Party(row.id, row.kind, row.name)


async def ensure_accounts(connection: AsyncConnection, names: Collection[AccountName]) -> dict[AccountName, UUID]:
    """The ids of the accounts, made if they are new."""
    if not names:
        return {}
    await connection.execute(
        insert(account).on_conflict_do_nothing(),
        [
            {"id": new_id(), "party_id": name.party_id, "purpose": name.purpose, "currency": name.currency}
            for name in names
        ],
    )
    rows = await connection.execute(sa.select(account).where(account.c.party_id.in_({name.party_id for name in names})))
    found = {AccountName(row.party_id, row.purpose, row.currency): row.id for row in rows}
    return {name: found[name] for name in names}
