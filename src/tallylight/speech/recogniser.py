"""The recogniser interface: push sound, flush at a break, iterate what was heard.

An engine declares what it can do in ``Capabilities``; callers look there instead of guessing. Times are programme
time in microseconds. A stream's queue of sound is bounded: a producer that outruns it by more than
``SOUND_QUEUE_US`` gets QueueFullError and must treat the show as not heard (fail closed).
"""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

SAMPLE_RATE_HZ = 16_000
SOUND_QUEUE_US = 60_000_000
"""Most sound that may wait for a recogniser, per stream."""


class QueueFullError(RuntimeError):
    """The recogniser is more than SOUND_QUEUE_US behind; ``retryable`` after it has caught up."""

    retryable = True


class RecogniserFailedError(RuntimeError):
    """The engine cannot go on with a stream; a new stream may work."""

    retryable = True


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do."""

    languages: tuple[str, ...]
    word_times: bool
    hotwords: bool
    probability: bool


class Word(msgspec.Struct, frozen=True):
    """A word as heard, with its punctuation, in programme time. ``probability_permille``: the engine's own, 0-1000."""

    text: str
    start_us: int
    end_us: int
    probability_permille: int


class Heard(msgspec.Struct, frozen=True):
    """Words that are final, in order, and the watermark: all speech before ``known_us`` has been given out.

    ``pause`` is true when nobody speaks at ``known_us``: the phrase is over.
    """

    words: tuple[Word, ...]
    known_us: int
    pause: bool


class Hints(msgspec.Struct, frozen=True):
    """What is likely to be said. Engines take as much of it as they can.

    ``names``: of products, brands, rivals, the rarest first. ``phrases``: how people talk here, whatever the show.
    """

    names: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class SpeechStream(Protocol):
    """One broadcast's sound going in and its words coming out."""

    def push(self, at_us: int, samples: bytes) -> None:
        """Add signed 16-bit little-endian mono sound at SAMPLE_RATE_HZ whose first sample is at ``at_us``.

        Sound that was pushed before is ignored; a step forward is a break. Raises QueueFullError.
        """
        ...

    def flush(self, at_us: int) -> None:
        """Nothing more will come that ends before ``at_us``: make everything so far final."""
        ...

    def end(self) -> None:
        """The broadcast is over: flush and finish the iteration."""
        ...

    def hint(self, hints: Hints) -> None:
        """Replace the stream's hints from the next pass on."""
        ...

    def close(self) -> None:
        """Give up at once; what was not yet heard is lost."""
        ...

    def __aiter__(self) -> AsyncIterator[Heard]: ...


class Recogniser(Protocol):
    """An engine, shared by every broadcast of its process."""

    @property
    def capabilities(self) -> Capabilities: ...

    def stream(self, hints: Hints) -> SpeechStream:
        """A new stream; raises QueueFullError when the engine has as many as it can carry."""
        ...

    def close(self) -> None:
        """Stop the engine's thread; open streams end."""
        ...
