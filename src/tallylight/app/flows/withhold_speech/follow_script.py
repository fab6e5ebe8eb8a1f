"""A broadcast's signed script beside its speech: the follower with what it needs from the database.

A script that is pinned while the show is on air is refused, so what is loaded at the beginning holds to the end.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.judge_speech import CONTEXT_US, Portion
from tallylight.compliance.record_finding import words_heard
from tallylight.compliance.scripts.align import LineHeard, LinePlace
from tallylight.compliance.scripts.follow import Fired, Followed, ScriptFollower
from tallylight.compliance.scripts.queries import lines_said, script_of_show
from tallylight.compliance.scripts.record_lines import record_lines, record_script
from tallylight.compliance.scripts.types import PinnedScript
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId
from tallylight.foundation.outbox import publish_ephemeral
from tallylight.shows.models import cue_firing

_FIRINGS_MAX = 200
_REPLAY_US = 6 * CONTEXT_US
"""So much of what was said before a restart is read again, to find the place in the script."""


class ScriptWatch:
    """Follows one broadcast along its script, if it has one."""

    def __init__(self, script: PinnedScript, broadcast_id: BroadcastId, show_id: UUID, *, delay_us: int) -> None:
        self._script = script
        self._broadcast_id = broadcast_id
        self._show_id = show_id
        self._follower = ScriptFollower(script, delay_us=delay_us)
        self._on_record = False
        self._said: set[LinePlace] = set()
        self._told: dict[str, object] = {}
        self._pending = (self._said, self._told)

    @property
    def lines(self) -> int:
        return sum(len(segment.lines) for segment in self._script.segments)

    async def follow(self, database: Database, portion: Portion) -> Followed:
        """What the portion means for the script; the cues fired by now say which segment applies."""
        async with database.reading() as connection:
            self._follower.fire(await _fired(connection, self._show_id))
        ripe = portion.words[: portion.ripe]
        until_us = ripe[-1].end_us if ripe else portion.judged_us
        return self._follower.follow(portion.words, max(until_us, portion.judged_us), portion.judged_us)

    async def record(self, connection: AsyncConnection, followed: Followed, at_us: int) -> None:
        """Evidence, coverage, and the line that the control room shows; in the caller's transaction."""
        if not self._on_record:
            await record_script(connection, self._broadcast_id, self._script, at_us)
        await record_lines(connection, self._broadcast_id, self._script, followed.said)
        said = self._said | {each.place for each in followed.said}
        place = followed.place
        view: dict[str, object] = {
            "segment": None if place is None else place.segment,
            "line": None if place is None else place.line,
            "off": followed.off,
            "said": len(said),
            "lines": self.lines,
            "new": [[each.place.segment, each.place.line] for each in followed.said],
        }
        if view != self._told:
            await publish_ephemeral(connection, f"control:{self._show_id}", "script.line", view)
        self._pending = (said, view)

    def recorded(self) -> None:
        """The transaction of ``record`` has committed."""
        self._on_record = True
        self._said, self._told = self._pending

    async def resume(self, connection: AsyncConnection, judged_us: int) -> None:
        """Take up where an earlier connection stopped: what was said stays said, and the place is found again."""
        said = [
            LineHeard(LinePlace(each.segment, each.line), each.start_us, each.end_us, each.heard_permille)
            for each in await lines_said(connection, self._broadcast_id)
        ]
        self._follower.remember(said)
        self._said = {each.place for each in said}
        self._on_record = True
        self._follower.fire(await _fired(connection, self._show_id))
        words = await words_heard(connection, self._broadcast_id, judged_us - _REPLAY_US)
        known = [word for word in words if word.end_us <= judged_us]
        # Its findings are on record since they were told.
        self._follower.follow(known, judged_us, judged_us)


async def script_watch(
    connection: AsyncConnection, broadcast_id: BroadcastId, show_id: UUID, *, delay_ms: int
) -> ScriptWatch | None:
    """The watch over the show's signed script; None for a show that goes by none."""
    script = await script_of_show(connection, show_id)
    return None if script is None else ScriptWatch(script, broadcast_id, show_id, delay_us=delay_ms * 1000)


async def _fired(connection: AsyncConnection, show_id: UUID) -> Sequence[Fired]:
    """The show's last cues, in order of programme time; whatever takes a pin away calls for no segment."""
    rows = await connection.execute(
        sa.select(cue_firing.c.at_us, cue_firing.c.cue_id, cue_firing.c.product_id)
        .where(cue_firing.c.show_id == show_id)
        .order_by(cue_firing.c.at_us.desc(), cue_firing.c.id.desc())
        .limit(_FIRINGS_MAX)
    )
    return [Fired(row.at_us, row.cue_id, row.product_id) for row in rows][::-1]
