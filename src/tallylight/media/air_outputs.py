"""Where released pictures and sound go after the mixer: the packager first, then whoever else was added.

What is not yet released never comes here, so an output can leak nothing, whatever it does with what it gets.
"""

from typing import Protocol

import structlog

from tallylight.media.fmp4 import VideoSample
from tallylight.media.sound import AacPacket

log = structlog.get_logger()


class AirOutput(Protocol):
    """Gets air in decoding order, each kind on its own clock: pictures in ticks, sound in samples."""

    def begin_run(self, init: bytes) -> None:
        """The decoder is to be set up anew, with this initialisation segment, from the next picture on."""
        ...

    def video(self, sample: VideoSample) -> None: ...

    def sound(self, packet: AacPacket) -> None: ...

    def finish(self) -> None:
        """An epoch or the broadcast ends: nothing that is pending will be added to."""
        ...


class AirOutputs:
    """An AirOutput of several. A fault of the first is the line's; one of the others costs only that output."""

    def __init__(self, first: AirOutput) -> None:
        self._first = first
        self._others: list[AirOutput] = []

    def add(self, output: AirOutput) -> None:
        self._others.append(output)

    def begin_run(self, init: bytes) -> None:
        self._first.begin_run(init)
        for output in tuple(self._others):
            try:
                output.begin_run(init)
            except Exception:
                self._drop(output)

    def video(self, sample: VideoSample) -> None:
        self._first.video(sample)
        for output in tuple(self._others):
            try:
                output.video(sample)
            except Exception:
                self._drop(output)

    def sound(self, packet: AacPacket) -> None:
        self._first.sound(packet)
        for output in tuple(self._others):
            try:
                output.sound(packet)
            except Exception:
                self._drop(output)

    def finish(self) -> None:
        self._first.finish()
        for output in tuple(self._others):
            try:
                output.finish()
            except Exception:
                self._drop(output)

    def _drop(self, output: AirOutput) -> None:
        log.exception("an output of air failed and gets no more", kind=type(output).__name__)
        self._others.remove(output)
