"""Puts on record who pays a creator, how and for how long; and ends it."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import PersonId, ShopId, new_id
from tallylight.members.queries import roles_of
from tallylight.shows.create_show import HOST_NAME_LENGTH_MAX
from tallylight.shows.models import PAID_HOW, creator_contract
from tallylight.shows.types import PaidHow

CONTRACTS_MAX = 1_000
PAYER_NAME_LENGTH_MAX = 80


async def record_contract(
    connection: AsyncConnection,
    shop_id: ShopId,
    *,
    creator_name: str,
    person_id: PersonId | None = None,
    payer_name: str,
    paid_how: PaidHow,
    from_us: int,
    until_us: int | None,
    recorded_by: PersonId | None,
    now_us: int,
) -> UUID:
    """The creator is paid in every show of the shop whose host they are, while the contract holds.

    ``person_id``: whom of the shop's people it binds; None: a guest, bound wherever a show names its host so.
    Raises InvalidInputError naming a field that is wrong, ConflictError over CONTRACTS_MAX.
    """
    creator, payer = " ".join(creator_name.split()), " ".join(payer_name.split())
    if not 1 <= len(creator) <= HOST_NAME_LENGTH_MAX:
        raise InvalidInputError(
            f"a creator's name has 1 to {HOST_NAME_LENGTH_MAX} characters: as shows name their host",
            field="creator_name",
        )
    if person_id is not None and not await roles_of(connection, shop_id, person_id):
        raise InvalidInputError("a contract names one of the shop's people, or a guest by name", field="person_id")
    if not 1 <= len(payer) <= PAYER_NAME_LENGTH_MAX:
        raise InvalidInputError(f"a payer's name has 1 to {PAYER_NAME_LENGTH_MAX} characters", field="payer_name")
    if paid_how not in PAID_HOW:
        raise InvalidInputError(f"a creator is paid by one of {', '.join(PAID_HOW)}", field="paid_how")
    if from_us < 0 or (until_us is not None and until_us < from_us):
        raise InvalidInputError("a contract ends after it begins", field="until_us")
    kept = await connection.scalar(
        sa.select(sa.func.count()).select_from(creator_contract).where(creator_contract.c.shop_id == shop_id)
    )
    if (kept or 0) >= CONTRACTS_MAX:
        raise ConflictError(f"a shop keeps up to {CONTRACTS_MAX} contracts")
    contract_id = new_id()
    await connection.execute(
        creator_contract.insert().values(
            id=contract_id,
            shop_id=shop_id,
            creator_name=creator,
            person_id=person_id,
            payer_name=payer,
            paid_how=paid_how,
            from_us=from_us,
            until_us=until_us,
            recorded_by=recorded_by,
            recorded_us=now_us,
        )
    )
    return contract_id


async def end_contract(
    connection: AsyncConnection, shop_id: ShopId, contract_id: UUID, *, until_us: int, ended_by: PersonId | None
) -> None:
    """The contract holds no longer than ``until_us``. Raises NotFoundError; ConflictError when it is over before."""
    row = (
        await connection.execute(
            sa.select(creator_contract.c.from_us, creator_contract.c.until_us)
            .where(creator_contract.c.id == contract_id, creator_contract.c.shop_id == shop_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise NotFoundError("there is no such contract")
    if row.until_us is not None and row.until_us <= until_us:
        raise ConflictError("the contract ends before that already")
    await connection.execute(
        creator_contract.update()
        .where(creator_contract.c.id == contract_id)
        .values(until_us=max(until_us, row.from_us), ended_by=ended_by)
    )
