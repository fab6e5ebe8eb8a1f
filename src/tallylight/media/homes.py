"""Which media process carries which show: rows that every media process reads and a move changes.

``home`` takes the show's camera in; ``air`` plays out what it took, and during a move that is the one before. The rows
say where to send encoders and viewers. They guard nothing: that is what the recordings' locks do (``folder_lock``).
"""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.media.models import media_process, show_home

NOTIFY_CHANNEL = "tallylight_homes"
STALE_US = 6_000_000
"""A process that has not written its row for so long does not answer."""


class NoSuchProcessError(NotFoundError):
    code = "no_such_process"


class CannotMoveError(ConflictError):
    """The show cannot go there now."""

    code = "cannot_move"


class Home(msgspec.Struct, frozen=True):
    """``wanted``: where it is to go. ``broadcast_id`` and ``air`` while it is on air."""

    show_id: UUID
    home: str
    wanted: str | None
    broadcast_id: UUID | None
    air: str | None


class MediaProcess(msgspec.Struct, frozen=True):
    """One media process as it last said of itself. ``cpu_permille`` of one core; the ports are for its equals."""

    name: str
    process_id: int
    host: str
    http_port: int
    rtmp_port: int
    started_us: int
    beat_us: int
    cpu_permille: int
    draining: bool

    def answers(self, now_us: int) -> bool:
        return now_us - self.beat_us < STALE_US


async def claim_home(connection: AsyncConnection, show_id: UUID, process: str) -> Home:
    """The show's home, which becomes ``process`` if it has none yet."""
    statement = insert(show_home).values(show_id=show_id, home=process).on_conflict_do_nothing()
    await connection.execute(statement)
    row = (await connection.execute(sa.select(show_home).where(show_home.c.show_id == show_id))).one()
    return _home(row)


async def take_home(connection: AsyncConnection, show_id: UUID, process: str, *, after: str) -> bool:
    """Become the home of a show whose home is ``after``: handed over, or dead. False when it is not any more."""
    changed = await connection.execute(
        show_home.update()
        .where(show_home.c.show_id == show_id, show_home.c.home == after)
        .values(home=process, wanted=sa.case((show_home.c.wanted == process, None), else_=show_home.c.wanted))
    )
    if changed.rowcount:
        await _tell(connection)
    return bool(changed.rowcount)


async def note_on_air(connection: AsyncConnection, show_id: UUID, broadcast_id: UUID, process: str) -> None:
    """Viewers find this broadcast at ``process``."""
    values = {"broadcast_id": broadcast_id, "air": process}
    statement = insert(show_home).values(show_id=show_id, home=process, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[show_home.c.show_id], set_=values))
    await _tell(connection)


async def air_handed_over(connection: AsyncConnection, broadcast_id: UUID, process: str) -> None:
    """``process`` has played out what it had of this broadcast."""
    mine = sa.and_(show_home.c.broadcast_id == broadcast_id, show_home.c.air == process)
    await connection.execute(show_home.update().where(mine).values(air=None))
    await _tell(connection)


async def note_off_air(connection: AsyncConnection, broadcast_id: UUID) -> None:
    """The broadcast is over; its show stays at home."""
    over = show_home.update().where(show_home.c.broadcast_id == broadcast_id)
    await connection.execute(over.values(broadcast_id=None, air=None))
    await _tell(connection)


async def ask_move(connection: AsyncConnection, show_id: UUID, to: str, *, now_us: int) -> None:
    """Have the show's home hand it to process ``to``. NoSuchProcessError, CannotMoveError."""
    target = next((one for one in await media_processes(connection) if one.name == to), None)
    if target is None:
        raise NoSuchProcessError("there is no media process of this name")
    if not target.answers(now_us) or target.draining:
        raise CannotMoveError("that media process takes no shows now: it is draining or does not answer")
    row = (
        await connection.execute(sa.select(show_home).where(show_home.c.show_id == show_id).with_for_update())
    ).one_or_none()
    if row is None:
        raise CannotMoveError("the show has not been on air yet: it goes where its encoder arrives")
    if row.broadcast_id is not None and row.air != row.home:
        raise CannotMoveError("the show is being moved already: wait until it has arrived")
    wanted = None if row.home == to else to
    await connection.execute(show_home.update().where(show_home.c.show_id == show_id).values(wanted=wanted))
    await _tell(connection)


async def forget_move(connection: AsyncConnection, show_id: UUID) -> None:
    """The show stays where it is."""
    await connection.execute(show_home.update().where(show_home.c.show_id == show_id).values(wanted=None))


async def homes(connection: AsyncConnection) -> list[Home]:
    """Of the shows that are on air, or are to move."""
    asked = sa.or_(show_home.c.broadcast_id.is_not(None), show_home.c.wanted.is_not(None))
    return [_home(row) for row in await connection.execute(sa.select(show_home).where(asked))]


async def shows_at(connection: AsyncConnection, process: str) -> list[Home]:
    """All whose home is ``process``, on air or not."""
    return [_home(row) for row in await connection.execute(sa.select(show_home).where(show_home.c.home == process))]


async def home_of(connection: AsyncConnection, show_id: UUID) -> Home | None:
    row = (await connection.execute(sa.select(show_home).where(show_home.c.show_id == show_id))).one_or_none()
    return None if row is None else _home(row)


async def media_processes(connection: AsyncConnection) -> list[MediaProcess]:
    """All that ever wrote a row, by name."""
    rows = await connection.execute(sa.select(media_process).order_by(media_process.c.name))
    return [MediaProcess(**row._mapping) for row in rows]


async def note_process(connection: AsyncConnection, process: MediaProcess, *, starts: bool = False) -> None:
    """Write how a process stands. Once it has been told to drain, only its next start takes that back."""
    values = msgspec.structs.asdict(process)
    changes = values if starts else {name: each for name, each in values.items() if name != "draining"}
    statement = insert(media_process).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[media_process.c.name], set_=changes))
    if starts:
        await _tell(connection)


async def drain_process(connection: AsyncConnection, name: str, *, now_us: int) -> None:
    """Have a process hand over all its shows and start afresh. NoSuchProcessError, CannotMoveError."""
    there = {one.name: one for one in await media_processes(connection)}
    if name not in there:
        raise NoSuchProcessError("there is no media process of this name")
    if not any(one.name != name and one.answers(now_us) and not one.draining for one in there.values()):
        raise CannotMoveError(
            "no other media process is up to take its shows: run more than one (TALLYLIGHT_MEDIA_PROCESSES)"
        )
    await connection.execute(media_process.update().where(media_process.c.name == name).values(draining=True))
    await _tell(connection)


def _home(row: sa.Row[tuple[object, ...]]) -> Home:
    return Home(row.show_id, row.home, row.wanted, row.broadcast_id, row.air)


async def _tell(connection: AsyncConnection) -> None:
    await connection.execute(sa.select(sa.func.pg_notify(NOTIFY_CHANNEL, "")))
