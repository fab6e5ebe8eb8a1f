"""One pass over a window, with a second hearing of what the first one missed.

A decoder now and then stops early or slides over a clause, which would air unheard. Where a final pass leaves voice
without words, the window is heard again without hints (they cost attention), and what is still missing is heard on
its own. At most HEARINGS_MAX hearings a pass.
"""

from typing import Protocol

import msgspec

from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Capabilities, Hints
from tallylight.speech.sliding_window import SlidingWindow, Window
from tallylight.speech.voice_activity import Sound
from tallylight.speech.window_words import WindowWord, with_second_hearing, without_loops

HEARINGS_MAX = 3
_MARGIN_SAMPLES = SAMPLE_RATE_HZ // 4


class Engine(Protocol):
    """What turns a window of sound into words."""

    @property
    def capabilities(self) -> Capabilities: ...

    def transcribe(self, sound: Sound, hints: Hints) -> list[WindowWord]: ...


def run_pass(state: SlidingWindow, window: Window, engine: Engine, hints: Hints) -> list[WindowWord]:
    """The words of ``window``, counted from its first sample, ready for ``state.accept``."""
    words = without_loops(engine.transcribe(window.sound, hints))
    missed = state.unheard(window, words)
    if not missed:
        return words
    again = without_loops(engine.transcribe(window.sound, Hints()))
    missed_again = state.unheard(window, again)
    if _length(missed_again) < _length(missed):
        words, missed = again, missed_again
    for stretch in missed[: HEARINGS_MAX - 2]:
        words = with_second_hearing(words, stretch, _hear_alone(window, stretch, engine))
    return words


def _hear_alone(window: Window, stretch: tuple[int, int], engine: Engine) -> list[WindowWord]:
    """The words of one stretch of the window, heard with a little sound on both sides."""
    low, high = max(0, stretch[0] - _MARGIN_SAMPLES), min(len(window.sound), stretch[1] + _MARGIN_SAMPLES)
    return [
        msgspec.structs.replace(word, start_sample=word.start_sample + low, end_sample=word.end_sample + low)
        for word in without_loops(engine.transcribe(window.sound[low:high], Hints()))
    ]


def _length(stretches: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in stretches)
