"""Listens in on the review link: media speaks to the tap, the tap to the speech process; nothing is changed.

What it knows is when each watermark reached the gate, wall time beside programme time: recognition and decision are
over for everything before a watermark. It keeps the words and the stops too, to tell why a line went wrong.
"""

import asyncio
import bisect
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import msgspec

from tallylight.app.review_link import FromMedia, FromSpeech, Hello, SpokenWord, Watermark, Withhold, Words
from tallylight.foundation.wire import encode_frame, read_frame

_from_media = msgspec.msgpack.Decoder(FromMedia)
_from_speech = msgspec.msgpack.Decoder(FromSpeech)


class ReviewTap:
    """``door``: the socket that media looks for; ``beyond``: the speech process's own."""

    def __init__(self, door: Path, beyond: Path) -> None:
        self._door = door
        self._beyond = beyond
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._marks: defaultdict[UUID, list[tuple[int, int]]] = defaultdict(list)
        self._words: defaultdict[UUID, list[SpokenWord]] = defaultdict(list)
        self._stops: defaultdict[UUID, list[Withhold]] = defaultdict(list)

    async def start(self) -> None:
        self._door.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._link, self._door)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lag_s(self, show_id: UUID, at_us: int) -> float | None:
        """How long after it was spoken the moment ``at_us`` was judged; None if it never was."""
        marks = self._marks[show_id]
        index = bisect.bisect_left(marks, at_us, key=lambda mark: mark[0])
        return None if index == len(marks) else (marks[index][1] - at_us) / 1_000_000

    def heard(self, show_id: UUID, start_us: int, end_us: int) -> str:
        """The words that were heard there, and the rules that stopped something there."""
        words = [each.text for each in self._words[show_id] if start_us < each.end_us and each.start_us < end_us]
        rules = {each.rule for each in self._stops[show_id] if start_us < each.end_us and each.start_us < end_us}
        return f"{' '.join(words)} {sorted(rules)}"

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            hello: Hello = await read_frame(reader, _from_media)
            speech_reader, speech_writer = await asyncio.open_unix_connection(self._beyond)
            speech_writer.write(encode_frame(hello))

            def note(message: msgspec.Struct) -> None:
                marks = self._marks[hello.show_id]
                if isinstance(message, Watermark) and (not marks or message.judged_us > marks[-1][0]):
                    marks.append((message.judged_us, time.time_ns() // 1000))
                elif isinstance(message, Words):
                    self._words[hello.show_id].extend(message.words)
                elif isinstance(message, Withhold):
                    self._stops[hello.show_id].append(message)

            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_copy(reader, speech_writer, _from_media, lambda _: None))
                    both.create_task(_copy(speech_reader, writer, _from_speech, note))
            finally:
                speech_writer.close()
        except* (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    decoder: "msgspec.msgpack.Decoder[FromMedia] | msgspec.msgpack.Decoder[FromSpeech]",
    note: Callable[[msgspec.Struct], None],
) -> None:
    while True:
        message = await read_frame(reader, decoder)
        note(message)
        writer.write(encode_frame(message))
        await writer.drain()
