"""The speech process's door: a unix socket on which the media process opens one connection a broadcast."""

import asyncio
from pathlib import Path

import msgspec
import structlog

from tallylight.app.flows.withhold_speech.review_broadcast import BroadcastReview
from tallylight.app.review_link import FromMedia, Hello
from tallylight.compliance.facts import FactsProvider
from tallylight.foundation.database import Database
from tallylight.foundation.errors import TallyError
from tallylight.foundation.wire import FRAME_BYTES_MAX, FrameTooLargeError, read_frame
from tallylight.speech.recogniser import QueueFullError, Recogniser, RecogniserFailedError

log = structlog.get_logger()

_HELLO_TIMEOUT_S = 10
_decoder = msgspec.msgpack.Decoder(FromMedia)
_ENDINGS = (
    asyncio.IncompleteReadError,
    ConnectionError,
    msgspec.DecodeError,
    FrameTooLargeError,
    QueueFullError,
    RecogniserFailedError,
    TallyError,
)


class ReviewServer:
    """Accepts review links; each is reviewed on its own, and one that fails ends alone."""

    def __init__(self, socket: Path, database: Database, facts: FactsProvider, recogniser: Recogniser) -> None:
        self._socket = socket
        self._database = database
        self._facts = facts
        self._recogniser = recogniser
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; a socket that a killed process left behind is removed. Only this user may connect."""
        self._socket.parent.mkdir(parents=True, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._link, self._socket, limit=FRAME_BYTES_MAX)
        self._socket.chmod(0o600)

    async def close(self) -> None:
        """Stop listening and end every link; what was not judged stays unjudged."""
        if self._server is not None:
            self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)
        self._socket.unlink(missing_ok=True)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            hello = await asyncio.wait_for(read_frame(reader, _decoder), _HELLO_TIMEOUT_S)
            if not isinstance(hello, Hello):
                log.warning("a review link did not say hello")
                return
            log.info("review link opened", broadcast_id=str(hello.broadcast_id))
            review = BroadcastReview(hello, reader, writer, self._database, self._facts, self._recogniser)
            await review.run()
            log.info("review link finished", broadcast_id=str(hello.broadcast_id))
        except* (TimeoutError, *_ENDINGS) as errors:
            log.info("review link ended", kinds=sorted({type(error).__name__ for error in errors.exceptions}))
        except* asyncio.CancelledError:
            pass
        finally:
            self._links.discard(task)
            writer.close()
