"""Test streams made in code: pictures that carry their number as bits, sound whose pitch tells the second.

Second ``s`` of a source sounds at ``tone_hz(s)``, so that decoded air says which second of the source it is.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 48_000
BITS = 16
_GLOBAL_HEADER = 1 << 22


def tone_hz(second: int) -> int:
    """Multiples of 50 Hz, far apart from one second to the next, never the bleep's 1 kHz nor a harmonic of it."""
    return 350 + 150 * (second % 4) + 1200 * (second % 12 // 4) + 50 * (second // 12)


@dataclass(frozen=True)
class FlvMessage:
    """One RTMP media message: ``kind`` is ``video`` or ``audio``."""

    kind: str
    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True)
class Source:
    """``configs`` first, then ``messages`` in order of their stamps."""

    configs: tuple[FlvMessage, ...]
    messages: tuple[FlvMessage, ...]
    avcc: bytes
    asc: bytes
    fps: int

    def shifted(self, by_ms: int) -> tuple[FlvMessage, ...]:
        return tuple(FlvMessage(m.kind, (m.timestamp_ms + by_ms) % 2**32, m.payload) for m in self.messages)


def draw_number(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A grey picture with a moving bar, and ``number`` as BITS black or white blocks along the top."""
    picture = np.full((height, width, 3), 96, np.uint8)
    bar = number * 7 % width
    picture[height // 2 :, bar : bar + width // 16] = (200, 60, 90)
    block = width // BITS
    for bit in range(BITS):
        picture[: height // 4, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 16
    return picture


def read_number(luma: NDArray[np.uint8]) -> int | None:
    """The number drawn on a picture; None when its blocks are neither black nor white (a slate)."""
    height, width = luma.shape
    block = width // BITS
    number = 0
    for bit in range(BITS):
        level = float(luma[height // 16 : height // 6, bit * block + block // 4 : bit * block + 3 * block // 4].mean())
        if 70 < level < 160:
            return None
        number |= (level >= 160) << bit
    corner = float(luma[height // 2 - height // 8 : height // 2 - 4, : width // 8].mean())
    return number if 60 < corner < 130 else None


def tones(seconds: int, first_second: int = 0) -> NDArray[np.float32]:
    """(2, n) sound at half scale, one pitch a second, without a click at the seams."""
    pieces = [
        0.5 * np.sin(2 * np.pi * tone_hz(second) * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
        for second in range(first_second, first_second + seconds)
    ]
    mono = np.concatenate(pieces).astype(np.float32)
    return np.stack([mono, mono])


@cache
def make_source(
    seconds: int,
    *,
    fps: int = 30,
    width: int = 320,
    height: int = 180,
    group: int = 60,
    b_frames: int = 0,
    first_second: int = 0,
) -> Source:
    """H.264 and AAC as FLV messages from stamp 0."""
    video = _encode_video(seconds, fps, width, height, group, b_frames, first_second)
    return _joined(video, _encode_audio(tones(seconds, first_second)), fps)


def source_of(sound: NDArray[np.float32], *, fps: int = 10, width: int = 320, height: int = 180) -> Source:
    """As ``make_source``, with this sound, (2, n) at SAMPLE_RATE_HZ, and a keyframe every two seconds."""
    seconds = -(-sound.shape[1] // SAMPLE_RATE_HZ)
    return _joined(_encode_video(seconds, fps, width, height, 2 * fps, 0, 0), _encode_audio(sound), fps)


def _joined(
    encoded_video: tuple[bytes, list[FlvMessage]], encoded_audio: tuple[bytes, list[FlvMessage]], fps: int
) -> Source:
    (avcc, video), (asc, audio) = encoded_video, encoded_audio
    configs = (
        FlvMessage("video", 0, b"\x17\x00\x00\x00\x00" + avcc),
        FlvMessage("audio", 0, b"\xaf\x00" + asc),
    )
    messages = sorted([*video, *audio], key=lambda message: message.timestamp_ms)
    return Source(configs, tuple(messages), avcc, asc, fps)


def _encode_video(
    seconds: int, fps: int, width: int, height: int, group: int, b_frames: int, first_second: int
) -> tuple[bytes, list[FlvMessage]]:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, fps), Fraction(fps, 1)
    codec.flags |= _GLOBAL_HEADER
    codec.options = {
        "preset": "ultrafast",
        "x264-params": f"keyint={group}:min-keyint={group}:scenecut=0:bframes={b_frames}:annexb=0:repeat-headers=0",
    }
    packets: list[av.Packet[av.VideoStream]] = []
    for index in range(seconds * fps):
        number = first_second * fps + index
        frame = av.VideoFrame.from_ndarray(draw_number(number, width, height), "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, fps)
        packets += codec.encode(frame)
    packets += codec.encode(None)
    first_dts = min(packet.dts or 0 for packet in packets)
    messages = []
    for packet in packets:
        assert packet.dts is not None
        assert packet.pts is not None
        dts_ms = round((packet.dts - first_dts) * 1000 / fps)
        composition = round((packet.pts - first_dts) * 1000 / fps) - dts_ms
        head = bytes((0x17 if packet.is_keyframe else 0x27, 1)) + composition.to_bytes(3, "big")
        messages.append(FlvMessage("video", dts_ms, head + bytes(packet)))
    assert codec.extradata is not None
    return bytes(codec.extradata), messages


def _encode_audio(sound: NDArray[np.float32]) -> tuple[bytes, list[FlvMessage]]:
    codec = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = SAMPLE_RATE_HZ, "stereo", "fltp", 160_000
    codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
    codec.flags |= _GLOBAL_HEADER
    codec.open()
    messages = []
    for at in range(0, sound.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + 1024]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, at, Fraction(1, SAMPLE_RATE_HZ)
        messages += [
            FlvMessage("audio", packet.pts * 1000 // SAMPLE_RATE_HZ, b"\xaf\x01" + bytes(packet))
            for packet in codec.encode(frame)
            if packet.pts is not None and packet.pts >= 0
        ]
    assert codec.extradata is not None
    return bytes(codec.extradata), messages
