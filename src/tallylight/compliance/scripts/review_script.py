"""From draft to signed or rejected, and onto a show. Callers check roles: a signature is compliance's."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.errors import WrongStateError
from tallylight.compliance.library.check_content import checked_comment
from tallylight.compliance.scripts.models import script_pin, script_version
from tallylight.compliance.scripts.steps import authors_of, change_version, lock_script, newest_version, record_step
from tallylight.compliance.scripts.types import Checks
from tallylight.foundation.errors import ForbiddenError, NotFoundError


class OwnScriptError(ForbiddenError):
    """Nobody signs what they wrote themselves."""

    code: ClassVar[str] = "own_script"


async def submit_script(
    connection: AsyncConnection,
    script_id: UUID,
    checks: Checks,
    *,
    revision: int,
    by: UUID | None,
    at: datetime,
    comment: str = "",
) -> None:
    """Put the draft into review with what the rules say about its lines. WrongStateError for anything else."""
    said = checked_comment(comment)
    await lock_script(connection, script_id)
    newest = await newest_version(connection, script_id, revision)
    if newest.state != "draft":
        raise WrongStateError(f"only a draft is put into review; this version is {newest.state}")
    await change_version(connection, script_id, newest.version, state="review", checks=msgspec.to_builtins(checks))
    await record_step(connection, script_id, newest.version, "submitted", by=by, at=at, comment=said)


async def sign_script(
    connection: AsyncConnection, script_id: UUID, *, revision: int, by: UUID, at: datetime, comment: str = ""
) -> int:
    """Sign what is in review; returns its version. Shows keep the version that they are pinned to.

    OwnScriptError for someone who wrote in it, WrongStateError when nothing is in review, ChangedMeanwhileError when
    it is not what the signer read.
    """
    said = checked_comment(comment)
    await lock_script(connection, script_id)
    newest = await _in_review(connection, script_id, revision)
    if by in await authors_of(connection, script_id, newest.version):
        raise OwnScriptError("you wrote in this version; somebody else with the role compliance has to sign it")
    before = (
        await connection.execute(
            sa.select(script_version.c.version).where(
                script_version.c.script_id == script_id, script_version.c.state == "signed"
            )
        )
    ).scalar_one_or_none()
    if before is not None:
        await change_version(connection, script_id, before, state="superseded")
        await record_step(connection, script_id, before, "superseded", by=by, at=at)
    await change_version(connection, script_id, newest.version, state="signed", signed_by=by, signed_at=at)
    await record_step(connection, script_id, newest.version, "signed", by=by, at=at, comment=said)
    return int(newest.version)


async def reject_script(
    connection: AsyncConnection, script_id: UUID, *, revision: int, by: UUID, at: datetime, comment: str
) -> None:
    """Send back what is in review, with the reason."""
    said = checked_comment(comment, needed_for="a rejection")
    await lock_script(connection, script_id)
    newest = await _in_review(connection, script_id, revision)
    await change_version(connection, script_id, newest.version, state="rejected")
    await record_step(connection, script_id, newest.version, "rejected", by=by, at=at, comment=said)


async def comment_script(
    connection: AsyncConnection, script_id: UUID, *, by: UUID | None, at: datetime, comment: str
) -> None:
    """Say something about the newest version."""
    said = checked_comment(comment, needed_for="a remark")
    await lock_script(connection, script_id)
    newest = await newest_version(connection, script_id)
    await record_step(connection, script_id, newest.version, "commented", by=by, at=at, comment=said)


async def pin_script(
    connection: AsyncConnection, script_id: UUID, version: int, show_id: UUID, *, by: UUID | None, at: datetime
) -> None:
    """The show goes by this signed version from now on, whatever it went by before.

    WrongStateError for a version that is not signed; that the show is the shop's own and not on air is the caller's to
    check.
    """
    await lock_script(connection, script_id)
    state = await connection.scalar(
        sa.select(script_version.c.state).where(
            script_version.c.script_id == script_id, script_version.c.version == version
        )
    )
    if state is None:
        raise NotFoundError("there is no such version")
    if state != "signed":
        raise WrongStateError(f"only the signed version is pinned to a show; this one is {state}")
    statement = insert(script_pin).values(
        show_id=show_id, script_id=script_id, version=version, pinned_by=by, pinned_at=at
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[script_pin.c.show_id],
            set_={name: statement.excluded[name] for name in ("script_id", "version", "pinned_by", "pinned_at")},
        )
    )
    await record_step(connection, script_id, version, "pinned", by=by, at=at, comment=str(show_id))


async def unpin_script(connection: AsyncConnection, show_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """The show goes by no script any more. NotFoundError when it went by none."""
    row = (
        await connection.execute(
            script_pin.delete()
            .where(script_pin.c.show_id == show_id)
            .returning(script_pin.c.script_id, script_pin.c.version)
        )
    ).first()
    if row is None:
        raise NotFoundError("no script is pinned to this show")
    await record_step(connection, row.script_id, row.version, "unpinned", by=by, at=at, comment=str(show_id))


async def _in_review(connection: AsyncConnection, script_id: UUID, revision: int) -> sa.Row[tuple[object, ...]]:
    newest = await newest_version(connection, script_id, revision)
    if newest.state != "review":
        raise WrongStateError(f"only what is in review is decided; this version is {newest.state}")
    return newest
