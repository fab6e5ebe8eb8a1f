"""The demo's host and producer, one process: pushes the show and fires its cues, loop after loop.

Every time a push begins, the show begins: what an earlier push left open is ended, each loop gets its flash deal
and full shelves, and the cues follow the host's lines. A broken connection is tried again, slower each time.
"""

import asyncio
import threading

import httpx
import structlog

from tallylight.app.demo import cast
from tallylight.app.demo.flash_deal import Shelf, end_open_deals, full_shelves, prepare_deal, restock
from tallylight.app.demo.offers import open_first_buyers
from tallylight.app.demo.producer import Producer
from tallylight.app.demo.push_show import PushError, push_show
from tallylight.app.demo.timeline import SHOW_FILE, read_timeline
from tallylight.app.demo.until_told import local_host, run_until_told, web_base
from tallylight.catalogue.queries import products_of_shop
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import CueId, PersonId, ProductId, ShopId, ShowId
from tallylight.foundation.settings import Settings
from tallylight.members.open_session import open_session
from tallylight.members.queries import person_by_email
from tallylight.members.stream_keys import issue_stream_key
from tallylight.shows.point_cue import point_cue
from tallylight.shows.queries import cues_of, show_by

RETRY_S_FIRST, RETRY_S_MAX = 0.5, 15.0

_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Blocking; returns after SIGTERM or SIGINT. The demo must have been planted (``seed``)."""
    run_until_told(lambda: _host(settings))


async def _host(settings: Settings) -> None:
    assert settings.database_url is not None
    database = Database(settings.database_url, pool_size=2, application_name="tallylight demo host")
    try:
        async with httpx.AsyncClient(base_url=web_base(settings), trust_env=False) as client:
            stage = Stage(database)
            producer, stream_key = await stage.enter(client)
            url = f"rtmp://{local_host(settings)}:{settings.rtmp_port}/live/{stream_key}"
            await _push_forever(stage, producer, url)
    finally:
        await database.close()


class Stage:
    """What the host's side does in the database between loops."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock = SystemClock()
        self._shelves: list[Shelf] = []

    async def enter(self, client: httpx.AsyncClient) -> tuple[Producer, str]:
        """Find the planted show; a signed-in producer and a fresh stream key. NotFoundError when nothing is planted."""
        async with self._database.transaction() as connection:
            show = await show_by(connection, cast.SHOW_SLUG)
            person = await person_by_email(connection, cast.PRODUCER)
            if person is None:
                raise NotFoundError("the demo is not planted; start it with: tallylight demo")
            cues = await cues_of(connection, show.id)
            products = await products_of_shop(connection, show.shop_id)
            token = await open_session(connection, person.id, self._clock)
            key = await issue_stream_key(connection, show.shop_id, show.id)
        self._shop_id: ShopId = show.shop_id
        self._show_id: ShowId = show.id
        self._person_id: PersonId = person.id
        self._product_id = next(ProductId(each.id) for each in products if each.handle == cast.DEAL_PRODUCT)
        self._first_product_id = next(each.id for each in products if each.handle == cast.FIRST_PRODUCT)
        by_label = {cue.label: cue.id for cue in cues}
        ids = {name: by_label[label] for name, (_, label, _) in cast.CUES.items() if label in by_label}
        self._deal_cue: CueId = ids["deal-serum"]
        self._shelves = await asyncio.to_thread(full_shelves)
        return Producer(client, token, show.id, ids), key.text

    async def set_loop(self, *, began_anew: bool) -> None:
        """Make ready for a loop: an agreed flash deal behind its cue, one for who is quick, full shelves."""
        async with self._database.transaction() as connection:
            now_us = self._clock.now_us()
            if began_anew:
                await end_open_deals(connection, self._shop_id, now_us)
            await open_first_buyers(connection, self._shop_id, self._first_product_id, self._person_id, now_us)
            await restock(connection, self._shop_id, self._shelves, now_us)
            deal_id = await prepare_deal(connection, self._shop_id, self._product_id, self._person_id, now_us)
            await point_cue(connection, self._show_id, self._deal_cue, deal_id)


async def _push_forever(stage: Stage, producer: Producer, url: str) -> None:
    retry_s = RETRY_S_FIRST
    while True:
        ran = await _push_once(stage, producer, url)
        retry_s = RETRY_S_FIRST if ran else min(retry_s * 2, RETRY_S_MAX)
        await asyncio.sleep(retry_s)


async def _push_once(stage: Stage, producer: Producer, url: str) -> bool:
    """Push until the connection ends, with the cues beside it; whether the show began at all."""
    timeline = read_timeline()
    loop = asyncio.get_running_loop()
    begun: asyncio.Queue[float] = asyncio.Queue()
    stop = threading.Event()
    loops = 0

    def loop_begins(at_s: float) -> None:
        loop.call_soon_threadsafe(begun.put_nowait, at_s)

    async def follow() -> None:
        nonlocal loops
        while True:
            began_s = await begun.get()
            try:
                await stage.set_loop(began_anew=loops == 0)
            except Exception:
                _log.warning("the loop's deal could not be prepared", exc_info=True)
            loops += 1
            await producer.follow(timeline, began_s)

    following = asyncio.create_task(follow(), name="follow the script")
    pushing = asyncio.create_task(
        asyncio.to_thread(push_show, url, SHOW_FILE, timeline, stop, loop_begins),
        name="push the show",
    )
    try:
        done, _ = await asyncio.wait({pushing, following}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except PushError as error:
        _log.info("the push ended and will be tried again", reason=str(error))
    finally:
        stop.set()
        following.cancel()
        await asyncio.gather(following, pushing, return_exceptions=True)
    return loops > 0
