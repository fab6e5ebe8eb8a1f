"""A short lease on a finding, so that two people do not decide the same one."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.desk.errors import DecidedError, TakenError, TooLateError
from tallylight.compliance.desk.models import finding_lease
from tallylight.compliance.desk.types import Decider, KeptFinding, Lease
from tallylight.foundation.ids import FindingId
from tallylight.members.models import person

LEASE_US = 5_000_000
"""Renewed every two seconds while its holder looks at the finding; short beside the delay, so that one who walked
away does not leave the finding to the policy."""


async def take_lease(connection: AsyncConnection, found: KeptFinding, by: Decider, now_us: int) -> Lease:
    """``by`` decides this finding until LEASE_US from now; taking it again renews it.

    One statement decides a race. Raises TakenError while somebody else holds it, TooLateError once the words air,
    DecidedError when somebody else has decided it.
    """
    require_held(found, now_us)
    if found.decision is not None and found.decision.person_id != by.id:
        raise DecidedError(
            f"{found.decision.by} decided this one already", decided_by=found.decision.by, kind=found.decision.kind
        )
    return await hold(connection, found, by, now_us)


async def hold(connection: AsyncConnection, found: KeptFinding, by: Decider, now_us: int) -> Lease:
    """Take or renew the lease whatever was decided. Raises TakenError."""
    until_us = min(now_us + LEASE_US, found.decide_by_wall_us)
    statement = insert(finding_lease).values(
        finding_id=found.id, show_id=found.show_id, person_id=by.id, until_us=until_us
    )
    taken = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=[finding_lease.c.finding_id],
            set_={"person_id": statement.excluded.person_id, "until_us": statement.excluded.until_us},
            where=sa.or_(finding_lease.c.person_id == statement.excluded.person_id, finding_lease.c.until_us <= now_us),
        ).returning(finding_lease.c.finding_id)
    )
    if taken is None:
        holder = await lease_on(connection, found.id)
        name = "Somebody else" if holder is None else holder.name
        raise TakenError(f"{name} is deciding this one", held_by=name)
    return Lease(found.id, by.id, by.name, until_us)


async def release_lease(connection: AsyncConnection, finding_id: UUID, by: Decider) -> bool:
    """Let go of a finding; False when ``by`` did not hold it."""
    gone = await connection.execute(
        finding_lease.delete().where(finding_lease.c.finding_id == finding_id, finding_lease.c.person_id == by.id)
    )
    return gone.rowcount > 0


async def lease_on(connection: AsyncConnection, finding_id: UUID) -> Lease | None:
    """The finding's lease, live or over."""
    row = (
        await connection.execute(
            sa.select(finding_lease, person.c.name)
            .join(person, person.c.id == finding_lease.c.person_id)
            .where(finding_lease.c.finding_id == finding_id)
        )
    ).first()
    return None if row is None else Lease(FindingId(row.finding_id), row.person_id, row.name, row.until_us)


def require_held(found: KeptFinding, now_us: int) -> None:
    """TooLateError once the finding's words have left the delay."""
    if now_us >= found.decide_by_wall_us or found.outcome is not None:
        raise TooLateError("these words have aired as the finding's outcome says; too late to decide")
