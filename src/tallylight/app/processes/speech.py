"""The speech process: the recogniser and the judge behind a unix socket. Blocking ``run`` returns after SIGTERM."""

import asyncio
import os
import signal

import structlog
import uvloop

from tallylight.app.flows.live_facts import ShopFacts
from tallylight.app.flows.withhold_speech.serve_reviews import ReviewServer
from tallylight.compliance.pack import load_pack
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings

log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    # Idle threads of the recogniser's arithmetic sleep instead of spinning, and no model hub is asked for anything.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    uvloop.run(serve(settings))


async def serve(settings: Settings, ready: asyncio.Event | None = None, stop: asyncio.Event | None = None) -> None:
    """``ready`` is set when the socket listens; setting ``stop`` does what SIGTERM does."""
    if settings.database_url is None:
        raise InvalidInputError("the speech process needs DATABASE_URL; tallylight serve sets it")
    from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
    from tallylight.speech.threaded_recogniser import ThreadedRecogniser
    from tallylight.speech.voice_activity import SileroVoiceActivity

    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _ = load_pack("us-en").meaning  # The pack and its model now, not while the first words wait to be judged.
    engine = await asyncio.to_thread(FasterWhisperEngine, settings.speech_model, threads=settings.speech_threads)
    database = Database(settings.database_url, pool_size=4, application_name="tallylight speech")
    recogniser = ThreadedRecogniser(engine, SileroVoiceActivity)
    server = ReviewServer(settings.speech_socket, database, ShopFacts(database), recogniser)
    try:
        await server.start()
        log.info("speech is up", model=settings.speech_model, threads=settings.speech_threads)
        if ready is not None:
            ready.set()
        await stop.wait()
    finally:
        await server.close()
        await asyncio.to_thread(recogniser.close)
        await database.close()
