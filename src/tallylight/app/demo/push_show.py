"""Pushes the recorded show over RTMP in real time, as OBS would, and starts it over without a break.

The file's packets are sent as they are; only their times grow from loop to loop, so that to the ingest it is one
long stream. A blocking function: run it in a thread.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import msgspec

from tallylight.app.demo.timeline import Timeline
from tallylight.foundation.clock import MICROSECONDS

FLV_TIME_BASE = Fraction(1, 1000)
LATE_US_MAX = 2 * MICROSECONDS
"""A push that falls further behind (the machine slept) is given up: a burst would only fill buffers."""
CONNECT_S_MAX = 10.0


class Parcel(msgspec.Struct, frozen=True):
    """A packet with its time from the loop's start, microseconds."""

    at_us: int
    is_video: bool
    keyframe: bool
    payload: bytes


class PushError(Exception):
    """The push ended: the server refused or dropped it, or we fell behind."""


def read_parcels(path: Path, timeline: Timeline) -> list[Parcel]:
    """The packets of exactly one loop, in the order of their times.

    The encoder's priming packet and what hangs over the end are left out: the sound of a loop is its whole number
    of 1,024-sample frames, so that loops join.
    """
    parcels = []
    with av.open(str(path)) as box:
        for packet in box.demux():
            if packet.pts is None or packet.time_base is None or packet.size == 0:
                continue
            at_us = int(packet.pts * packet.time_base * MICROSECONDS)
            if 0 <= at_us < timeline.duration_us:
                is_video = packet.stream.type == "video"
                parcels.append(Parcel(at_us, is_video, packet.is_keyframe, bytes(packet)))
    parcels.sort(key=lambda parcel: (parcel.at_us, not parcel.is_video))
    return parcels


def endless(parcels: Sequence[Parcel], loop_us: int) -> Iterator[tuple[int, Parcel]]:
    """(time since the push began, packet), loop after loop."""
    began_us = 0
    while True:
        for parcel in parcels:
            yield began_us + parcel.at_us, parcel
        began_us += loop_us


def push_show(
    url: str, path: Path, timeline: Timeline, stop: threading.Event, loop_begins: Callable[[float], None]
) -> None:
    """Push until ``stop`` is set. ``loop_begins`` is told each loop's start, as ``time.monotonic()`` seconds.

    Raises PushError when the server refuses, drops us or does not keep up; its text never holds the key.
    """
    parcels = read_parcels(path, timeline)
    try:
        with av.open(str(path)) as source, av.open(url, "w", format="flv",
                                                   timeout=CONNECT_S_MAX) as sink:  # fmt: skip
            video = sink.add_stream_from_template(source.streams.video[0])
            audio = sink.add_stream_from_template(source.streams.audio[0])
            began = time.monotonic()
            last_loop = -1
            for since_us, parcel in endless(parcels, timeline.duration_us):
                wait_us = since_us - round((time.monotonic() - began) * MICROSECONDS)
                if wait_us < -LATE_US_MAX:
                    raise PushError("fell too far behind real time")
                if stop.wait(max(0, wait_us) / MICROSECONDS):
                    return
                if since_us // timeline.duration_us > last_loop:
                    last_loop = since_us // timeline.duration_us
                    loop_begins(began + last_loop * timeline.duration_us / MICROSECONDS)
                packet = av.Packet(parcel.payload)
                packet.stream = video if parcel.is_video else audio
                packet.time_base = FLV_TIME_BASE
                packet.pts = packet.dts = since_us // 1000
                packet.is_keyframe = parcel.keyframe
                sink.mux_one(packet)
    except (av.FFmpegError, OSError) as error:
        raise PushError(f"the camera's connection ended ({type(error).__name__})") from None
