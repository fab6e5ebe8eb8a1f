"""One broadcast's sound as a sliding window: when to run a pass, over what, and which words become final.

Pure policy over values; time is counted in samples since the stream's anchor, so tests run it in virtual time.

- Nobody speaks: no pass, the watermark follows the sound by itself.
- A pause after speech: one pass over the phrase, all its words final at once. Short phrases wait for a longer pause,
  because a word or two alone are recognised badly.
- A long phrase without a pause: a pass every hop; words on which two passes in a row agree become final. When the
  sound has run ahead of the passes, one pass is enough (overlap is skipped rather than falling behind).
- A figure at the end of what is heard is not final yet: "$19" may be growing into "$19.99".
- The window is cut at a final word's end before it grows over the engine's limit; what a pass says again about sound
  that is final already is found by its words first, by time second, and dropped.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from tallylight.foundation.clock import samples_to_us, us_to_samples
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Heard, Word
from tallylight.speech.voice_activity import FRAME_SAMPLES, Sound, VoiceActivity
from tallylight.speech.window_words import (
    WindowWord,
    already_final,
    believable,
    is_figure,
    is_overlong,
    under_voice,
    unheard_stretches,
    without_loops,
)

_MS = SAMPLE_RATE_HZ // 1000


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The turns of the window. All in samples at SAMPLE_RATE_HZ."""

    lead: int = 250 * _MS
    """Sound kept before the first voiced frame: onsets are soft, and the watermark trails by as much in silence."""
    trail: int = 250 * _MS
    hop: int = 500 * _MS
    first_pass_after: int = 1400 * _MS
    """A phrase younger than this waits for its pause."""
    window_cut_at: int = 7500 * _MS
    window_max: int = 9500 * _MS
    context_kept: int = 1500 * _MS
    unsure_tail: int = 400 * _MS
    """An interim pass's words that end nearer than this to the window's end are not believed yet."""
    behind: int = 1600 * _MS
    """Sound waiting beyond the window's end at which a single pass becomes enough."""
    same_place: int = 500 * _MS
    pauses: tuple[tuple[int, int], ...] = ((900 * _MS, 640 * _MS), (2500 * _MS, 384 * _MS), (1 << 60, 256 * _MS))
    """(voiced at most this long, silence that ends the phrase)."""


class Window(msgspec.Struct, frozen=True):
    """A pass to run: this sound, from ``start`` to ``end`` samples."""

    start: int
    end: int
    sound: Sound
    final: bool


class SlidingWindow:
    """The state of one stream. ``push`` sound, ask ``due``, run the engine, hand its words to ``accept``."""

    def __init__(self, voice: VoiceActivity, policy: Policy | None = None) -> None:
        self._voice = voice
        self._policy = policy or Policy()
        self._anchor_us: int | None = None
        self._sound: Sound = np.zeros(0, dtype=np.float32)
        self._sound_start = 0
        self._voiced: list[bool] = []
        self._voiced_start = 0
        self._window_start: int | None = None
        self._final_until = 0
        self._final_words: list[WindowWord] = []
        self._guess: list[WindowWord] = []
        self._last_pass = 0
        self._flush_at: int | None = None
        self._known_us = 0

    # -- sound in ---------------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """Samples since the anchor up to which there is sound."""
        return self._sound_start + len(self._sound)

    @property
    def next_us(self) -> int | None:
        """Programme time at which the next sound should begin; None before the first."""
        return None if self._anchor_us is None else self._anchor_us + samples_to_us(self.end, SAMPLE_RATE_HZ)

    @property
    def waiting(self) -> int:
        """Samples of sound beyond what is final: how far behind the stream is."""
        return self.end - self._final_until

    @property
    def idle(self) -> bool:
        """Nobody speaks and nothing waits: the stream may be anchored anew."""
        return self._window_start is None

    def anchor(self, at_us: int) -> None:
        """Start over at ``at_us``: the first sound, or after a break. What was not final must be flushed before."""
        self._anchor_us = at_us
        self._sound = np.zeros(0, dtype=np.float32)
        self._sound_start = self._voiced_start = self._final_until = self._last_pass = 0
        self._voiced = []
        self._window_start = None
        self._final_words = []
        self._guess = []
        self._flush_at = None

    def push(self, sound: Sound) -> None:
        """Sound that follows what was pushed before."""
        self._sound = np.concatenate([self._sound, sound])
        self._hear()
        self._forget()

    def flush(self) -> None:
        """Make everything pushed so far final at the next pass; the half frame at the end counts as silence."""
        self._flush_at = self.end
        self._hear()

    def finish(self, at_us: int) -> Heard | None:
        """After a flush, when nothing is due any more: all is known up to ``at_us``; the next sound anchors anew."""
        self._anchor_us = None
        if at_us <= self._known_us:
            return None
        self._known_us = at_us
        return Heard((), at_us, pause=True)

    # -- passes -----------------------------------------------------------------------------------------------

    def due(self) -> Window | None:
        """The pass to run now, if any."""
        if self._window_start is None:
            return None
        silence = self._silence_start()
        if silence is not None:
            end = min(self.end, silence + self._policy.trail)
            return self._window(end, final=True)
        begun = max(self._window_start, self._final_until)
        ready = self._voiced_until - max(self._last_pass, begun + self._policy.first_pass_after - self._policy.hop)
        if ready < self._policy.hop:
            return None
        return self._window(min(self.end, self._window_start + self._policy.window_max), final=False)

    def accept(self, window: Window, words: Sequence[WindowWord]) -> Heard | None:
        """Take a pass's words in; returns what became final, if anything did."""
        heard = [
            msgspec.structs.replace(
                word, start_sample=word.start_sample + window.start, end_sample=word.end_sample + window.start
            )
            for word in self._guarded(window, words)
        ]
        heard = heard[already_final(self._final_words, heard, self._policy.same_place) :]
        self._last_pass = window.end
        if window.final:
            return self._end_phrase(heard, window.end)
        certain = self._certain(window, heard)
        self._guess = heard[len(certain) :]
        self._final_words += certain
        if certain:
            self._final_until = max(self._final_until, certain[-1].end_sample)
        self._cut(window)
        return self._heard(certain, self._final_until, pause=False) if certain else None

    def unheard(self, window: Window, words: Sequence[WindowWord]) -> list[tuple[int, int]]:
        """Stretches of a final window, in its samples, in which somebody speaks and no word accounts for it.

        Only a final pass is asked: what an interim pass misses, a later one hears.
        """
        return unheard_stretches(words, *self._voiced_in(window)) if window.final else []

    def watermark(self) -> Heard | None:
        """What is known without a pass: in silence the watermark follows the sound."""
        if self._anchor_us is None or self._window_start is not None:
            return None
        until = self._flush_at if self._flush_at is not None else self._voiced_until - self._policy.lead
        return self._heard([], until, pause=True)

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _voiced_until(self) -> int:
        return self._voiced_start + len(self._voiced) * FRAME_SAMPLES

    def _hear(self) -> None:
        """Voice activity over the new whole frames; a first voiced frame opens a window."""
        at = self._voiced_until - self._sound_start
        fresh = self._sound[at:]
        if self._flush_at is not None:
            fresh = np.pad(fresh, (0, -len(fresh) % FRAME_SAMPLES))
        whole = len(fresh) // FRAME_SAMPLES * FRAME_SAMPLES
        for voiced in self._voice.frames(fresh[:whole]):
            begin = self._voiced_until
            self._voiced.append(voiced)
            if voiced and self._window_start is None:
                self._window_start = max(self._sound_start, self._final_until, begin - self._policy.lead)
                self._last_pass = self._window_start

    def _forget(self) -> None:
        """Let go of sound that no window can need any more."""
        keep = self._voiced_until - 2 * self._policy.lead if self._window_start is None else self._window_start
        keep = max(self._sound_start, keep - keep % FRAME_SAMPLES)
        self._sound = self._sound[keep - self._sound_start :]
        self._voiced = self._voiced[(keep - self._voiced_start) // FRAME_SAMPLES :]
        self._sound_start = self._voiced_start = keep

    def _silence_start(self) -> int | None:
        """Where the first pause after the window's start that is long enough begins; None while speech goes on."""
        assert self._window_start is not None
        first = max(0, (max(self._window_start, self._final_until) - self._voiced_start) // FRAME_SAMPLES)
        spoken = quiet = 0
        before = (self._final_until - self._window_start) // FRAME_SAMPLES if self._final_words else 0
        for index in range(first, len(self._voiced)):
            if self._voiced[index]:
                spoken += 1 + quiet
                quiet = 0
                continue
            quiet += 1
            if quiet * FRAME_SAMPLES >= self._pause_after((spoken + max(0, before)) * FRAME_SAMPLES):
                return self._voiced_start + (index + 1 - quiet) * FRAME_SAMPLES
        if self._flush_at is not None:
            return self.end
        return None

    def _pause_after(self, spoken: int) -> int:
        return next(pause for most, pause in self._policy.pauses if spoken <= most)

    def _window(self, end: int, *, final: bool) -> Window:
        assert self._window_start is not None
        start = max(self._window_start, end - self._policy.window_max)
        sound = self._sound[start - self._sound_start : end - self._sound_start]
        return Window(start, end, sound, final)

    def _guarded(self, window: Window, words: Sequence[WindowWord]) -> list[WindowWord]:
        return believable(under_voice(without_loops(words), *self._voiced_in(window)))

    def _voiced_in(self, window: Window) -> tuple[list[bool], int]:
        """Voice in the window, and the sample of it at which the first of these frames begins (<= 0)."""
        first = max(0, window.start - self._voiced_start) // FRAME_SAMPLES
        last = -(-(window.end - self._voiced_start) // FRAME_SAMPLES)
        return self._voiced[first:last], self._voiced_start + first * FRAME_SAMPLES - window.start

    def _certain(self, window: Window, heard: list[WindowWord]) -> list[WindowWord]:
        """The leading words of an interim pass that may become final."""
        limit = window.end - self._policy.unsure_tail
        alone = self.end - window.end > self._policy.behind or window.end - window.start >= self._policy.window_max
        count = 0
        for index, word in enumerate(heard):
            if word.end_sample > limit or is_overlong(word) or not (alone or self._agrees(index, word)):
                break
            count += 1
        while count and is_figure(heard[count - 1]):
            count -= 1
        return heard[:count]

    def _agrees(self, index: int, word: WindowWord) -> bool:
        if index >= len(self._guess):
            return False
        before = self._guess[index]
        return before.key == word.key and abs(before.start_sample - word.start_sample) < self._policy.same_place

    def _cut(self, window: Window) -> None:
        """Move the window's start to a final word's end when it has grown long, keeping some words as context."""
        assert self._window_start is not None
        if window.end - window.start < self._policy.window_cut_at:
            return
        latest = self._final_until - self._policy.context_kept
        gone = [word for word in self._final_words if word.end_sample <= latest]
        if gone:
            self._window_start = max(self._window_start, gone[-1].end_sample)
            self._final_words = self._final_words[len(gone) :]
        elif window.end - window.start >= self._policy.window_max:
            self._window_start = max(self._window_start, self._final_until, window.end - 4 * self._policy.hop)
            self._final_words = []

    def _end_phrase(self, heard: list[WindowWord], end: int) -> Heard | None:
        self._final_until = max(self._final_until, end)
        self._window_start = None
        self._final_words = []
        self._guess = []
        self._reopen(end)
        return self._heard(heard, end, pause=True)

    def _reopen(self, end: int) -> None:
        """Speech may already have begun again while the pass was waiting; after a flush nothing more can have."""
        if self._flush_at is not None and end >= self._flush_at:
            return
        for index in range(max(0, -(-(end - self._voiced_start) // FRAME_SAMPLES)), len(self._voiced)):
            if self._voiced[index]:
                begin = self._voiced_start + index * FRAME_SAMPLES
                self._window_start = max(end, begin - self._policy.lead)
                self._last_pass = self._window_start
                return

    def _heard(self, words: Sequence[WindowWord], until: int, *, pause: bool) -> Heard | None:
        """Words and watermark in programme time; None when neither says anything new."""
        assert self._anchor_us is not None
        known_us = self._anchor_us + samples_to_us(max(0, until), SAMPLE_RATE_HZ)
        if known_us <= self._known_us and not words:
            return None
        self._known_us = max(self._known_us, known_us)
        timed = tuple(self._timed(word) for word in words)
        return Heard(timed, self._known_us, pause)

    def _timed(self, word: WindowWord) -> Word:
        assert self._anchor_us is not None
        return Word(
            word.text.strip(),
            self._anchor_us + samples_to_us(word.start_sample, SAMPLE_RATE_HZ),
            self._anchor_us + samples_to_us(word.end_sample, SAMPLE_RATE_HZ),
            word.probability_permille,
        )


def offset_samples(expected_us: int, at_us: int) -> int:
    """How many samples ``at_us`` lies after (or, negative, before) ``expected_us``."""
    difference = at_us - expected_us
    samples = us_to_samples(abs(difference), SAMPLE_RATE_HZ)
    return samples if difference >= 0 else -samples
