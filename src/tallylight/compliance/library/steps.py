"""The common ground of what can be done with a claim."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.models import claim, claim_file, claim_step, claim_version
from tallylight.compliance.versioned import Row, Versioned
from tallylight.foundation.errors import InvalidInputError

_CLAIM = Versioned("claim", claim, claim_version, claim_step)
lock_claim = _CLAIM.lock
newest_version = _CLAIM.newest
change_version = _CLAIM.change
record_step = _CLAIM.record


async def version_in_force(connection: AsyncConnection, claim_id: UUID) -> Row | None:
    """The approved version, None when there is none."""
    return (
        await connection.execute(
            sa.select(claim_version).where(claim_version.c.claim_id == claim_id, claim_version.c.state == "approved")
        )
    ).first()


async def require_file_of(connection: AsyncConnection, claim_id: UUID, file_id: UUID | None) -> None:
    """InvalidInputError unless the evidence file was uploaded for this very claim."""
    if file_id is None:
        return
    found = await connection.scalar(
        sa.select(sa.literal(1)).where(claim_file.c.id == file_id, claim_file.c.claim_id == claim_id)
    )
    if found is None:
        raise InvalidInputError("that evidence file was not uploaded for this claim", field="file_id")
