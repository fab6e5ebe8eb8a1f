"""Words inside one window of sound, and the guards against words that nobody said.

A Whisper model asked about a short window sometimes loops over its own text or fills silence with phrases from its
training ("Thank you for watching."). Real words last, lie under somebody's voice, and do not all sit on one instant.
"""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from tallylight.speech.recogniser import SAMPLE_RATE_HZ
from tallylight.speech.voice_activity import FRAME_SAMPLES

_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 50
_LONGEST_BASE_SAMPLES = SAMPLE_RATE_HZ * 7 // 10
_LONGEST_LETTER_SAMPLES = SAMPLE_RATE_HZ // 10
UNHEARD_SAMPLES = SAMPLE_RATE_HZ * 45 // 100
_EDGE_SAMPLES = SAMPLE_RATE_HZ // 10
_PROBABILITY_FLOOR_PERMILLE = 30
_STOCK_PHRASES = (
    "thank you",
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "please subscribe",
    "bye",
    "you",
)
_STOCK_FLOOR_PERMILLE = 500
_CROWD = 3
_CROWD_FLOOR_PERMILLE = 300
"""So many words on one instant, believed no better than this, are what a decoder makes of noise."""

_NUMBER_WORDS = frozenset(
    word
    for line in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand point half",
    )
    for word in line.split()
)


class WindowWord(msgspec.Struct, frozen=True):
    """A word as an engine gives it: samples counted from the first sample of the window."""

    text: str
    start_sample: int
    end_sample: int
    probability_permille: int

    @property
    def key(self) -> str:
        """The word without case and punctuation, to compare passes."""
        return self.text.strip().lower().strip(".,!?;:\"'()[]…-")


def is_figure(word: WindowWord) -> bool:
    """Whether the word is, or may be part of, a number."""
    return any(letter.isdigit() for letter in word.text) or word.key in _NUMBER_WORDS


def already_final(final: Sequence[WindowWord], heard: Sequence[WindowWord], same_place: int) -> int:
    """How many leading words of ``heard`` say again what is ``final`` already.

    ``final``: the last words given out, in the same count of samples. The seam is where the most of the last three
    final words are found again near their time; failing that, where the times say.
    """
    if not final:
        return 0
    until = final[-1].end_sample
    by_time = sum(1 for word in heard if (word.start_sample + word.end_sample) // 2 <= until)
    best, best_score = by_time, 0
    for cut in range(1, len(heard) + 1):
        if abs(heard[cut - 1].end_sample - until) > same_place:
            continue
        score = 0
        for back in range(1, min(3, cut, len(final)) + 1):
            if heard[cut - back].key == final[-back].key:
                score += 4 - back
        if score > best_score or (score == best_score and score and abs(cut - by_time) < abs(best - by_time)):
            best, best_score = cut, score
    return best


def is_overlong(word: WindowWord) -> bool:
    """Whether the word lasts longer than anybody takes to say it: others were swallowed under it."""
    sounds = sum(4 if letter.isdigit() or letter in "$£€%" else 1 for letter in word.text)
    return word.end_sample - word.start_sample > _LONGEST_BASE_SAMPLES + sounds * _LONGEST_LETTER_SAMPLES


def unheard_stretches(
    words: Sequence[WindowWord], voiced: Sequence[bool], first_frame_sample: int
) -> list[tuple[int, int]]:
    """Where somebody speaks and no word accounts for it: (start, end) in samples of the window.

    Either voice of UNHEARD_SAMPLES or more without a word, or a word that lasts too long. ``voiced`` as in
    ``under_voice``.
    """
    stretches = [(word.start_sample, word.end_sample) for word in words if is_overlong(word)]
    start = None
    for index, speaks in enumerate([*voiced, False]):
        at = first_frame_sample + index * FRAME_SAMPLES
        covered = any(word.start_sample - _EDGE_SAMPLES <= at < word.end_sample + _EDGE_SAMPLES for word in words)
        if speaks and not covered:
            start = at if start is None else start
        elif start is not None:
            if at - start >= UNHEARD_SAMPLES:
                stretches.append((max(0, start), at))
            start = None
    return sorted(stretches)


def with_second_hearing(
    words: Sequence[WindowWord], stretch: tuple[int, int], again: Sequence[WindowWord]
) -> list[WindowWord]:
    """``words`` with those inside ``stretch`` replaced by what was heard there ``again``, if that is more."""
    start, end = stretch
    inside = [word for word in words if start <= (word.start_sample + word.end_sample) // 2 < end]
    fresh = [word for word in again if start <= (word.start_sample + word.end_sample) // 2 < end]
    before = [word for word in words if word not in inside and word.start_sample < start]
    after = [word for word in words if word not in inside and word.start_sample >= start]
    if fresh and before and fresh[0].key == before[-1].key:
        fresh = fresh[1:]
    if fresh and after and fresh[-1].key == after[0].key:
        fresh = fresh[:-1]
    return [*before, *fresh, *after] if len(fresh) > len(inside) else list(words)


def without_loops(words: Sequence[WindowWord]) -> list[WindowWord]:
    """Drop a tail that comes faster than anyone speaks and repeats what came before it, or is hardly believed.

    The tail of a looping decoder is aligned to the last instants of the window, so its words have almost no length;
    a host who says a phrase twice takes the time to say it. A loop need not repeat every word ("two" comes back "to").
    """
    keys = [word.key for word in words]
    for start in range(len(words)):
        tail = keys[start:]
        if not _too_fast(words[start:]):
            continue
        if any(_alike(keys[at : at + len(tail)], tail) for at in range(start)):
            return list(words[:start])
        if len(tail) >= _CROWD and _mean_permille(words[start:]) < _CROWD_FLOOR_PERMILLE:
            return list(words[:start])
    return list(words)


def _alike(before: Sequence[str], tail: Sequence[str]) -> bool:
    """Whether at most one word in four differs; short tails have to be the same."""
    different = sum(1 for one, other in zip(before, tail, strict=False) if one != other)
    return len(before) == len(tail) and different <= len(tail) // 4


def under_voice(words: Sequence[WindowWord], voiced: Sequence[bool], first_frame_sample: int) -> list[WindowWord]:
    """Words that have voice under them, trimmed to it.

    ``voiced`` holds one decision a frame, the first beginning at ``first_frame_sample`` of the window (<= 0). A word
    that stretches over a pause keeps its longer voiced stretch, with two frames of margin.
    """
    kept = []
    for word in words:
        first = max(0, (word.start_sample - first_frame_sample) // FRAME_SAMPLES)
        last = min(len(voiced) - 1, (max(word.end_sample - 1, word.start_sample) - first_frame_sample) // FRAME_SAMPLES)
        frames = [index for index in range(first - 1, last + 2) if 0 <= index < len(voiced) and voiced[index]]
        if not frames:
            continue
        stretch = _longest_run(frames)
        start = max(word.start_sample, first_frame_sample + (stretch[0] - 2) * FRAME_SAMPLES)
        end = min(word.end_sample, first_frame_sample + (stretch[1] + 3) * FRAME_SAMPLES)
        kept.append(msgspec.structs.replace(word, start_sample=start, end_sample=max(end, start)))
    return kept


def believable(words: Sequence[WindowWord]) -> list[WindowWord]:
    """Drop runs that the engine itself hardly believes, and stock phrases alone that it does not believe well.

    One improbable word between others stays: somebody said something there, and a gap would air unjudged.
    """
    phrase = " ".join(word.key for word in words)
    if words and phrase in _STOCK_PHRASES and _mean_permille(words) < _STOCK_FLOOR_PERMILLE:
        return []
    kept: list[WindowWord] = []
    for doubted, run in groupby(words, key=lambda word: word.probability_permille < _PROBABILITY_FLOOR_PERMILLE):
        each = list(run)
        if not doubted or (len(each) == 1 and len(words) > 1):
            kept.extend(each)
    return kept


def _too_fast(words: Sequence[WindowWord]) -> bool:
    """Whether most of ``words`` have no length: at least half of them shorter than 20 ms."""
    short = sum(1 for word in words if word.end_sample - word.start_sample <= _SHORTEST_SAMPLES)
    whole = words[-1].end_sample - words[0].start_sample
    return short * 2 >= len(words) or whole < len(words) * SAMPLE_RATE_HZ // 10


def _longest_run(frames: Sequence[int]) -> tuple[int, int]:
    best = start = previous = frames[0]
    best_end = frames[0]
    for frame in frames[1:]:
        if frame > previous + 3:
            start = frame
        previous = frame
        if previous - start > best_end - best:
            best, best_end = start, previous
    return best, best_end


def _mean_permille(words: Sequence[WindowWord]) -> int:
    return sum(word.probability_permille for word in words) // len(words)
