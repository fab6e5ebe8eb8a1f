"""Who is paid by whom: a ruling for the show, else a contract of its host in force, else the show's own word.

Whose contract it is: where the contract and the show both name a person, that person decides and no name matters. Where
either knows its host by name alone, the names are compared, so that no contract stops binding because somebody came to
be a person of the shop.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.models import person
from tallylight.shows.models import creator_contract, paid_ruling
from tallylight.shows.types import Contract, PaidHost, Show


async def paid_host(connection: AsyncConnection, show: Show, at_us: int) -> PaidHost:
    """Whether the host of ``show`` is paid at ``at_us``, wall or programme time."""
    ruling = (
        await connection.execute(
            sa.select(paid_ruling, person.c.name)
            .outerjoin(person, person.c.id == paid_ruling.c.ruled_by)
            .where(paid_ruling.c.show_id == show.id, paid_ruling.c.at_us <= at_us)
            .order_by(paid_ruling.c.at_us.desc(), paid_ruling.c.id.desc())
            .limit(1)
        )
    ).first()
    if ruling is not None and ruling.paid is not None:
        return PaidHost(
            ruling.paid, "ruling", reason=ruling.reason, ruled_by=ruling.name or "the operator", since_us=ruling.at_us
        )
    contract = (
        await connection.execute(
            sa.select(creator_contract)
            .where(
                creator_contract.c.shop_id == show.shop_id,
                _is_of(show),
                creator_contract.c.from_us <= at_us,
                sa.or_(creator_contract.c.until_us.is_(None), creator_contract.c.until_us > at_us),
            )
            .order_by(creator_contract.c.person_id.is_(None), creator_contract.c.from_us, creator_contract.c.id)
            .limit(1)
        )
    ).first()
    if contract is not None:
        return PaidHost(True, "contract", contract.payer_name, contract.paid_how, since_us=contract.from_us)
    return PaidHost(show.host_is_paid, "show")


def _is_of(show: Show) -> sa.ColumnElement[bool]:
    by_name = sa.func.lower(creator_contract.c.creator_name) == show.host_name.lower()
    if show.host_person_id is None:
        return by_name
    return sa.or_(
        creator_contract.c.person_id == show.host_person_id, sa.and_(creator_contract.c.person_id.is_(None), by_name)
    )


async def contracts_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[Contract]:
    """The shop's contracts, the latest beginning first."""
    creator = person.alias("creator")
    rows = await connection.execute(
        sa.select(creator_contract, person.c.name.label("recorder"), creator.c.name.label("person_name"))
        .outerjoin(person, person.c.id == creator_contract.c.recorded_by)
        .outerjoin(creator, creator.c.id == creator_contract.c.person_id)
        .where(creator_contract.c.shop_id == shop_id)
        .order_by(creator_contract.c.from_us.desc(), creator_contract.c.id.desc())
    )
    return [
        Contract(
            row.id,
            ShopId(row.shop_id),
            row.creator_name,
            row.payer_name,
            row.paid_how,
            row.from_us,
            row.until_us,
            row.recorded_us,
            row.recorder,
            None if row.person_id is None else PersonId(row.person_id),
            row.person_name,
        )
        for row in rows
    ]
