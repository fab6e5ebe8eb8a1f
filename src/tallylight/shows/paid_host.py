"""Who is paid by whom: a ruling for the show, else a contract of its host in force, else the show's own word.

Whose contract it is: where the contract and the show both name a person, that person decides and no name matters. Where
either knows its host by name alone, the names are compared, so that no contract stops binding because somebody came to
be a person of the shop.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.models import person
from tallylight.shows.models import creator_contract, paid_ruling
from tallylight.shows.models import show as shows
from tallylight.shows.types import Contract, PaidHost, Show


async def paid_host(connection: AsyncConnection, show: Show, at_us: int) -> PaidHost:
    """Whether the host of ``show`` is paid at ``at_us``, wall or programme time."""
    return paid_host_of((await connection.execute(paid_hosts(at_us).where(shows.c.id == show.id))).one())


def paid_hosts(at_us: int) -> sa.Select[Any]:
    """Every show with all that decides whether its host is paid at ``at_us``: narrow it, and read its rows with
    ``paid_host_of``.
    """
    ruling = (
        sa.select(paid_ruling.c.paid, paid_ruling.c.reason, paid_ruling.c.at_us, person.c.name)
        .outerjoin(person, person.c.id == paid_ruling.c.ruled_by)
        .where(paid_ruling.c.show_id == shows.c.id, paid_ruling.c.at_us <= at_us)
        .order_by(paid_ruling.c.at_us.desc(), paid_ruling.c.id.desc())
        .limit(1)
        .lateral("ruling")
    )
    contract = (
        sa.select(creator_contract.c.payer_name, creator_contract.c.paid_how, creator_contract.c.from_us)
        .where(
            creator_contract.c.shop_id == shows.c.shop_id,
            _binds(),
            creator_contract.c.from_us <= at_us,
            sa.or_(creator_contract.c.until_us.is_(None), creator_contract.c.until_us > at_us),
        )
        .order_by(creator_contract.c.person_id.is_(None), creator_contract.c.from_us, creator_contract.c.id)
        .limit(1)
        .lateral("contract")
    )
    return (
        sa.select(
            shows.c.id.label("show_id"), shows.c.host_is_paid, ruling.c.paid.label("ruled"), ruling.c.reason,
            ruling.c.at_us.label("ruled_us"), ruling.c.name.label("ruled_by"), contract.c.payer_name,
            contract.c.paid_how, contract.c.from_us,
        )
        .select_from(shows)
        .outerjoin(ruling, sa.true())
        .outerjoin(contract, sa.true())
    )  # fmt: skip


def paid_host_of(row: sa.Row[Any]) -> PaidHost:
    """What a row of ``paid_hosts`` says."""
    if row.ruled is not None:
        by = row.ruled_by or "the operator"
        return PaidHost(row.ruled, "ruling", reason=row.reason, ruled_by=by, since_us=row.ruled_us)
    if row.from_us is not None:
        return PaidHost(True, "contract", row.payer_name, row.paid_how, since_us=row.from_us)
    return PaidHost(row.host_is_paid, "show")


def _binds() -> sa.ColumnElement[bool]:
    by_name = sa.func.lower(creator_contract.c.creator_name) == sa.func.lower(shows.c.host_name)
    nobody = sa.or_(shows.c.host_person_id.is_(None), creator_contract.c.person_id.is_(None))
    return sa.or_(creator_contract.c.person_id == shows.c.host_person_id, sa.and_(nobody, by_name))


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
