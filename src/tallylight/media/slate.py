"""The slate: a calm card, coded in the source's own size, that stands in for covered pictures.

It is a short loop of one keyframe and pictures that repeat it, one for each covered picture, so that it runs at the
source's own rate. Encoding takes some tenths of a second, so it is prepared as soon as the picture format is known.
"""

import asyncio
from dataclasses import dataclass
from fractions import Fraction

import av
import structlog

from tallylight.media.codec_config import PictureFormat, read_avcc
from tallylight.media.slate_card import PLAIN, SlateLook, SlatePictureError, draw_card

log = structlog.get_logger()

FRAMES = 30
SHELF_MAX = 32
_GLOBAL_HEADER = 1 << 22


@dataclass(frozen=True, slots=True)
class Slate:
    """``frames`` in order, the first a keyframe; to be repeated from the start."""

    picture: PictureFormat
    avcc: bytes
    frames: tuple[bytes, ...]


class SlateShelf:
    """Slates by picture size and look, made once."""

    def __init__(self) -> None:
        self._slates: dict[tuple[int, int, SlateLook], Slate] = {}

    async def prepare(self, picture: PictureFormat, look: SlateLook = PLAIN) -> None:
        """Have the slate ready before it is needed; encodes in a worker thread."""
        key = (picture.width, picture.height, look)
        if key not in self._slates:
            try:
                self._put(key, await asyncio.to_thread(encode_slate, picture, look))
            except SlatePictureError:
                log.error("a shop's slate cannot be drawn; the plain one stands in")
                await self.prepare(picture)

    def take(self, picture: PictureFormat, look: SlateLook = PLAIN) -> Slate:
        """The slate of this size and look. The plain one where that is not ready yet, encoded here and now if it must
        be: air is covered before it is beautiful.
        """
        for wanted in (look, PLAIN):
            slate = self._slates.get((picture.width, picture.height, wanted))
            if slate is not None:
                return slate
        slate = encode_slate(picture)
        self._put((picture.width, picture.height, PLAIN), slate)
        return slate

    def _put(self, key: tuple[int, int, SlateLook], slate: Slate) -> None:
        while len(self._slates) >= SHELF_MAX:
            del self._slates[next(iter(self._slates))]
        self._slates[key] = slate


def encode_slate(picture: PictureFormat, look: SlateLook = PLAIN) -> Slate:
    """The card in this picture's size, as H.264 with 4-byte lengths. Raises SlatePictureError."""
    card = draw_card(picture.width, picture.height, look)
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
    frame = av.VideoFrame.from_ndarray(card, format="rgb24").reformat(format="yuv420p")
    frames: list[bytes] = []
    for index in range(FRAMES):
        frame.pts, frame.time_base = index, codec.time_base
        frames += map(bytes, codec.encode(frame))
    frames += map(bytes, codec.encode(None))
    assert codec.extradata is not None
    avcc = bytes(codec.extradata)
    return Slate(read_avcc(avcc), avcc, tuple(frames))
