"""The common ground of what can be done with a claim: its lock, its newest version, its history."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.models import claim, claim_file, claim_step, claim_version
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError

Row = sa.Row[Any]


class ChangedMeanwhileError(ConflictError):
    """Somebody changed it since it was read."""

    code = "changed_meanwhile"


class WrongStateError(ConflictError):
    """The step does not follow from the state that it is in."""

    code = "wrong_state"


async def lock_claim(connection: AsyncConnection, claim_id: UUID) -> Row:
    """The claim's row, locked: steps of one claim come one after the other. NotFoundError."""
    row = (await connection.execute(sa.select(claim).where(claim.c.id == claim_id).with_for_update())).first()
    if row is None:
        raise NotFoundError("there is no such claim")
    return row


async def newest_version(connection: AsyncConnection, claim_id: UUID, revision: int | None = None) -> Row:
    """The newest version; ChangedMeanwhileError when it is not the ``revision`` that the caller read."""
    row = (
        await connection.execute(
            sa.select(claim_version)
            .where(claim_version.c.claim_id == claim_id)
            .order_by(claim_version.c.version.desc())
            .limit(1)
        )
    ).one()
    if revision is not None and row.revision != revision:
        raise ChangedMeanwhileError("somebody changed this claim meanwhile; look at it again", revision=row.revision)
    return row


async def version_in_force(connection: AsyncConnection, claim_id: UUID) -> Row | None:
    """The approved version, None when there is none."""
    return (
        await connection.execute(
            sa.select(claim_version).where(claim_version.c.claim_id == claim_id, claim_version.c.state == "approved")
        )
    ).first()


async def change_version(connection: AsyncConnection, claim_id: UUID, version: int, **values: object) -> None:
    """Set ``values`` on a version and count the change."""
    await connection.execute(
        claim_version.update()
        .where(claim_version.c.claim_id == claim_id, claim_version.c.version == version)
        .values(revision=claim_version.c.revision + 1, **values)
    )


async def record_step(
    connection: AsyncConnection,
    claim_id: UUID,
    version: int,
    step: str,
    *,
    by: UUID | None,
    at: datetime,
    comment: str = "",
) -> None:
    """Append to the claim's history."""
    await connection.execute(
        claim_step.insert().values(claim_id=claim_id, version=version, step=step, comment=comment, person_id=by, at=at)
    )


async def require_file_of(connection: AsyncConnection, claim_id: UUID, file_id: UUID | None) -> None:
    """InvalidInputError unless the evidence file was uploaded for this very claim."""
    if file_id is None:
        return
    found = await connection.scalar(
        sa.select(sa.literal(1)).where(claim_file.c.id == file_id, claim_file.c.claim_id == claim_id)
    )
    if found is None:
        raise InvalidInputError("that evidence file was not uploaded for this claim", field="file_id")
