"""The slate: a calm card, coded in the source's own size, that stands in for covered pictures.

It is a short loop of one keyframe and pictures that repeat it, one for each covered picture. Encoding takes some
tenths of a second, so it is prepared as soon as the picture format is known.
"""

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources

import av
import numpy as np

from tallylight.media.codec_config import PictureFormat, read_avcc

FRAMES = 30
SHELF_MAX = 8
_GLOBAL_HEADER = 1 << 22


@dataclass(frozen=True, slots=True)
class Slate:
    """``frames`` in order, the first a keyframe; to be repeated from the start."""

    picture: PictureFormat
    avcc: bytes
    frames: tuple[bytes, ...]


class SlateShelf:
    """Slates by picture size, made once."""

    def __init__(self) -> None:
        self._slates: dict[tuple[int, int], Slate] = {}

    async def prepare(self, picture: PictureFormat) -> None:
        """Have the slate ready before it is needed; encodes in a worker thread."""
        size = (picture.width, picture.height)
        if size not in self._slates:
            self._put(size, await asyncio.to_thread(encode_slate, picture))

    def take(self, picture: PictureFormat) -> Slate:
        """The slate of this size; encodes it here and now if nobody prepared it, because air must be covered."""
        size = (picture.width, picture.height)
        if size not in self._slates:
            self._put(size, encode_slate(picture))
        return self._slates[size]

    def _put(self, size: tuple[int, int], slate: Slate) -> None:
        while len(self._slates) >= SHELF_MAX:
            del self._slates[next(iter(self._slates))]
        self._slates[size] = slate


def encode_slate(picture: PictureFormat) -> Slate:
    """The card in this picture's size, as H.264 with 4-byte lengths."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = picture.width, picture.height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 30), Fraction(30, 1)
    codec.flags |= _GLOBAL_HEADER
    codec.options = {
        "preset": "veryfast",
        "tune": "stillimage",
        "crf": "22",
        "x264-params": f"keyint={FRAMES}:min-keyint={FRAMES}:scenecut=0:bframes=0:annexb=0:repeat-headers=0:threads=1",
    }
    frame = _card(picture.width, picture.height)
    frames: list[bytes] = []
    for index in range(FRAMES):
        frame.pts, frame.time_base = index, codec.time_base
        frames += map(bytes, codec.encode(frame))
    frames += map(bytes, codec.encode(None))
    assert codec.extradata is not None
    avcc = bytes(codec.extradata)
    return Slate(read_avcc(avcc), avcc, tuple(frames))


def _card(width: int, height: int) -> av.VideoFrame:
    """The card scaled to fit, on its own background."""
    name = "slate-portrait.png" if height > width else "slate-landscape.png"
    data = resources.files("tallylight.media").joinpath("assets", name).read_bytes()
    codec = av.CodecContext.create("png", "r")
    card = codec.decode(av.Packet(data))[0]
    scale = min(Fraction(width, card.width), Fraction(height, card.height))
    inner_width, inner_height = int(card.width * scale) // 2 * 2, int(card.height * scale) // 2 * 2
    inner = card.reformat(inner_width, inner_height, "rgb24").to_ndarray()
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = inner[0, 0]
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    canvas[top : top + inner_height, left : left + inner_width] = inner
    return av.VideoFrame.from_ndarray(canvas, format="rgb24").reformat(format="yuv420p")
