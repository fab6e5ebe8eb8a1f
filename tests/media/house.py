"""The whole media process in a test: database, both ports, a speech desk, a show with its stream key."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import sqlalchemy as sa

from tallylight.app.processes.media import serve
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShopId, ShowId, new_id
from tallylight.foundation.settings import Settings
from tallylight.media.stream_address import live_path, stream_address_of
from tallylight.members.models import shop
from tallylight.members.stream_keys import issue_stream_key
from tallylight.shows.models import broadcast, show
from tests.media.speech_desk import SpeechDesk
from tests.support.postgres import free_port

T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again until the answer is true; the test's own time limit ends it."""
    while not (answer := await ask()):  # noqa: ASYNC110 - another process decides
        await asyncio.sleep(0.02)
    return answer


@dataclass
class House:
    """``rtmp_url`` with the key; ``http`` on the media port."""

    settings: Settings
    database: Database
    show_id: ShowId
    stream_key: str
    speech: SpeechDesk
    http: httpx.AsyncClient
    process: asyncio.Task[bool]
    stop: asyncio.Event

    @property
    def server(self) -> str:
        return f"rtmp://127.0.0.1:{self.settings.rtmp_port}/live"

    @property
    def rtmp_url(self) -> str:
        return f"{self.server}/{self.stream_key}"

    async def broadcast_ids(self) -> list[UUID]:
        async with self.database.transaction() as connection:
            return list(await connection.scalars(sa.select(broadcast.c.id).order_by(broadcast.c.started_us)))

    async def base(self) -> str:
        """The folder of live URLs of the broadcast on air, once it exists."""
        ids = await until(self.broadcast_ids)
        async with self.database.transaction() as connection:
            token = await stream_address_of(connection, ids[-1])
        assert token is not None
        return live_path(ids[-1], token).rpartition("/")[0]

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            return [dict(row._mapping) for row in await connection.execute(sa.select(table))]


async def make_show(database: Database, *, delay_ms: int, fail_open: bool = False) -> tuple[ShowId, str]:
    """A shop with one show; the show's id and its stream key."""
    shop_id, show_id = ShopId(new_id()), ShowId(new_id())
    async with database.transaction() as connection:
        await connection.execute(shop.insert().values(id=shop_id, slug="glow", name="Glow", currency="USD"))
        await connection.execute(
            show.insert().values(
                id=show_id, shop_id=shop_id, slug="evening", title="Evening", host_name="Ada", delay_ms=delay_ms,
                fail_open=fail_open,
            )
        )  # fmt: skip
        return show_id, (await issue_stream_key(connection, shop_id, show_id)).text


@asynccontextmanager
async def open_house(
    database: Database, folder: Path, *, delay_ms: int = 1_000, fail_open: bool = False, **more: Any
) -> AsyncIterator[House]:
    """A running media process whose show has this delay. ``more``: further settings."""
    settings = Settings(
        data_dir=folder, database_url=database.url, media_port=free_port(), rtmp_port=free_port(), web_port=free_port(),
        **more,
    )  # fmt: skip
    show_id, key = await make_show(database, delay_ms=delay_ms, fail_open=fail_open)
    settings.run_dir.mkdir(parents=True)
    speech = SpeechDesk(settings.speech_socket)
    await speech.start()
    ready, stop = asyncio.Event(), asyncio.Event()
    process = asyncio.create_task(serve(settings, ready, stop))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((process, waiting), return_when=asyncio.FIRST_COMPLETED)
    if process.done():
        process.result()
    base_url = f"http://127.0.0.1:{settings.media_port}"
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=30) as http:
        house = House(settings, database, show_id, key, speech, http, process, stop)
        try:
            yield house
        finally:
            stop.set()
            await house.process
            await speech.kill()
