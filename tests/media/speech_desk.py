"""A speech process for tests: the real wire on a real socket, judging as the test says."""

import asyncio
from pathlib import Path

import msgspec

from tallylight.app.review_link import Aac, Break, Bye, FromMedia, FromSpeech, Hello, Pcm, Watermark
from tallylight.foundation.wire import encode_frame, read_frame

_decoder = msgspec.msgpack.Decoder(FromMedia)


class SpeechDesk:
    """Judges sound as it comes while ``judging``; remembers what it heard."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.judging = True
        self.heard: list[Hello | Pcm | Aac | Break | Bye] = []
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
        return max((_end_us(frame) for frame in self.heard), default=0)

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


def _end_us(frame: Hello | Pcm | Aac | Break | Bye) -> int:
    if isinstance(frame, Pcm):
        return frame.at_us + len(frame.samples) // 2 * 1_000_000 // 16_000
    if isinstance(frame, Aac):
        return frame.at_us + len(frame.frames) * 1024 * 1_000_000 // 48_000
    return frame.at_us if isinstance(frame, Break) else 0
