"""The common ground of what can be done with a script: its lock, its newest version, its history."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.steps import ChangedMeanwhileError
from tallylight.compliance.scripts.models import script, script_step, script_version
from tallylight.foundation.errors import NotFoundError

Row = sa.Row[Any]
_WRITING = ("drafted", "edited")


async def lock_script(connection: AsyncConnection, script_id: UUID) -> Row:
    """The script's row, locked: steps of one script come one after the other. NotFoundError."""
    row = (await connection.execute(sa.select(script).where(script.c.id == script_id).with_for_update())).first()
    if row is None:
        raise NotFoundError("there is no such script")
    return row


async def newest_version(connection: AsyncConnection, script_id: UUID, revision: int | None = None) -> Row:
    """The newest version; ChangedMeanwhileError when it is not the ``revision`` that the caller read."""
    row = (
        await connection.execute(
            sa.select(script_version)
            .where(script_version.c.script_id == script_id)
            .order_by(script_version.c.version.desc())
            .limit(1)
        )
    ).one()
    if revision is not None and row.revision != revision:
        raise ChangedMeanwhileError("somebody changed this script meanwhile; look at it again", revision=row.revision)
    return row


async def change_version(connection: AsyncConnection, script_id: UUID, version: int, **values: object) -> None:
    """Set ``values`` on a version and count the change."""
    await connection.execute(
        script_version.update()
        .where(script_version.c.script_id == script_id, script_version.c.version == version)
        .values(revision=script_version.c.revision + 1, **values)
    )


async def record_step(
    connection: AsyncConnection,
    script_id: UUID,
    version: int,
    step: str,
    *,
    by: UUID | None,
    at: datetime,
    comment: str = "",
) -> None:
    """Append to the script's history."""
    await connection.execute(
        script_step.insert().values(
            script_id=script_id, version=version, step=step, comment=comment, person_id=by, at=at
        )
    )


async def authors_of(connection: AsyncConnection, script_id: UUID, version: int) -> list[UUID]:
    """Who wrote in the version, by its history."""
    rows = await connection.scalars(
        sa.select(script_step.c.person_id)
        .distinct()
        .where(
            script_step.c.script_id == script_id,
            script_step.c.version == version,
            script_step.c.step.in_(_WRITING),
            script_step.c.person_id.is_not(None),
        )
        .order_by(script_step.c.person_id)
    )
    return list(rows)
