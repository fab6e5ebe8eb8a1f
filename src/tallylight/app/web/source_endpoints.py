"""Where a show comes from when no encoder of its own brings it: the control room sets, starts and stops it."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import delete, get, patch, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.air_broadcast.keep_sources import SourceStatus
from tallylight.app.services import Services
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.media.source.ports import read_ports
from tallylight.media.source.sources import (
    Source,
    keep_pull,
    keep_srt,
    remove_source,
    sealing_key,
    source_of,
    switch_source,
)
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import show_by

SILENT_US = 5 * MICROSECONDS
"""The media process reports every second; after this long without a word the source does not run."""


class SourceView(msgspec.Struct, frozen=True):
    """``shown`` holds nothing secret. ``status``: None while it does not run. ``passphrase``: only when just made."""

    kind: Literal["pull", "srt"]
    shown: str
    port: int | None
    wanted: bool
    problem: str | None
    status: SourceStatus | None
    passphrase: str | None = None


class SourceAnswer(msgspec.Struct):
    """``srt``: whether this server takes SRT at all."""

    source: SourceView | None
    srt: bool


class SourcePut(msgspec.Struct):
    """``url``: of a pull; kept sealed, for it may hold a password."""

    kind: Literal["pull", "srt"]
    url: str | None = None


class SourceSwitch(msgspec.Struct):
    wanted: bool


@get("/api/control/shows/{show_id:uuid}/source")
async def view_source(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> SourceAnswer:
    """The show's source, and how it stands."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id)
        source = await source_of(connection, show.id)
    return _answer(services, show_id, source)


@put("/api/control/shows/{show_id:uuid}/source")
async def put_source(
    show_id: FromPath[UUID], data: JSONBody[SourcePut], staff: SignedIn, services: Wired
) -> SourceAnswer:
    """Set it; it is off until it is started. SRT gets a port and a fresh passphrase. 409 ``no_srt_port``."""
    key = sealing_key(services.settings.data_dir)
    passphrase = None
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        if data.kind == "pull":
            if not data.url:
                raise InvalidInputError("give the address to pull from", field="url")
            source = await keep_pull(connection, show_id, data.url, sealing_key=key)
        else:
            ports = read_ports(services.settings.srt_ports)
            source, passphrase = await keep_srt(connection, show_id, ports, sealing_key=key)
    return _answer(services, show_id, source, passphrase)


@patch("/api/control/shows/{show_id:uuid}/source")
async def patch_source(
    show_id: FromPath[UUID], data: JSONBody[SourceSwitch], staff: SignedIn, services: Wired
) -> SourceAnswer:
    """Start it, which puts the show on air, or stop it. Ending the show stops it too."""
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        source = await switch_source(connection, show_id, wanted=data.wanted)
    return _answer(services, show_id, source)


@delete("/api/control/shows/{show_id:uuid}/source", status_code=204)
async def delete_source(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> None:
    """Stop it and forget its address and secrets."""
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        await remove_source(connection, show_id)


async def _require_producer(connection: AsyncConnection, show_id: UUID, staff: Staff) -> None:
    show = await show_by(connection, show_id)
    require_role(staff, show.shop_id, "producer")


def _answer(services: Services, show_id: UUID, source: Source | None, passphrase: str | None = None) -> SourceAnswer:
    srt = bool(read_ports(services.settings.srt_ports))
    if source is None:
        return SourceAnswer(None, srt)
    told = services.delivery.last_told(f"control:{show_id}", "source") if source.wanted else None
    fresh = told is not None and services.clock.now_us() - told[1] <= SILENT_US
    status = msgspec.convert(told[0], SourceStatus) if told is not None and fresh else None
    view = SourceView(source.kind, source.shown, source.port, source.wanted, source.problem, status, passphrase)
    return SourceAnswer(view, srt)


HANDLERS = [view_source, put_source, patch_source, delete_source]
