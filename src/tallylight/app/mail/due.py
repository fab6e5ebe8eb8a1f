"""Mail that is due: one row after the other is claimed, sent, and tried again while the server does not take it."""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.mail.smtp import RefusedForGoodError, Send
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.errors import UnavailableError

MAILS_A_TURN = 100
TRIES_MAX = 12
CLAIM_US = 120 * MICROSECONDS
FIRST_WAIT_US = 30 * MICROSECONDS
WAIT_US_MAX = 6 * 3_600 * MICROSECONDS

Mail = Callable[[str], EmailMessage]
"""Makes the message that has the id; ValueError when the address is none that a header can hold."""
Write = Callable[[AsyncConnection, "sa.Row[Any]"], Awaitable[Mail | Literal["wait", "drop"]]]
"""What to send for a claimed row; "wait": it can't be written yet; "drop": there is nothing to tell any more."""

_log = structlog.get_logger(__name__)


class DueMail(msgspec.Struct, frozen=True):
    """A kind of mail: ``table`` has a row each, with id, state, tries, next_try_us and problem.

    ``unsent``: the states of what is still to be sent; it becomes "sent", "failed" or "dropped".
    """

    table: sa.Table
    unsent: tuple[str, ...]
    write: Write


async def send_due_mail(database: Database, send: Send, due: DueMail, *, now_us: int) -> int:
    """Send what is due, at most MAILS_A_TURN; how many were sent. A message that fails stops no other."""
    sent = 0
    for _ in range(MAILS_A_TURN):
        claimed = await _claim(database, due, now_us)
        if claimed is None:
            break
        sent += await _send_one(database, send, due, claimed, now_us)
    return sent


async def _claim(database: Database, due: DueMail, now_us: int) -> "sa.Row[Any] | None":
    """The mail that waited longest, for CLAIM_US this caller's alone."""
    table = due.table
    first = (
        sa.select(table.c.id)
        .where(table.c.state.in_(due.unsent), table.c.next_try_us <= now_us)
        .order_by(table.c.next_try_us)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    async with database.transaction() as connection:
        return (
            await connection.execute(
                table.update().where(table.c.id == first).values(next_try_us=now_us + CLAIM_US).returning(*table.c)
            )
        ).one_or_none()


async def _send_one(database: Database, send: Send, due: DueMail, claimed: "sa.Row[Any]", now_us: int) -> bool:
    async with database.transaction() as connection:
        written = await due.write(connection, claimed)
        if written == "wait":
            await _set(connection, due, claimed.id, next_try_us=now_us + FIRST_WAIT_US)
            return False
        if written == "drop":
            await _set(connection, due, claimed.id, state="dropped")
            return False
    change = await _sent(send, written, claimed, now_us)
    async with database.transaction() as connection:
        await _set(connection, due, claimed.id, **change)
    if change["state"] == "failed":
        _log.warning("a mail was not sent", kind=due.table.name, mail_id=str(claimed.id))
    return change["state"] == "sent"


async def _sent(send: Send, mail: Mail, claimed: "sa.Row[Any]", now_us: int) -> dict[str, object]:
    """Hand the message over; what is to be noted about it."""
    tries = claimed.tries + 1
    try:
        await asyncio.to_thread(send, mail(str(claimed.id)))
    except ValueError:
        return {"state": "failed", "tries": tries, "problem": "the address is not one that mail can be sent to"}
    except RefusedForGoodError as error:
        return {"state": "failed", "tries": tries, "problem": error.message}
    except UnavailableError as error:
        wait_us = min(WAIT_US_MAX, FIRST_WAIT_US << claimed.tries)
        state = "failed" if tries >= TRIES_MAX else "due"
        return {"state": state, "tries": tries, "problem": error.message, "next_try_us": now_us + wait_us}
    return {"state": "sent", "tries": tries, "problem": None}


async def _set(connection: AsyncConnection, due: DueMail, mail_id: UUID, **values: object) -> None:
    await connection.execute(due.table.update().where(due.table.c.id == mail_id).values(**values))
