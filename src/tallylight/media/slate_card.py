"""Draws the slate's card: the product's own, or a shop's picture with its words, by typst in the source's size."""

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
import typst
from numpy.typing import NDArray

from tallylight.foundation.errors import InvalidInputError

TITLE_CHARS_MAX = 40
TEXT_CHARS_MAX = 120
PICTURE_BYTES_MAX = 4 << 20
_SUFFIXES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}

Card = NDArray[np.uint8]
"""(height, width, 3), RGB."""


class SlatePictureError(InvalidInputError):
    """The shop's picture cannot be drawn."""

    code: ClassVar[str] = "slate_picture"


@dataclass(frozen=True, slots=True)
class SlateLook:
    """What a shop's slate says, and the picture behind it (PNG or JPEG)."""

    title: str = ""
    text: str = ""
    picture: bytes | None = None


PLAIN = SlateLook()
"""The product's own card."""


def draw_card(width: int, height: int, look: SlateLook = PLAIN) -> Card:
    """Raises SlatePictureError. Takes some tenths of a second at full size: call it from a thread."""
    return _plain_card(width, height) if look == PLAIN else _own_card(width, height, look)


def _own_card(width: int, height: int, look: SlateLook) -> Card:
    assets = resources.files("tallylight.media").joinpath("assets")
    with tempfile.TemporaryDirectory(prefix="tallylight-slate-") as made, resources.as_file(assets) as folder:
        page = Path(made) / "slate.typ"
        page.write_bytes((folder / "slate.typ").read_bytes())
        picture = ""
        if look.picture is not None:
            picture = f"picture.{_suffix(look.picture)}"
            (Path(made) / picture).write_bytes(look.picture)
        inputs = {"width": str(width), "height": str(height), "title": look.title or "One moment", "text": look.text,
                  "picture": picture}  # fmt: skip
        try:
            png = typst.compile(str(page), font_paths=[str(folder / "fonts")], format="png", ppi=72, sys_inputs=inputs)
        except typst.TypstError as error:
            raise SlatePictureError(
                "the picture cannot be read; save it as PNG or JPEG anew", field="picture"
            ) from error
    assert isinstance(png, bytes)
    return _pixels(png, width, height)


def _suffix(picture: bytes) -> str:
    for magic, suffix in _SUFFIXES.items():
        if picture.startswith(magic) and len(picture) <= PICTURE_BYTES_MAX:
            return suffix
    raise SlatePictureError("the slate's picture is a PNG or JPEG of at most 4 MB", field="picture")


def _pixels(png: bytes, width: int, height: int) -> Card:
    frame = av.CodecContext.create("png", "r").decode(av.Packet(png))[0]
    assert isinstance(frame, av.VideoFrame)
    return frame.reformat(width, height, "rgb24").to_ndarray().astype(np.uint8)


def _plain_card(width: int, height: int) -> Card:
    """The picture that comes with the product, scaled to fit, on its own background."""
    name = "slate-portrait.png" if height > width else "slate-landscape.png"
    data = resources.files("tallylight.media").joinpath("assets", name).read_bytes()
    card = av.CodecContext.create("png", "r").decode(av.Packet(data))[0]
    assert isinstance(card, av.VideoFrame)
    scale = min(Fraction(width, card.width), Fraction(height, card.height))
    inner_width, inner_height = int(card.width * scale) // 2 * 2, int(card.height * scale) // 2 * 2
    inner = card.reformat(inner_width, inner_height, "rgb24").to_ndarray()
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = inner[0, 0]
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    canvas[top : top + inner_height, left : left + inner_width] = inner
    return canvas
