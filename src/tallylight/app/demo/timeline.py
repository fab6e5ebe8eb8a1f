"""One loop of the show, as ``tools/demo/sound.py`` laid it out: what is said when, and where the assets lie.

Times are milliseconds from the loop's first sample. A loop lasts a whole number of 75 AAC frames and 48 pictures
(1.6 s), so that it joins on to itself.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from tallylight.foundation.clock import MICROSECONDS

ASSETS = Path(str(files("tallylight.app.demo"))) / "assets"
SHOW_FILE = ASSETS / "show.mp4"
CATALOGUE_FILE = ASSETS / "products.csv"
PHOTOS = ASSETS / "products"

LineKind = Literal["ordinary", "fact", "approved", "disclosure", "trap", "violation"]


class Span(msgspec.Struct, frozen=True):
    """A sentence's place."""

    start_ms: int
    end_ms: int


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the host's. ``violation`` must never air: ``rule`` says why, ``phrase`` which words."""

    id: str
    kind: LineKind
    text: str
    start_ms: int
    end_ms: int
    sentences: tuple[Span, ...]
    rule: str | None = None
    phrase: str | None = None
    claim: str | None = None
    cue: str | None = None
    cue_ms: int | None = None


class Timeline(msgspec.Struct, frozen=True):
    """A loop: ``samples`` of sound at ``sample_rate`` Hz, ``frames`` of picture at ``frame_rate`` a second."""

    samples: int
    sample_rate: int
    frames: int
    frame_rate: int
    deal_seconds: int
    lines: tuple[Line, ...]

    @property
    def duration_us(self) -> int:
        return self.samples * MICROSECONDS // self.sample_rate

    @property
    def cued(self) -> tuple[Line, ...]:
        """The lines that begin with a cue, in order."""
        return tuple(line for line in self.lines if line.cue is not None)


@cache
def read_timeline() -> Timeline:
    """The committed timeline."""
    return msgspec.json.decode((ASSETS / "timeline.json").read_bytes(), type=Timeline)
