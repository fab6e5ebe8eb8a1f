"""What the gate must be told from outside: how it is set, and the verdicts on what was said.

The room does not know who judges. A flow hands verdicts to a ``VerdictSink`` (the gate is one): spans to withhold,
then the watermark up to which everything has been judged. A watermark is a promise: every span that begins before
it has been handed over already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from tallylight.media.bleep import TONE, Filling

Action = Literal["bleep", "cover", "none"]
"""bleep: the sound is replaced by the policy's filling, a tone as a rule. cover: slate and silence.
none: airs as it came, and its passing is reported."""

PAD_US = 200_000
"""Word times can be half a second off; most errors are under a fifth. The neighbours' centres limit it."""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """How one broadcast's gate is set."""

    delay_us: int
    fail_open: bool = False
    """Air what nobody judged in time, on record. Only on a show's explicit wish."""
    pad_us: int = PAD_US
    """Released only what the watermark has passed by this much: padding may still reach back so far."""
    recover_margin_us: int = 300_000
    """After being late, the watermark must lead by this much more before the picture comes back: no flicker."""
    fade_us: int = 5_000
    filling: Filling = TONE
    """What is heard instead of a bleeped phrase."""
    fill_slates: bool = False
    """The filling is heard under the slate of a covered phrase too; else silence."""
    selective_sound: bool = True
    """Source AAC passes wherever nothing is withheld; False encodes all sound anew."""


@dataclass(frozen=True, slots=True)
class WithheldSpan:
    """Programme time [start_us, end_us) that must not air as it came, padding included."""

    id: UUID
    start_us: int
    end_us: int
    action: Action


class VerdictSink(Protocol):
    def withhold(self, span: WithheldSpan) -> None: ...

    def advance_watermark(self, judged_us: int) -> None: ...


def pad_span(
    start_us: int, end_us: int, neighbours: Sequence[tuple[int, int]], pad_us: int = PAD_US
) -> tuple[int, int]:
    """[start_us, end_us) widened by ``pad_us`` on each side, but not past the centre of the nearest word outside it.

    ``neighbours``: (start, end) of words around the span; those inside it are ignored.
    """
    earliest, latest = start_us - pad_us, end_us + pad_us
    for word_start, word_end in neighbours:
        centre = (word_start + word_end) // 2
        if word_end <= start_us:
            earliest = max(earliest, centre)
        elif word_start >= end_us:
            latest = min(latest, centre)
    return earliest, latest
