"""The evidence chain: what was said, found, decided and aired, append-only and hash-chained per broadcast.

Each entry's hash is SHA-256 over the previous entry's hash (32 zero bytes before the first) followed by the
entry's canonical JSON: keys sorted by code point, no white space, UTF-8, integers only, so that the bytes are the
same after a round trip through PostgreSQL's jsonb and in any language (RFC 8785 for this subset). Changing,
removing, inserting or moving an entry breaks the chain at that place; cutting off its end disagrees with the head.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import evidence, evidence_head

GENESIS = bytes(32)
PAYLOAD_BYTES_MAX = 1 << 20
_NOW_US = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1_000_000, sa.BigInteger)


class BrokenLink(msgspec.Struct, frozen=True):
    """The first entry at which a chain does not hold, and why."""

    seq: int
    reason: str


class EvidenceReport(msgspec.Struct, frozen=True):
    """What verifying one broadcast's chain found. ``head``: hex SHA-256 of the last entry that holds."""

    broadcast_id: UUID
    entries: int
    head: str
    broken: BrokenLink | None

    @property
    def intact(self) -> bool:
        return self.broken is None


def canonical_json(value: object) -> bytes:
    """``value`` as the bytes that are hashed. Raises ValueError for floats: jsonb would not give them back."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry_hash(
    prev_hash: bytes, broadcast_id: UUID, seq: int, kind: str, at_us: int, recorded_us: int, payload: dict[str, Any]
) -> bytes:
    """The SHA-256 that links one entry to the one before."""
    entry = {
        "at_us": at_us,
        "broadcast_id": str(broadcast_id),
        "kind": kind,
        "payload": payload,
        "recorded_us": recorded_us,
        "seq": seq,
    }
    return hashlib.sha256(prev_hash + canonical_json(entry)).digest()


async def record_evidence(
    connection: AsyncConnection, broadcast_id: UUID, kind: str, payload: dict[str, Any], at_us: int
) -> None:
    """Append one entry to the broadcast's chain in the caller's transaction.

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
    digest = entry_hash(head.hash, broadcast_id, head.seq, kind, at_us, head.recorded_us, plain)
    await connection.execute(
        evidence.insert().values(
            broadcast_id=broadcast_id,
            seq=head.seq,
            prev_hash=head.hash,
            hash=digest,
            kind=kind,
            at_us=at_us,
            payload=plain,
            recorded_us=head.recorded_us,
        )
    )
    await connection.execute(
        evidence_head.update().where(evidence_head.c.broadcast_id == broadcast_id).values(hash=digest)
    )


async def verify_evidence(connection: AsyncConnection, broadcast_id: UUID) -> EvidenceReport:
    """Walk the whole chain of one broadcast; the report names the first link that does not hold.

    Read it in one view (``Database.reading``): entries appended meanwhile would disagree with the head. A
    broadcast without evidence is an intact chain of 0 entries.
    """
    hash_so_far, seq = GENESIS, 0
    rows = await connection.stream(
        sa.select(evidence).where(evidence.c.broadcast_id == broadcast_id).order_by(evidence.c.seq)
    )
    async for row in rows:
        reason = None
        if row.seq != seq + 1:
            reason = f"entry {seq + 1} is missing"
        elif row.prev_hash != hash_so_far:
            reason = "does not follow from the entry before it"
        elif row.hash != _hash_of(row):
            reason = "its content was changed after it was written"
        if reason:
            await rows.close()
            return EvidenceReport(broadcast_id, seq, hash_so_far.hex(), BrokenLink(seq + 1, reason))
        hash_so_far, seq = row.hash, row.seq
    head = (
        await connection.execute(
            sa.select(evidence_head.c.seq, evidence_head.c.hash).where(evidence_head.c.broadcast_id == broadcast_id)
        )
    ).first()
    broken = None
    if (head.seq if head else 0) != seq:
        broken = BrokenLink(seq + 1, "the end of the chain does not agree with its head: entries were cut off or added")
    elif head is not None and head.hash != hash_so_far:
        broken = BrokenLink(seq, "the head names another hash")
    return EvidenceReport(broadcast_id, seq, hash_so_far.hex(), broken)


async def broadcasts_with_evidence(connection: AsyncConnection) -> list[UUID]:
    """Every broadcast that has a chain, oldest id first."""
    rows = await connection.execute(
        sa.union(sa.select(evidence.c.broadcast_id), sa.select(evidence_head.c.broadcast_id)).order_by("broadcast_id")
    )
    return [row.broadcast_id for row in rows]


def _hash_of(row: sa.Row[Any]) -> bytes | None:
    try:
        return entry_hash(row.prev_hash, row.broadcast_id, row.seq, row.kind, row.at_us, row.recorded_us, row.payload)
    except ValueError:  # a float can only have come in by tampering
        return None


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("evidence holds no floats; write amounts in minor units and times in microseconds")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)
