"""The destinations of a show, as they are kept: add, switch, remove, list. Each change wakes the media process."""

from pathlib import Path
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.installation_key import installation_key
from tallylight.foundation.sealing import SealBrokenError, seal, unseal
from tallylight.media.models import relay_destination
from tallylight.media.relay.relays import DESTINATIONS_MAX
from tallylight.media.relay.target import Target, read_target

log = structlog.get_logger()

NOTIFY_CHANNEL = "tallylight_destinations"
NAME_CHARS_MAX = 60


class TooManyDestinationsError(ConflictError):
    """The show has as many destinations as one may have."""

    code = "too_many_destinations"


class Destination(msgspec.Struct, frozen=True):
    """One destination without its key, which is never shown again."""

    id: UUID
    name: str
    server: str
    enabled: bool


def sealing_key(data_dir: Path) -> bytes:
    """The installation's key for stream keys of other platforms."""
    return installation_key(data_dir, "destinations")


async def add_destination(
    connection: AsyncConnection, show_id: UUID, *, name: str, server: str, key: str, sealing_key: bytes
) -> Destination:
    """Raises InvalidInputError, TooManyDestinationsError."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise InvalidInputError(f"a destination has a name of 1 to {NAME_CHARS_MAX} characters", field="name")
    target = read_target(server, key)
    count = sa.select(sa.func.count()).where(relay_destination.c.show_id == show_id)
    if (await connection.scalar(count) or 0) >= DESTINATIONS_MAX:
        raise TooManyDestinationsError(f"a show has at most {DESTINATIONS_MAX} destinations: remove one first")
    made = Destination(new_id(), name, target.server, enabled=True)
    await connection.execute(
        relay_destination.insert().values(
            id=made.id, show_id=show_id, name=name, server=target.server, enabled=True,
            key_sealed=seal(sealing_key, target.key, str(made.id)),
        )
    )  # fmt: skip
    await _tell(connection, show_id)
    return made


async def switch_destination(
    connection: AsyncConnection, show_id: UUID, destination_id: UUID, *, enabled: bool
) -> None:
    """Send there, or stop sending. NotFoundError."""
    changed = await connection.execute(
        relay_destination.update()
        .where(relay_destination.c.id == destination_id, relay_destination.c.show_id == show_id)
        .values(enabled=enabled)
    )
    await _changed(connection, show_id, changed.rowcount)


async def remove_destination(connection: AsyncConnection, show_id: UUID, destination_id: UUID) -> None:
    """Forget it with its key. NotFoundError."""
    gone = await connection.execute(
        relay_destination.delete().where(
            relay_destination.c.id == destination_id, relay_destination.c.show_id == show_id
        )
    )
    await _changed(connection, show_id, gone.rowcount)


async def destinations_of(connection: AsyncConnection, show_id: UUID) -> list[Destination]:
    """In the order in which they were added."""
    table = relay_destination.c
    rows = await connection.execute(
        sa.select(table.id, table.name, table.server, table.enabled).where(table.show_id == show_id).order_by(table.id)
    )
    return [Destination(*row) for row in rows]


async def targets_of(connection: AsyncConnection, show_id: UUID, sealing_key: bytes) -> dict[UUID, Target]:
    """Where the show is to be sent now. One whose key cannot be opened is left out, and logged."""
    table = relay_destination.c
    rows = await connection.execute(
        sa.select(table.id, table.server, table.key_sealed)
        .where(table.show_id == show_id, table.enabled)
        .order_by(table.id)
    )
    targets = {}
    for row in rows:
        try:
            targets[row.id] = read_target(row.server, unseal(sealing_key, row.key_sealed, str(row.id)))
        except (SealBrokenError, InvalidInputError):
            log.error("a destination's key cannot be opened", destination_id=str(row.id))
    return targets


async def _changed(connection: AsyncConnection, show_id: UUID, rows: int) -> None:
    if not rows:
        raise NotFoundError("there is no such destination")
    await _tell(connection, show_id)


async def _tell(connection: AsyncConnection, show_id: UUID) -> None:
    await connection.execute(sa.select(sa.func.pg_notify(NOTIFY_CHANNEL, str(show_id))))
