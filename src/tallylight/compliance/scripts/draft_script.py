"""Writing a script, and changing one: a draft in place, anything else as a new draft version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.check_content import checked_market
from tallylight.compliance.scripts.check_segments import checked_segments, checked_title
from tallylight.compliance.scripts.models import script, script_version
from tallylight.compliance.scripts.steps import change_version, lock_script, newest_version, record_step
from tallylight.compliance.scripts.types import SCRIPTS_MAX, Segment
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id


async def draft_script(
    connection: AsyncConnection,
    shop_id: UUID,
    title: str,
    segments: Sequence[Segment],
    *,
    market: str,
    by: UUID | None,
    at: datetime,
) -> UUID:
    """A new script as a draft. InvalidInputError names what is wrong; that products and cues are the shop's own is
    the caller's to check.
    """
    count = await connection.scalar(sa.select(sa.func.count()).where(script.c.shop_id == shop_id))
    if int(count or 0) >= SCRIPTS_MAX:
        raise InvalidInputError(f"a shop has at most {SCRIPTS_MAX} scripts", field="title")
    script_id = new_id()
    await connection.execute(
        script.insert().values(
            id=script_id, shop_id=shop_id, title=checked_title(title), market=checked_market(market), created_at=at
        )
    )
    await _add_version(connection, script_id, 1, checked_segments(segments))
    await record_step(connection, script_id, 1, "drafted", by=by, at=at)
    return script_id


async def revise_script(
    connection: AsyncConnection,
    script_id: UUID,
    title: str,
    segments: Sequence[Segment],
    *,
    revision: int,
    by: UUID | None,
    at: datetime,
) -> int:
    """Write it otherwise; returns the version that says so now.

    A draft is changed in place and one in review becomes a draft again; after a decision a new version begins: what
    was signed is never edited. ChangedMeanwhileError unless ``revision`` is the newest version's.
    """
    checked = checked_segments(segments)
    await lock_script(connection, script_id)
    newest = await newest_version(connection, script_id, revision)
    await connection.execute(script.update().where(script.c.id == script_id).values(title=checked_title(title)))
    if newest.state in ("draft", "review"):
        await change_version(connection, script_id, newest.version, state="draft", segments=plain(checked), checks=None)
        await record_step(connection, script_id, newest.version, "edited", by=by, at=at)
        return int(newest.version)
    await _add_version(connection, script_id, newest.version + 1, checked)
    await record_step(connection, script_id, newest.version + 1, "drafted", by=by, at=at)
    return int(newest.version + 1)


def plain(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Segments as the column keeps them."""
    return [msgspec.to_builtins(each) for each in segments]


async def _add_version(connection: AsyncConnection, script_id: UUID, version: int, segments: Sequence[Segment]) -> None:
    await connection.execute(
        script_version.insert().values(script_id=script_id, version=version, state="draft", segments=plain(segments))
    )
