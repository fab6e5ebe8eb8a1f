"""The media process: RTMP in, delay gate, HLS out. Blocking ``run`` returns after SIGTERM or SIGINT."""

import asyncio
import os
import signal

import structlog
import uvloop

from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.flows.air_broadcast.keep_homes import HomeKeeper
from tallylight.app.flows.air_broadcast.keep_sources import SourceKeeper
from tallylight.app.flows.air_broadcast.listen import listen
from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.record_of_air import RecordOfAir
from tallylight.app.flows.air_broadcast.take_commands import CommandListener
from tallylight.app.flows.air_broadcast.take_up_left_open import LeftOpen
from tallylight.app.processes.child import RENEW_EXIT_CODE
from tallylight.app.processes.media_http import OWN_HOST, MediaHttp
from tallylight.app.processes.open_rtmp import certificate_of, keep_fresh, open_rtmp, port_file
from tallylight.app.trusted_networks import trusted_networks
from tallylight.foundation.clock import Clock, SteadyClock, SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError, UnavailableError
from tallylight.foundation.garbage import collect_rarely
from tallylight.foundation.settings import Settings
from tallylight.media.forward_door import ForwardDoor
from tallylight.media.homes import NOTIFY_CHANNEL as HOMES_CHANNEL
from tallylight.media.homes import MediaProcess
from tallylight.media.origin import Origin, OriginDirectory
from tallylight.media.peers import Peers
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
from tallylight.media.whip.ice import ice_servers

log = structlog.get_logger()

_JOURNAL_GRACE_S = 5


def run(settings: Settings) -> None:
    """Serve until told to stop. SystemExit with RENEW_EXIT_CODE when it has handed over all its shows."""
    collect_rarely()
    if uvloop.run(serve(settings)):
        raise SystemExit(RENEW_EXIT_CODE)


async def serve(settings: Settings, ready: asyncio.Event | None = None, stop: asyncio.Event | None = None) -> bool:
    """``ready`` is set when all ports listen; setting ``stop`` does what SIGTERM does. True when it ends because it was
    told to hand over its shows and has.
    """
    if settings.database_url is None:
        raise InvalidInputError("the media process needs DATABASE_URL; tallylight serve sets it")
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    settings.recordings_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url, pool_size=4, application_name=f"tallylight {settings.media_name}")
    clock = SteadyClock(SystemClock())
    directory = OriginDirectory(clock, settings.recordings_dir, preview_key(settings.data_dir))
    journal = Journal(database)
    peers = Peers(settings.media_name)
    media_url = media_base_url(settings)
    put = open_store(settings)
    record = RecordOfAir(journal, media_url, settings.store_public_url if put else None, process=settings.media_name)
    desk = MediaDesk(
        database, clock, record, directory,
        recordings_dir=settings.recordings_dir, speech_socket=settings.speech_socket,
        sealing_key=sealing_key(settings.data_dir), publish_key=publish_key(settings.data_dir),
        put=put, peers=peers,
    )  # fmt: skip
    left_open = LeftOpen(database, settings.recordings_dir, media_url, desk, clock)
    desk.take_up_left_open = left_open.take_up
    sources = SourceKeeper(
        database, desk, journal,
        sealing_key=sources_key(settings.data_dir),
        networks=trusted_networks(settings.source_networks, "TALLYLIGHT_SOURCE_NETWORKS"),
        files_dir=settings.source_files_dir, host=settings.host, peers=peers, clock=clock,
    )  # fmt: skip
    await left_open.take_up()
    rtmp, sent_on = RtmpServer(desk.authorise), RtmpServer(desk.authorise_sent_on)
    certificate = certificate_of(settings)
    ice_servers(settings, clock.now_us())  # raises when they are named wrong
    origin = Origin(directory)
    whip = WhipDoor(desk.authorise_token, origin, peers=peers, servers=lambda: ice_servers(settings, clock.now_us()))
    whip.forward = door = ForwardDoor(whip, directory, peers)
    http = MediaHttp(settings, door, origin.at_once)
    homes = HomeKeeper(
        database, desk, left_open, peers, clock,
        listen=rtmp.listen, homes_changed=sources.read,
    )  # fmt: skip
    commands = CommandListener(database, desk.on_air)
    destinations = listen(database, DESTINATIONS_CHANNEL, desk.read_destinations)
    works = (journal.run(), desk.run(), commands.run(), destinations, keep_fresh(certificate), sources.run())
    tasks = [asyncio.create_task(work) for work in works]
    try:
        door.own_port = await http.start()
        await sent_on.start(OWN_HOST, 0)
        await homes.begin(_me(settings, clock, door.own_port, sent_on.port))
        try:
            await open_rtmp(rtmp, settings, certificate)
        except OSError as error:
            raise UnavailableError(f"a port for RTMP cannot be opened: {error.strerror}") from error
        port_file(settings, settings.media_name).write_text(str(sent_on.port))
        tasks += [
            asyncio.create_task(homes.run()),
            asyncio.create_task(listen(database, HOMES_CHANNEL, homes.read)),
            asyncio.create_task(listen(database, SOURCES_CHANNEL, sources.read)),
        ]
        log.info("media is up", rtmp_port=settings.rtmp_port, media_port=settings.media_port)
        if ready is not None:
            ready.set()
        return await _either(stop, homes.drained)
    finally:
        try:
            await left_open.close()
            whip.close()
            await sources.close()
            await rtmp.close()
            await sent_on.close()
            await desk.close()
            await journal.drained(_JOURNAL_GRACE_S)
            await http.stop()
            await door.close()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()


async def _either(stop: asyncio.Event, drained: asyncio.Event) -> bool:
    """Wait for one of the two; True when it was not ``stop``."""
    waiting = [asyncio.create_task(each.wait()) for each in (stop, drained)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return not stop.is_set()


def _me(settings: Settings, clock: Clock, http_port: int, rtmp_port: int) -> MediaProcess:
    now_us = clock.now_us()
    return MediaProcess(
        settings.media_name, os.getpid(), OWN_HOST, http_port, rtmp_port, now_us, now_us, cpu_permille=0, draining=False
    )
