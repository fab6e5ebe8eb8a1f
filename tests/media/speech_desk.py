"""A speech process for tests: the real wire on a real socket, judging as the test says."""

import asyncio
from pathlib import Path

import msgspec

from tallylight.app.review_link import Break, Bye, FromMedia, FromSpeech, Hello, Pcm, Watermark
from tallylight.foundation.wire import encode_frame, read_frame

_decoder = msgspec.msgpack.Decoder(FromMedia)


class SpeechDesk:
    """Judges sound as it comes while ``judging``; remembers what it heard."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.judging = True
        self.heard: list[Hello | Pcm | Break | Bye] = []
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.socket)

    async def kill(self) -> None:
        """Gone at once, connections and all, as a crash leaves it."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self.socket.unlink(missing_ok=True)

    def say(self, *messages: FromSpeech) -> None:
        for writer in self._writers:
            for message in messages:
                writer.write(encode_frame(message))

    @property
    def heard_until_us(self) -> int:
        ends = [
            frame.at_us + (len(frame.samples) // 2 * 1_000_000 // 16_000 if isinstance(frame, Pcm) else 0)
            for frame in self.heard
            if isinstance(frame, Pcm | Break)
        ]
        return max(ends, default=0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                self.heard.append(await read_frame(reader, _decoder))
                if self.judging:
                    writer.write(encode_frame(Watermark(self.heard_until_us)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
