"""A finding is decided: by a person while its words are held, or by the policy when nobody did."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.desk.errors import DecidedError
from tallylight.compliance.desk.lease import hold, release_lease, require_held
from tallylight.compliance.desk.models import finding_lease
from tallylight.compliance.desk.types import Decider, DecisionKind, KeptFinding, Outcome, Ruling
from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.models import finding
from tallylight.foundation.ids import BroadcastId, FindingId

POLICY = "policy"


async def record_decision(
    connection: AsyncConnection,
    found: KeptFinding,
    kind: DecisionKind,
    by: Decider,
    now_us: int,
    *,
    instead_of: DecisionKind | None = None,
) -> Ruling:
    """``by`` decides ``found``, which the caller has locked; until it airs they may change their mind.

    Another person's decision is replaced only by who names it in ``instead_of``: nobody undoes unseen what a
    colleague did a moment ago. Raises TooLateError, TakenError, DecidedError.
    """
    require_held(found, now_us)
    known = found.decision
    if known is not None and known.person_id != by.id and known.kind != instead_of:
        raise DecidedError(f"{known.by} decided this one already: {known.kind}", decided_by=known.by, kind=known.kind)
    await hold(connection, found, by, now_us)
    await connection.execute(
        finding.update().where(finding.c.id == found.id).values(decision=kind, decided_by=by.id, decided_wall_us=now_us)
    )
    await release_lease(connection, found.id, by)
    payload = {"finding_id": str(found.id), "kind": kind, "by": str(by.id), "name": by.name, "wall_us": now_us}
    await record_evidence(connection, found.broadcast_id, "decision", payload, found.start_us)
    return Ruling(kind, by.name, by.id, now_us)


async def record_outcome(
    connection: AsyncConnection,
    broadcast_id: BroadcastId,
    finding_id: FindingId,
    outcome: Outcome,
    *,
    start_us: int,
    end_us: int,
) -> None:
    """What became of a finding's span on air; before it, where no person did, what the policy decided."""
    row = (
        await connection.execute(
            finding.update()
            .where(finding.c.id == finding_id)
            .values(outcome=outcome)
            .returning(finding.c.decision, finding.c.action, finding.c.verdict, finding.c.decide_by_wall_us)
        )
    ).first()
    if row is not None and row.decision is None:
        payload = {
            "finding_id": str(finding_id),
            "kind": "clear" if row.action == "none" else row.action,
            "by": POLICY,
            "verdict": row.verdict,
            "wall_us": row.decide_by_wall_us,
        }
        await record_evidence(connection, broadcast_id, "decision", payload, start_us)
    aired = {"id": finding_id, "outcome": outcome, "start_us": start_us, "end_us": end_us}
    await record_evidence(connection, broadcast_id, "aired", aired, start_us)
    await connection.execute(sa.delete(finding_lease).where(finding_lease.c.finding_id == finding_id))
