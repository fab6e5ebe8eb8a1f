"""After a broadcast: cuts the sound of every stop out of both recordings and puts its hashes on record."""

import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from tallylight.app.flows.report_broadcast import report_broadcast, stops_folder
from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.record.models import aftercare
from tallylight.compliance.report.document import Document, SoundFile
from tallylight.compliance.report.figures import STOPS
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.database import Database
from tallylight.media.cut_sound import CUT_US_MAX, cut_sound
from tallylight.shows.models import broadcast

log = structlog.get_logger()

AROUND_US = 2_000_000
"""What is heard before and after a stop."""
STOPS_MAX = 500
BY_HAND = ("panic", "dump", "cough", "covered")
"""Stretches that a person withheld."""
_TAKES = (("original", "off-air"), ("aired", "on-air"))


async def cut_stops(database: Database, recordings_dir: Path, broadcast_id: UUID, *, now_us: int) -> int:
    """Cut and record; how many files. A broadcast whose stops are cut already is left as it is."""
    async with database.reading() as connection:
        document = await report_broadcast(connection, broadcast_id)
    files = await asyncio.to_thread(_cut_all, stops_folder(recordings_dir, broadcast_id), document)
    async with database.transaction() as connection:
        first = await connection.scalar(
            insert(aftercare)
            .values(broadcast_id=broadcast_id, stops_cut_us=now_us)
            .on_conflict_do_update(
                index_elements=[aftercare.c.broadcast_id],
                set_={"stops_cut_us": now_us},
                where=aftercare.c.stops_cut_us.is_(None),
            )
            .returning(aftercare.c.broadcast_id)
        )
        if first is None:
            return 0
        if files:
            await record_evidence(connection, broadcast_id, "sound", {"files": files}, document.subject.started_us)
    return len(files)


def stops_of(document: Document) -> list[tuple[str, str, int, int]]:
    """(stop, name for its files, from, until) of every finding that was to be stopped and every cover by hand."""
    stops = [
        (finding.id, f"{finding.number:03}-{finding.rule}", finding.start_us - AROUND_US, finding.end_us + AROUND_US)
        for finding in document.findings
        if finding.verdict in STOPS or finding.outcome in ("bleeped", "covered")
    ]
    stops += [
        (f"{stretch.kind}:{stretch.start_us}", stretch.kind, stretch.start_us - AROUND_US, stretch.end_us + AROUND_US)
        for stretch in document.stretches
        if stretch.kind in BY_HAND and stretch.end_us is not None
    ]
    return [(stop, name, start, min(end, start + CUT_US_MAX)) for stop, name, start, end in stops[:STOPS_MAX]]


def _cut_all(folder: Path, document: Document) -> list[SoundFile]:
    files = []
    for stop, name, from_us, until_us in stops_of(document):
        for kind, take in _TAKES:
            try:
                sound = cut_sound(folder / kind, from_us, until_us)
            except OSError as error:  # av's errors are OSErrors too: a segment is missing or torn
                log.error("a stop's sound could not be cut", take=take, problem=type(error).__name__)
                continue
            if sound is None:
                continue
            moment = to_datetime(from_us).strftime("%Y%m%dT%H%M%S%f")[:-3]
            file = f"sounds/{name}-{moment}Z-{take}.flac"
            (folder / "sounds").mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / file).write_bytes(sound)
            digest = hashlib.sha256(sound).hexdigest()
            files.append(SoundFile(stop, take, file, digest, len(sound), from_us, until_us))
    return files


async def broadcasts_to_cut(database: Database, *, limit: int = 20) -> list[UUID]:
    """Broadcasts that are over and whose stops have not been cut."""
    async with database.reading() as connection:
        rows = await connection.scalars(
            sa.select(broadcast.c.id)
            .outerjoin(aftercare, aftercare.c.broadcast_id == broadcast.c.id)
            .where(broadcast.c.ended_us.is_not(None), aftercare.c.stops_cut_us.is_(None))
            .order_by(broadcast.c.ended_us)
            .limit(limit)
        )
        return list(rows)
