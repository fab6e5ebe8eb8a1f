"""What has to happen to the record by itself: sounds cut and promises noted after a show, promises looked at daily,
records deleted when their time is over.
"""

from pathlib import Path
from uuid import UUID

import procrastinate
import structlog

from tallylight.app.flows.audit_promises import audit_promises, broadcasts_to_note, note_promises
from tallylight.app.flows.cut_stops import broadcasts_to_cut, cut_stops
from tallylight.app.flows.expire_broadcasts import expire_broadcasts
from tallylight.app.flows.live_facts import ShopFacts
from tallylight.app.processes.periodic import Job, add_periodic
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database, database_is_away

_log = structlog.get_logger()


class EvidenceChores:
    """Each may run twice or late: they look at what is due, and do that. One broadcast that fails stops no other."""

    def __init__(self, database: Database, clock: Clock, recordings_dir: Path) -> None:
        self._database = database
        self._clock = clock
        self._recordings_dir = recordings_dir

    async def close_records(self) -> int:
        """After a broadcast: cut its stops, note its promises; how many of either were written."""
        done = 0
        for broadcast_id in await broadcasts_to_cut(self._database):
            try:
                done += await cut_stops(self._database, self._recordings_dir, broadcast_id, now_us=self._clock.now_us())
            except Exception as error:
                self._failed("stops were not cut", broadcast_id, error)
        facts = ShopFacts(self._database)
        for broadcast_id, show_id in await broadcasts_to_note(self._database):
            try:
                done += await note_promises(self._database, facts, broadcast_id, show_id, now_us=self._clock.now_us())
            except Exception as error:
                self._failed("promises were not noted", broadcast_id, error)
        return done

    async def audit(self) -> int:
        """Look at open promises; how many came to a verdict."""
        return await audit_promises(self._database, now_us=self._clock.now_us())

    async def expire(self) -> int:
        """Delete records whose time is over; how many broadcasts."""
        return await expire_broadcasts(self._database, self._recordings_dir, now_us=self._clock.now_us())

    def _failed(self, what: str, broadcast_id: UUID, error: Exception) -> None:
        if database_is_away(error):
            raise error
        _log.error(what, broadcast_id=str(broadcast_id), kind=type(error).__name__, exc_info=error)


def add_evidence_jobs(app: procrastinate.App, chores: EvidenceChores) -> None:
    """Put the chores on the queue's calendar."""
    for job in (
        Job(
            "close_records",
            "* * * * * */30",
            chores.close_records,
            "records of shows that are over were closed",
            "entries",
        ),
        Job("audit_promises", "17 * * * *", chores.audit, "promises were looked at", "decided"),
        Job("expire_records", "41 3 * * *", chores.expire, "records were deleted at their time", "broadcasts"),
    ):
        add_periodic(app, job)
