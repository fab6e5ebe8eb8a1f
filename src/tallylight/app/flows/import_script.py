"""Brings a script file into a shop: as a new script, or as a change of the one with its title."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.compliance.scripts.check_segments import checked_title
from tallylight.compliance.scripts.draft_script import draft_script, revise_script
from tallylight.compliance.scripts.models import script
from tallylight.compliance.scripts.queries import script_segments
from tallylight.compliance.scripts.script_file import FileSegment, ScriptFile
from tallylight.compliance.scripts.steps import newest_version
from tallylight.compliance.scripts.types import Segment
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.shows.queries import cues_of, show_by


class ScriptImport(msgspec.Struct, frozen=True):
    """What became of the file; ``changed`` False: the newest version says this already."""

    script_id: UUID
    version: int
    changed: bool
    lines: int


async def import_script(
    connection: AsyncConnection, shop_id: ShopId, file: ScriptFile, *, by: UUID | None, at: datetime
) -> ScriptImport:
    """Keep the file's script as a draft. InvalidInputError names a product or cue that is not there."""
    segments = await _resolved(connection, shop_id, file)
    lines = sum(len(each.lines) for each in segments)
    known = await connection.scalar(
        sa.select(script.c.id)
        .where(script.c.shop_id == shop_id, script.c.title == checked_title(file.title))
        .order_by(script.c.created_at.desc())
        .limit(1)
    )
    if known is None:
        made = await draft_script(connection, shop_id, file.title, segments, market=file.market, by=by, at=at)
        return ScriptImport(made, 1, True, lines)
    newest = await newest_version(connection, known)
    if await script_segments(connection, known, newest.version) == segments:
        return ScriptImport(known, newest.version, False, lines)
    version = await revise_script(connection, known, file.title, segments, revision=newest.revision, by=by, at=at)
    return ScriptImport(known, version, True, lines)


async def _resolved(connection: AsyncConnection, shop_id: ShopId, file: ScriptFile) -> tuple[Segment, ...]:
    """The segments with the ids of what they name."""
    handles = {
        row.handle: row.id
        for row in await connection.execute(
            sa.select(product.c.handle, product.c.id).where(product.c.shop_id == shop_id)
        )
    }
    cues: dict[str, list[UUID]] = {}
    if file.show is not None:
        show = await show_by(connection, file.show)
        if show.shop_id != shop_id:
            raise NotFoundError(f"there is no show {file.show!r} in this shop")
        for cue in await cues_of(connection, show.id):
            cues.setdefault(cue.label, []).append(cue.id)
    return tuple(_segment(number, each, handles, cues) for number, each in enumerate(file.segment, 1))


def _segment(number: int, each: FileSegment, handles: dict[str, UUID], cues: dict[str, list[UUID]]) -> Segment:
    if each.product is not None and each.product not in handles:
        raise InvalidInputError(f"segment {number}: this shop has no product with the handle {each.product!r}")
    of_label = cues.get(each.cue, []) if each.cue is not None else []
    if each.cue is not None and len(of_label) != 1:
        problem = "no cue" if not of_label else "several cues"
        raise InvalidInputError(f"segment {number}: the show has {problem} labelled {each.cue!r}")
    return Segment(
        title=each.title,
        policy=each.policy,
        product_id=None if each.product is None else handles[each.product],
        cue_id=of_label[0] if of_label else None,
        lines=tuple(line.strip() for line in each.text.splitlines() if line.strip()),
    )
