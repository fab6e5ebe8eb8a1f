"""One person takes a held finding, or lets go of it; everyone at the desk sees who has it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.desk.lease import release_lease, take_lease
from tallylight.compliance.desk.queries import finding_by
from tallylight.compliance.desk.types import Decider, KeptFinding, Lease
from tallylight.foundation.ids import FindingId
from tallylight.foundation.outbox import publish_ephemeral
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import show_by


async def claim_finding(connection: AsyncConnection, finding_id: FindingId, *, staff: Staff, now_us: int) -> Lease:
    """Take the finding for a few seconds, or renew that. Raises TakenError, DecidedError, TooLateError,
    NotFoundError, ForbiddenError.
    """
    found = await _mine(connection, finding_id, staff)
    lease = await take_lease(connection, found, Decider(staff.person.id, staff.person.name), now_us)
    await _tell(connection, found, lease)
    return lease


async def let_go(connection: AsyncConnection, finding_id: FindingId, *, staff: Staff) -> None:
    """Let go of the finding; nothing happens when this person did not have it."""
    found = await _mine(connection, finding_id, staff)
    if await release_lease(connection, finding_id, Decider(staff.person.id, staff.person.name)):
        await _tell(connection, found, None)


async def _mine(connection: AsyncConnection, finding_id: FindingId, staff: Staff) -> KeptFinding:
    found = await finding_by(connection, finding_id)
    show = await show_by(connection, found.show_id)
    require_role(staff, show.shop_id, "compliance", "producer")
    return found


async def _tell(connection: AsyncConnection, found: KeptFinding, lease: Lease | None) -> None:
    """Ephemeral: the holder's next renewal says it again, and a lease that nobody renews is over by itself."""
    payload: dict[str, Any] = {"id": str(found.id), "by": None}
    if lease is not None:
        payload["by"] = {"id": str(lease.person_id), "name": lease.name, "until_wall_us": lease.until_wall_us}
    await publish_ephemeral(connection, f"control:{found.show_id}", "finding.claimed", payload)
