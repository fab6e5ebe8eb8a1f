"""The media processes as people see them: with the titles of the shows that each carries."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId
from tallylight.media.homes import Home, MediaProcess, homes, media_processes
from tallylight.shows.models import show


class CarriedShow(msgspec.Struct, frozen=True):
    """A show on air. ``moving_to``: where it goes, or is just arriving from another process."""

    id: UUID
    title: str
    moving_to: str | None


class ProcessStatus(msgspec.Struct, frozen=True):
    """``cpu_permille`` of one core over the last seconds. ``others``: shows on air that the asker may not see."""

    name: str
    state: Literal["up", "draining", "silent"]
    cpu_permille: int
    started_us: int
    shows: list[CarriedShow]
    others: int


async def media_overview(
    connection: AsyncConnection, *, now_us: int, may_see: Callable[[ShopId], bool] = lambda _: True
) -> list[ProcessStatus]:
    """All media processes by name. A show that moves is listed where its camera is."""
    on_air = [home for home in await homes(connection) if home.broadcast_id is not None]
    named = sa.select(show.c.id, show.c.title, show.c.shop_id).where(show.c.id.in_([home.show_id for home in on_air]))
    titles = {row.id: row.title for row in await connection.execute(named) if may_see(ShopId(row.shop_id))}
    return [_status(process, on_air, titles, now_us) for process in await media_processes(connection)]


def _status(process: MediaProcess, on_air: list[Home], titles: dict[UUID, str], now_us: int) -> ProcessStatus:
    mine = [home for home in on_air if home.home == process.name]
    known = [home for home in mine if home.show_id in titles]
    shown = [CarriedShow(home.show_id, titles[home.show_id], _moving_to(home)) for home in known]
    state: Literal["up", "draining", "silent"] = "draining" if process.draining else "up"
    return ProcessStatus(
        process.name,
        state if process.answers(now_us) else "silent",
        process.cpu_permille,
        process.started_us,
        shown,
        len(mine) - len(shown),
    )


def _moving_to(home: Home) -> str | None:
    return home.wanted or (home.home if home.air != home.home else None)
