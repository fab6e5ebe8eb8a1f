"""The common ground of what can be done with a script."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.scripts.models import script, script_step, script_version
from tallylight.compliance.versioned import Versioned

_SCRIPT = Versioned("script", script, script_version, script_step)
lock_script = _SCRIPT.lock
newest_version = _SCRIPT.newest
change_version = _SCRIPT.change
record_step = _SCRIPT.record
_WRITING = ("drafted", "edited")


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
