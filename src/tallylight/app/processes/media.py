"""The media process: RTMP in, delay gate, HLS out. Blocking ``run`` returns after SIGTERM or SIGINT."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import structlog
import uvicorn
import uvloop

from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.flows.air_broadcast.keep_sources import SourceKeeper
from tallylight.app.flows.air_broadcast.listen import listen
from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.record_of_air import RecordOfAir
from tallylight.app.flows.air_broadcast.take_commands import CommandListener
from tallylight.app.flows.air_broadcast.take_up_left_open import take_up_left_open
from tallylight.app.processes.open_rtmp import certificate_of, keep_fresh, open_rtmp
from tallylight.app.trusted_networks import trusted_networks
from tallylight.foundation.clock import SteadyClock, SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError, UnavailableError
from tallylight.foundation.garbage import collect_rarely
from tallylight.foundation.settings import Settings
from tallylight.media.origin import Origin, OriginDirectory
from tallylight.media.preview_token import preview_key
from tallylight.media.publish_token import publish_key
from tallylight.media.relay.destinations import NOTIFY_CHANNEL as DESTINATIONS_CHANNEL
from tallylight.media.relay.destinations import sealing_key
from tallylight.media.rtmp_server import RtmpServer
from tallylight.media.source.sources import NOTIFY_CHANNEL as SOURCES_CHANNEL
from tallylight.media.source.sources import sealing_key as sources_key
from tallylight.media.store.open_store import open_store
from tallylight.media.stream_address import media_base_url
from tallylight.media.whip.door import WhipDoor

log = structlog.get_logger()

HTTP_CONNECTIONS_MAX = 20_000
_GRACE_S = 2
_JOURNAL_GRACE_S = 5


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    collect_rarely()
    uvloop.run(serve(settings))


async def serve(settings: Settings, ready: asyncio.Event | None = None, stop: asyncio.Event | None = None) -> None:
    """``ready`` is set when both ports listen; setting ``stop`` does what SIGTERM does."""
    if settings.database_url is None:
        raise InvalidInputError("the media process needs DATABASE_URL; tallylight serve sets it")
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    settings.recordings_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url, pool_size=4, application_name="tallylight media")
    clock = SteadyClock(SystemClock())
    directory = OriginDirectory(clock, settings.recordings_dir, preview_key(settings.data_dir))
    journal = Journal(database)
    media_url = media_base_url(settings)
    put = open_store(settings)
    desk = MediaDesk(
        database, clock, RecordOfAir(journal, media_url, settings.store_public_url if put else None), directory,
        recordings_dir=settings.recordings_dir, speech_socket=settings.speech_socket,
        sealing_key=sealing_key(settings.data_dir), publish_key=publish_key(settings.data_dir),
        put=put,
    )  # fmt: skip
    sources = SourceKeeper(
        database, desk, journal,
        sealing_key=sources_key(settings.data_dir),
        networks=trusted_networks(settings.source_networks, "TALLYLIGHT_SOURCE_NETWORKS"),
        files_dir=settings.source_files_dir, host=settings.host,
    )  # fmt: skip
    await take_up_left_open(database, settings.recordings_dir, media_url, desk, clock)
    rtmp = RtmpServer(desk.authorise)
    certificate = certificate_of(settings)
    whip = WhipDoor(desk.authorise_token, Origin(directory))
    http = _HttpServer(settings, whip)
    commands = CommandListener(database, desk.on_air)
    destinations = listen(database, DESTINATIONS_CHANNEL, desk.read_destinations)
    works = (journal.run(), desk.run(), commands.run(), destinations, keep_fresh(certificate), sources.run())
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await http.start()
        try:
            await open_rtmp(rtmp, settings, certificate)
        except OSError as error:
            raise UnavailableError(f"a port for RTMP cannot be opened: {error.strerror}") from error
        tasks.append(asyncio.create_task(listen(database, SOURCES_CHANNEL, sources.read)))
        log.info("media is up", rtmp_port=settings.rtmp_port, media_port=settings.media_port)
        if ready is not None:
            ready.set()
        await stop.wait()
    finally:
        try:
            whip.close()
            await sources.close()
            await rtmp.close()
            await desk.close()
            await journal.drained(_JOURNAL_GRACE_S)
            await http.stop()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()


def origin_config(application: Origin | WhipDoor, host: str, port: int) -> uvicorn.Config:
    """How the origin is served."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        server_header=False,
        limit_concurrency=HTTP_CONNECTIONS_MAX,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_S,
    )


class _HttpServer(uvicorn.Server):
    """uvicorn beside others on one loop: it leaves signals to the process and says when it cannot listen."""

    def __init__(self, settings: Settings, application: WhipDoor) -> None:
        super().__init__(origin_config(application, settings.host, settings.media_port))
        self._port = settings.media_port
        self._serving: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def main_loop(self) -> None:
        """uvicorn's own looks ten times a second whether it is to stop; the date in its answers needs one."""
        seconds = 0
        while not await self.on_tick(seconds * 10):
            seconds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def start(self) -> None:
        """Return when the port listens; UnavailableError when it cannot."""
        self._serving = asyncio.create_task(self._serve_or_say())
        while not self.started:
            if self._serving.done():
                raise UnavailableError(f"port {self._port} for media cannot be opened: is another program on it?")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.should_exit = True
        self._stopping.set()
        if self._serving is not None:
            await asyncio.wait((self._serving,), timeout=_GRACE_S + 3)

    async def _serve_or_say(self) -> None:
        # uvicorn calls sys.exit when it cannot bind; in a task that must not end the loop.
        with contextlib.suppress(SystemExit):
            await self.serve()
