"""The evidence chain: what was said, found, decided and aired, append-only and hash-chained per broadcast.

How an entry is hashed is in ``chain``. Changing, removing, inserting or moving an entry breaks the chain at that
place; cutting off its end disagrees with the head; emptying an entry without a retention act is found too.
"""

import secrets
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.chain import (
    FORMAT,
    GENESIS,
    BrokenLink,
    ChainCheck,
    ChainEntry,
    Redaction,
    canonical_json,
    entry_hash,
    payload_hash,
)
from tallylight.compliance.models import evidence, evidence_head

PAYLOAD_BYTES_MAX = 1 << 20
_SALT_BYTES = 16
_NOW_US = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1_000_000, sa.BigInteger)


class EvidenceReport(msgspec.Struct, frozen=True):
    """What verifying one broadcast's chain found. ``head``: hex SHA-256 of the last entry that holds."""

    broadcast_id: UUID
    entries: int
    head: str
    broken: BrokenLink | None
    redactions: tuple[Redaction, ...] = ()

    @property
    def intact(self) -> bool:
        return self.broken is None


async def record_evidence(
    connection: AsyncConnection, broadcast_id: UUID, kind: str, payload: dict[str, Any], at_us: int
) -> int:
    """Append one entry to the broadcast's chain in the caller's transaction; its number in the chain.

    ``payload`` is what msgspec can turn into JSON (structs, UUIDs, ints, text; no floats), at most
    PAYLOAD_BYTES_MAX; ``at_us`` is the programme time that it speaks of. The chain's head stays locked until the
    transaction ends, so append late in it. Raises ValueError for a payload that cannot be hashed faithfully.
    """
    plain: dict[str, Any] = msgspec.to_builtins(payload)
    if len(canonical_json(plain)) > PAYLOAD_BYTES_MAX:
        raise ValueError(f"an evidence payload over {PAYLOAD_BYTES_MAX} bytes")
    statement = insert(evidence_head).values(broadcast_id=broadcast_id, seq=1, hash=GENESIS)
    head = (
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[evidence_head.c.broadcast_id], set_={"seq": evidence_head.c.seq + 1}
            ).returning(evidence_head.c.seq, evidence_head.c.hash, _NOW_US.label("recorded_us"))
        )
    ).one()
    salt = secrets.token_bytes(_SALT_BYTES)
    entry = ChainEntry(
        seq=head.seq,
        format=FORMAT,
        prev_hash=head.hash,
        hash=b"",
        kind=kind,
        at_us=at_us,
        recorded_us=head.recorded_us,
        payload=plain,
        payload_sha256=payload_hash(salt, plain),
        salt=salt,
        redacted_by=None,
    )
    digest = entry_hash(broadcast_id, entry)
    values = msgspec.structs.asdict(entry) | {"hash": digest}
    await connection.execute(evidence.insert().values(broadcast_id=broadcast_id, **values))
    await connection.execute(
        evidence_head.update().where(evidence_head.c.broadcast_id == broadcast_id).values(hash=digest)
    )
    return entry.seq


async def verify_evidence(connection: AsyncConnection, broadcast_id: UUID) -> EvidenceReport:
    """Walk the whole chain of one broadcast; the report names the first link that does not hold.

    Read it in one view (``Database.reading``): entries appended meanwhile would disagree with the head. A
    broadcast without evidence is an intact chain of 0 entries.
    """
    check = ChainCheck(broadcast_id)
    rows = await connection.stream(
        sa.select(evidence).where(evidence.c.broadcast_id == broadcast_id).order_by(evidence.c.seq)
    )
    async for row in rows:
        if not check.add(chain_entry(row)):
            await rows.close()
            return _report(broadcast_id, check)
    check.finish()
    head = (
        await connection.execute(
            sa.select(evidence_head.c.seq, evidence_head.c.hash).where(evidence_head.c.broadcast_id == broadcast_id)
        )
    ).first()
    if check.broken is not None:
        return _report(broadcast_id, check)
    if (head.seq if head else 0) != check.entries:
        reason = "the end of the chain does not agree with its head: entries were cut off or added"
        check.broken = BrokenLink(check.entries + 1, reason)
    elif head is not None and head.hash != check.head:
        check.broken = BrokenLink(check.entries, "the head names another hash")
    return _report(broadcast_id, check)


async def chain_of(connection: AsyncConnection, broadcast_id: UUID, *, entries: int | None = None) -> list[ChainEntry]:
    """The broadcast's chain, or its first ``entries``."""
    statement = sa.select(evidence).where(evidence.c.broadcast_id == broadcast_id).order_by(evidence.c.seq)
    if entries is not None:
        statement = statement.where(evidence.c.seq <= entries)
    return [chain_entry(row) for row in await connection.execute(statement)]


async def broadcasts_with_evidence(connection: AsyncConnection) -> list[UUID]:
    """Every broadcast that has a chain, oldest id first."""
    rows = await connection.execute(
        sa.union(sa.select(evidence.c.broadcast_id), sa.select(evidence_head.c.broadcast_id)).order_by("broadcast_id")
    )
    return [row.broadcast_id for row in rows]


def chain_entry(row: sa.Row[Any]) -> ChainEntry:
    """A row of ``evidence`` as a value."""
    return ChainEntry(
        seq=row.seq,
        format=row.format,
        prev_hash=row.prev_hash,
        hash=row.hash,
        kind=row.kind,
        at_us=row.at_us,
        recorded_us=row.recorded_us,
        payload=row.payload,
        payload_sha256=row.payload_sha256,
        salt=row.salt,
        redacted_by=row.redacted_by,
    )


def _report(broadcast_id: UUID, check: ChainCheck) -> EvidenceReport:
    return EvidenceReport(broadcast_id, check.entries, check.head.hex(), check.broken, tuple(check.redactions))
