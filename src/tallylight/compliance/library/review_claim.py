"""From draft to approved or rejected, and out of force again. Callers check roles: approval is for compliance."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.errors import WrongStateError
from tallylight.compliance.library.check_content import checked_comment
from tallylight.compliance.library.steps import (
    change_version,
    lock_claim,
    newest_version,
    record_step,
    version_in_force,
)


async def submit_claim(
    connection: AsyncConnection, claim_id: UUID, *, revision: int, by: UUID | None, at: datetime, comment: str = ""
) -> None:
    """Put the draft into review. WrongStateError for anything but a draft."""
    said = checked_comment(comment)
    await lock_claim(connection, claim_id)
    newest = await newest_version(connection, claim_id, revision)
    if newest.state != "draft":
        raise WrongStateError(f"only a draft is put into review; this version is {newest.state}")
    await change_version(connection, claim_id, newest.version, state="review")
    await record_step(connection, claim_id, newest.version, "submitted", by=by, at=at, comment=said)


async def decide_claim(
    connection: AsyncConnection,
    claim_id: UUID,
    *,
    approve: bool,
    revision: int,
    by: UUID | None,
    at: datetime,
    comment: str = "",
) -> None:
    """Approve what is in review, which takes the place of the version in force, or reject it with a comment.

    WrongStateError when nothing is in review, ChangedMeanwhileError when it is not what the reviewer read.
    """
    said = checked_comment(comment, needed_for=None if approve else "a rejection")
    await lock_claim(connection, claim_id)
    newest = await newest_version(connection, claim_id, revision)
    if newest.state != "review":
        raise WrongStateError(f"only what is in review is decided; this version is {newest.state}")
    if not approve:
        await change_version(connection, claim_id, newest.version, state="rejected")
        await record_step(connection, claim_id, newest.version, "rejected", by=by, at=at, comment=said)
        return
    before = await version_in_force(connection, claim_id)
    if before is not None:
        await change_version(connection, claim_id, before.version, state="superseded", ended_at=at)
        await record_step(connection, claim_id, before.version, "superseded", by=by, at=at)
    await change_version(connection, claim_id, newest.version, state="approved", approved_at=at)
    await record_step(connection, claim_id, newest.version, "approved", by=by, at=at, comment=said)


async def withdraw_claim(
    connection: AsyncConnection, claim_id: UUID, *, by: UUID | None, at: datetime, comment: str
) -> None:
    """Take the approved version out of force at once. WrongStateError when none is in force."""
    said = checked_comment(comment, needed_for="a withdrawal")
    await lock_claim(connection, claim_id)
    in_force = await version_in_force(connection, claim_id)
    if in_force is None:
        raise WrongStateError("no version of this claim is in force")
    await change_version(connection, claim_id, in_force.version, state="withdrawn", ended_at=at)
    await record_step(connection, claim_id, in_force.version, "withdrawn", by=by, at=at, comment=said)


async def comment_claim(
    connection: AsyncConnection, claim_id: UUID, *, by: UUID | None, at: datetime, comment: str
) -> None:
    """Say something about the newest version."""
    said = checked_comment(comment, needed_for="a remark")
    await lock_claim(connection, claim_id)
    newest = await newest_version(connection, claim_id)
    await record_step(connection, claim_id, newest.version, "commented", by=by, at=at, comment=said)
