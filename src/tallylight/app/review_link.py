"""The wire between the media process and the speech process, one connection a broadcast.

The media process connects to the speech process's socket, sends sound as it arrives at the camera and gets
back words, spans to withhold and the watermark. If the connection breaks the watermark stands still, so the
gate covers (fail closed) until a new connection has caught up. Frames: ``foundation.wire``.
"""

from typing import Literal
from uuid import UUID

import msgspec

PCM_SAMPLE_RATE_HZ = 16_000


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """First frame from media: which broadcast this connection carries."""

    broadcast_id: UUID
    show_id: UUID


class Pcm(msgspec.Struct, tag="pcm", frozen=True):
    """Sound, signed 16-bit little-endian mono at 16 kHz, whose first sample is at programme time ``at_us``."""

    at_us: int
    samples: bytes


class Aac(msgspec.Struct, tag="aac", frozen=True):
    """AAC frames in a row as the encoder sent them, the first at programme time ``at_us``; the listener decodes them.

    ``config`` is their AudioSpecificConfig; ``before`` the frame before them, which a decoder must have heard first.
    """

    at_us: int
    config: bytes
    before: bytes
    frames: tuple[bytes, ...]


class Break(msgspec.Struct, tag="break", frozen=True):
    """Nothing more will come that ends before ``at_us``: commit all words up to there and judge them."""

    at_us: int


class Bye(msgspec.Struct, tag="bye", frozen=True):
    """The broadcast is over."""


class SpokenWord(msgspec.Struct, frozen=True):
    """A committed word in programme time. ``probability_permille``: the recogniser's own, 0-1000."""

    text: str
    start_us: int
    end_us: int
    probability_permille: int


class Words(msgspec.Struct, tag="words", frozen=True):
    """Words in order of time, never taken back."""

    words: list[SpokenWord]


class Withhold(msgspec.Struct, tag="withhold", frozen=True):
    """Do not air this span as it came. A ``hold`` may be cleared by the desk; so may a ``block``, by compliance."""

    finding_id: UUID
    start_us: int
    end_us: int
    action: Literal["bleep", "cover"]
    verdict: Literal["hold", "block"]
    rule: str


class Unheard(msgspec.Struct, tag="unheard", frozen=True):
    """This sound could not be decoded: nobody judged it, so it must not air. It comes before a watermark beyond it."""

    start_us: int
    end_us: int


class Watermark(msgspec.Struct, tag="watermark", frozen=True):
    """Everything before ``judged_us`` has been heard and judged, and its evidence is committed."""

    judged_us: int


FromMedia = Hello | Pcm | Aac | Break | Bye
FromSpeech = Words | Withhold | Unheard | Watermark
