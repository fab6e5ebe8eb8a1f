"""A show's source as it is kept: set, switch, remove, read. Each change wakes the media process.

Whoever runs a source compares ``version``: a change by a person makes a new one, and what an older run learns is
nobody's business any more.
"""

import secrets
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.installation_key import installation_key
from tallylight.foundation.sealing import SealBrokenError, seal, unseal
from tallylight.media.models import show_source
from tallylight.media.source.address import read_address

log = structlog.get_logger()

NOTIFY_CHANNEL = "tallylight_sources"
SOURCES_MAX = 64
PASSPHRASE_BYTES = 24
"""In base64: 32 characters, of SRT's 10 to 79."""

Kind = Literal["pull", "srt"]


class NoSrtPortError(ConflictError):
    """No port is left for SRT, or the installation has none."""

    code = "no_srt_port"


class Source(msgspec.Struct, frozen=True):
    """Without its secret. ``problem``: why it was switched off by itself."""

    kind: Kind
    shown: str
    port: int | None
    wanted: bool
    version: int
    problem: str | None


class WantedSource(msgspec.Struct, frozen=True):
    """One that is to run. ``secret``: the whole address of a pull, the passphrase of SRT."""

    show_id: UUID
    kind: Kind
    port: int | None
    version: int
    secret: str

    def __repr__(self) -> str:
        return f"WantedSource({self.show_id}, {self.kind}, version={self.version})"


def sealing_key(data_dir: Path) -> bytes:
    """The installation's key for addresses and passphrases."""
    return installation_key(data_dir, "sources")


async def keep_pull(connection: AsyncConnection, show_id: UUID, url: str, *, sealing_key: bytes) -> Source:
    """Pull the show from ``url``, once it is switched on. InvalidInputError."""
    address = read_address(url)
    return await _keep(connection, show_id, "pull", address.shown, address.url, None, sealing_key)


async def keep_srt(
    connection: AsyncConnection, show_id: UUID, ports: range, *, sealing_key: bytes
) -> tuple[Source, str]:
    """Give the show a port for SRT and a fresh passphrase, which is never shown again. NoSrtPortError."""
    # Two shows must not take one port; the table is small and changed by hand.
    await connection.execute(sa.text("lock table show_source in share row exclusive mode"))
    rows = await connection.execute(sa.select(show_source.c.show_id, show_source.c.port))
    taken = {row.port: row.show_id for row in rows}
    own = next((port for port in ports if taken.get(port) == show_id), None)
    port = own or next((port for port in ports if port not in taken), None)
    if port is None:
        raise NoSrtPortError(
            "every SRT port is taken by a show: remove one, or have more set with TALLYLIGHT_SRT_PORTS"
            if ports
            else "this server takes no SRT: its operator sets TALLYLIGHT_SRT_PORTS"
        )
    passphrase = secrets.token_urlsafe(PASSPHRASE_BYTES)
    return await _keep(connection, show_id, "srt", "SRT", passphrase, port, sealing_key), passphrase


async def switch_source(connection: AsyncConnection, show_id: UUID, *, wanted: bool) -> Source:
    """Start it, or stop it. NotFoundError."""
    values = {"wanted": wanted, "problem": None, "version": show_source.c.version + 1}
    changed = await connection.execute(
        show_source.update().where(show_source.c.show_id == show_id, show_source.c.wanted != wanted).values(values)
    )
    if changed.rowcount:
        await _tell(connection, show_id)
    source = await source_of(connection, show_id)
    if source is None:
        raise NotFoundError("the show has no source")
    return source


async def stop_source(connection: AsyncConnection, show_id: UUID) -> None:
    """The show is over: its source stops too, if it has one that runs."""
    if await source_of(connection, show_id) is not None:
        await switch_source(connection, show_id, wanted=False)


async def source_is_over(connection: AsyncConnection, show_id: UUID, version: int, problem: str | None) -> None:
    """A run has come to its end by itself and would not do better again."""
    await connection.execute(
        show_source.update()
        .where(show_source.c.show_id == show_id, show_source.c.version == version)
        .values(wanted=False, problem=problem, version=version + 1)
    )


async def remove_source(connection: AsyncConnection, show_id: UUID) -> None:
    """Forget it with its secret. NotFoundError."""
    gone = await connection.execute(show_source.delete().where(show_source.c.show_id == show_id))
    if not gone.rowcount:
        raise NotFoundError("the show has no source")
    await _tell(connection, show_id)


async def source_of(connection: AsyncConnection, show_id: UUID) -> Source | None:
    table = show_source.c
    row = (
        await connection.execute(
            sa.select(table.kind, table.shown, table.port, table.wanted, table.version, table.problem).where(
                table.show_id == show_id
            )
        )
    ).one_or_none()
    return None if row is None else Source(*row)


async def is_wanted(connection: AsyncConnection, show_id: UUID, version: int) -> bool:
    """Whether this very source is still to run."""
    table = show_source.c
    asked = sa.select(table.wanted).where(table.show_id == show_id, table.version == version)
    return bool(await connection.scalar(asked))


async def wanted_sources(connection: AsyncConnection, sealing_key: bytes) -> list[WantedSource]:
    """Those that are to run now. One whose secret cannot be opened is left out, and logged."""
    rows = await connection.execute(
        show_source.select().where(show_source.c.wanted).order_by(show_source.c.show_id).limit(SOURCES_MAX)
    )
    found = []
    for row in rows:
        try:
            secret = unseal(sealing_key, row.secret_sealed, str(row.show_id))
        except SealBrokenError:
            log.error("a source's secret cannot be opened", show_id=str(row.show_id))
            continue
        found.append(WantedSource(row.show_id, row.kind, row.port, row.version, secret))
    return found


async def _keep(
    connection: AsyncConnection, show_id: UUID, kind: Kind, shown: str, secret: str, port: int | None, key: bytes
) -> Source:
    values = {
        "kind": kind, "shown": shown, "port": port, "wanted": False, "problem": None,
        "secret_sealed": seal(key, secret, str(show_id)),
    }  # fmt: skip
    statement = insert(show_source).values(show_id=show_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[show_source.c.show_id], set_=values | {"version": show_source.c.version + 1}
        )
    )
    await _tell(connection, show_id)
    source = await source_of(connection, show_id)
    assert source is not None
    return source


async def _tell(connection: AsyncConnection, show_id: UUID) -> None:
    await connection.execute(sa.select(sa.func.pg_notify(NOTIFY_CHANNEL, str(show_id))))
