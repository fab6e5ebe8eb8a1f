"""Reads of scripts."""

from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.scripts.models import script, script_line_said, script_pin, script_step, script_version
from tallylight.compliance.scripts.steps import authors_of
from tallylight.compliance.scripts.types import (
    Checks,
    PinnedScript,
    ScriptCard,
    ScriptDetail,
    ScriptPin,
    ScriptStep,
    ScriptVersion,
    Segment,
)
from tallylight.foundation.errors import NotFoundError
from tallylight.members.models import person


class LineSaid(msgspec.Struct, frozen=True):
    """A line that was said on air. ``heard_permille``: how much of its weight was heard."""

    segment: int
    line: int
    start_us: int
    end_us: int
    heard_permille: int


async def scripts_of_shop(connection: AsyncConnection, shop_id: UUID) -> list[ScriptCard]:
    """The shop's scripts, the newest first; at most SCRIPTS_MAX, as many as a shop may have."""
    signed = (
        sa.select(script_version.c.script_id, script_version.c.version)
        .where(script_version.c.state == "signed")
        .subquery()
    )
    rows = await connection.execute(
        sa.select(script, script_version, signed.c.version.label("signed_version"))
        .join(script_version, script_version.c.script_id == script.c.id)
        .outerjoin(signed, signed.c.script_id == script.c.id)
        .where(script.c.shop_id == shop_id)
        .ext(distinct_on(script.c.id))
        .order_by(script.c.id.desc(), script_version.c.version.desc())
    )
    cards = [_card(row) for row in rows]
    pins = await connection.execute(
        sa.select(script_pin.c.script_id, script_pin.c.show_id)
        .where(script_pin.c.script_id.in_([card.id for card in cards]))
        .order_by(script_pin.c.pinned_at)
    )
    shows: dict[UUID, list[UUID]] = {}
    for pin in pins:
        shows.setdefault(pin.script_id, []).append(pin.show_id)
    return [msgspec.structs.replace(card, shows=shows.get(card.id, [])) for card in cards]


async def script_detail(connection: AsyncConnection, script_id: UUID) -> ScriptDetail:
    """One script with all its versions. Raises NotFoundError."""
    row = (await connection.execute(sa.select(script).where(script.c.id == script_id))).first()
    if row is None:
        raise NotFoundError("there is no such script")
    versions = [
        _version(each)
        for each in await connection.execute(
            sa.select(script_version, person.c.name.label("signer"))
            .outerjoin(person, person.c.id == script_version.c.signed_by)
            .where(script_version.c.script_id == script_id)
            .order_by(script_version.c.version.desc())
        )
    ]
    steps = await connection.execute(
        sa.select(script_step, person.c.name)
        .outerjoin(person, person.c.id == script_step.c.person_id)
        .where(script_step.c.script_id == script_id)
        .order_by(script_step.c.id)
    )
    pins = await connection.execute(
        sa.select(script_pin).where(script_pin.c.script_id == script_id).order_by(script_pin.c.pinned_at)
    )
    return ScriptDetail(
        row.id,
        row.shop_id,
        row.title,
        row.market,
        versions,
        [ScriptStep(each.version, each.step, each.comment, each.name or "", each.at) for each in steps],
        [ScriptPin(each.show_id, each.script_id, each.version, each.pinned_at) for each in pins],
        await authors_of(connection, script_id, versions[0].version),
    )


async def script_segments(connection: AsyncConnection, script_id: UUID, version: int) -> tuple[Segment, ...]:
    """The segments of one version. Raises NotFoundError."""
    segments = await connection.scalar(
        sa.select(script_version.c.segments).where(
            script_version.c.script_id == script_id, script_version.c.version == version
        )
    )
    if segments is None:
        raise NotFoundError("there is no such version")
    return msgspec.convert(segments, tuple[Segment, ...])


async def shop_of_script(connection: AsyncConnection, script_id: UUID) -> UUID:
    """Whose script it is. Raises NotFoundError."""
    shop_id = await connection.scalar(sa.select(script.c.shop_id).where(script.c.id == script_id))
    if shop_id is None:
        raise NotFoundError("there is no such script")
    return UUID(str(shop_id))


async def script_of_show(connection: AsyncConnection, show_id: UUID) -> PinnedScript | None:
    """What the show goes by; None when it goes by none."""
    row = (
        await connection.execute(
            sa.select(script.c.title, script_version)
            .join(script_version, script_version.c.script_id == script.c.id)
            .join(
                script_pin,
                sa.and_(
                    script_pin.c.script_id == script_version.c.script_id,
                    script_pin.c.version == script_version.c.version,
                ),
            )
            .where(script_pin.c.show_id == show_id)
        )
    ).first()
    if row is None:
        return None
    return PinnedScript(row.script_id, row.title, row.version, msgspec.convert(row.segments, tuple[Segment, ...]))


async def lines_said(connection: AsyncConnection, broadcast_id: UUID) -> list[LineSaid]:
    """The lines of its script that were said in the broadcast, in the order of the script."""
    rows = await connection.execute(
        sa.select(script_line_said)
        .where(script_line_said.c.broadcast_id == broadcast_id)
        .order_by(script_line_said.c.segment, script_line_said.c.line)
    )
    return [LineSaid(row.segment, row.line, row.start_us, row.end_us, row.heard_permille) for row in rows]


def _version(row: sa.Row[Any]) -> ScriptVersion:
    return ScriptVersion(
        row.version,
        row.revision,
        row.state,
        msgspec.convert(row.segments, tuple[Segment, ...]),
        _checks(row),
        row.signer,
        row.signed_at,
    )


def _checks(row: sa.Row[Any]) -> Checks | None:
    return None if row.checks is None else msgspec.convert(row.checks, Checks)


def _card(row: sa.Row[Any]) -> ScriptCard:
    checks = _checks(row)
    worst: Literal["clear", "note", "hold", "block"] | None = None
    if checks is not None:
        verdicts = {each.verdict for each in checks.findings}
        worst = "block" if "block" in verdicts else "hold" if "hold" in verdicts else "note" if verdicts else "clear"
    return ScriptCard(
        row.id,
        row.title,
        row.market,
        row.version,
        row.state,
        row.signed_version,
        len(row.segments),
        sum(len(each["lines"]) for each in row.segments),
        worst,
        [],
    )
