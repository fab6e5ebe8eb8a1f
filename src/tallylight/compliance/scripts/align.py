"""Where in its script a host is: words in, a line or no line for each, as they come.

A Viterbi path over two states a script token: "this word is that token" and "off the script, having left it there".
The next token is free, skipping some costs a little, leaving and coming back more, and going to another line most, so
that recogniser errors, lost words, repeats and ad-libs bend the path instead of breaking it. A word is placed for
good once enough after it is known: the caller says when. One step costs a few numpy operations over the script, about
0.2 ms for a thousand lines. Pure: no clock, no I/O.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from tallylight.compliance.numbers import find_numbers, is_number_word
from tallylight.compliance.scripts.types import Segment
from tallylight.compliance.tokens import read_tokens
from tallylight.compliance.word_sets import word_set
from tallylight.speech.recogniser import Word

LIGHT = word_set(
    "a an the and or but so if then that this these those it its is are was were be been am do does did has have had "
    "of to in on at for from with by as up out into about over i you we he she they me us him them my your our their "
    "his her there here just really very well now like okay oh yeah yes right also too can will would could should "
    "going get got let know want one what who which how when where all some any"
)
LIGHT_WEIGHT = 0.25
"""A light word proves little: every sentence has them."""
DENIALS = word_set("not no never without nor none")
SAID_SHARE = 0.6
"""A line is said when this share of its weight was heard; recognisers lose about one word in ten, hosts shorten."""

_SAME_WORD, _HALF = 75, 0.7
_REACH = 5
_MATCH, _SKIP, _REPEAT = 2.0, 0.5, 0.7
_LEAVE, _RETURN, _TO_LINE, _TO_WORD = 1.5, 0.6, 2.0, 4.0
_WRONG, _WRONG_A_WEIGHT = 0.3, 0.9
_FOCUS, _TO_FOCUS = 0.5, 0.4
_FORGET_US = 60_000_000
# How a token's state came about: from the token k before, from itself, from off the script k before, from anywhere.
_REPEATED, _RETURNED, _JUMPED = _REACH, _REACH + 1, 2 * _REACH + 1

Scores = NDArray[np.float32]
Choices = NDArray[np.uint8]


class LinePlace(msgspec.Struct, frozen=True):
    """A line of the script, both counted from 0."""

    segment: int
    line: int


class Placed(msgspec.Struct, frozen=True):
    """A spoken word and the line that it belongs to; None: off the script.

    ``weight``: how much it says, 0 for fillers. ``instead_of``: the script's words, when a figure or a denial was
    changed; "" when a denial was added.
    """

    word: Word
    place: LinePlace | None
    weight: float
    instead_of: str | None = None


class LineHeard(msgspec.Struct, frozen=True):
    """A line that has been said, with its programme time."""

    place: LinePlace
    start_us: int
    end_us: int
    heard_permille: int


class _Token(msgspec.Struct, frozen=True):
    """A word or a whole number; ``readings``: what a number may be. ``first`` to ``last``: the words it came from."""

    text: str
    weight: float
    readings: frozenset[Decimal]
    first: int
    last: int


class _Step(msgspec.Struct, frozen=True):
    """How each state was reached at one spoken token; ``best``: the best state before it, off the script from
    ``size`` on. ``words``: those that the token brings along, none when a token before has brought its word.
    """

    token: _Token
    words: tuple[Word, ...]
    start_us: int
    end_us: int
    on: Choices
    left: NDArray[np.bool_]
    best: int


class _Progress(msgspec.Struct):
    """What was heard of a line so far."""

    heard: set[int]
    start_us: int
    end_us: int
    said: bool = False


class ScriptAligner:
    """Follows one script. ``hear`` words as they come, then ``settle`` those that will not be understood better."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._tokens: list[_Token] = []
        self._places: list[LinePlace] = []
        starts: list[bool] = []
        for number, segment in enumerate(segments):
            for index, line in enumerate(segment.lines):
                for position, token in enumerate(_tokens(line.split())):
                    self._tokens.append(token)
                    self._places.append(LinePlace(number, index))
                    starts.append(position == 0)
        size = self._size = len(self._tokens)
        self._vocabulary: dict[str, list[int]] = {}
        for at, token in enumerate(self._tokens):
            self._vocabulary.setdefault(token.text, []).append(at)
        self._numbers = [at for at, token in enumerate(self._tokens) if token.readings]
        self._starts = np.array(starts, dtype=np.bool_)
        self._segments = np.array([place.segment for place in self._places], dtype=np.int32)
        self._jump: Scores = np.where(self._starts, np.float32(_TO_LINE), np.float32(_TO_WORD))
        self._on: Scores = np.full(size, -np.inf, dtype=np.float32)
        self._off: Scores = np.full(size + 1, -np.inf, dtype=np.float32)
        self._off[0] = 0
        self._waiting: list[Word] = []
        self._steps: list[_Step] = []
        self._total: dict[LinePlace, float] = {}
        for token, place in zip(self._tokens, self._places, strict=True):
            self._total[place] = self._total.get(place, 0.0) + token.weight
        self._progress: dict[LinePlace, _Progress] = {}
        self._last_token: int | None = None
        self._newly_said: list[LineHeard] = []

    @property
    def place(self) -> LinePlace | None:
        """The line that the host is at, as far as can be told now; None off the script or before its first word."""
        if not self._size or not self._steps:
            return None if self._last_token is None else self._places[self._last_token]
        best = _best(self._on, self._off)
        return self._places[best] if best < self._size else None

    def focus(self, segment: int | None) -> None:
        """Expect this segment rather than others, because its cue was fired; most of all its beginning."""
        self._jump = np.where(self._starts, np.float32(_TO_LINE), np.float32(_TO_WORD))
        if segment is not None and (mine := np.flatnonzero(self._segments == segment)).size:
            self._jump[mine] -= np.float32(_FOCUS)
            self._jump[mine[0]] = _TO_FOCUS

    def hear(self, words: Sequence[Word]) -> None:
        """Take in words, in order, each once."""
        self._waiting.extend(words)

    def settle(self, until_us: int) -> list[Placed]:
        """Place every word that ends by ``until_us``, for good; the words after it are taken into account."""
        self._advance(until_us)
        count = 0
        while count < len(self._steps) and self._steps[count].end_us <= until_us:
            count += 1
        placed: list[Placed] = []
        for step, state in zip(self._steps[:count], self._trace()[:count], strict=True):
            more = self._placed(step, state)
            if more.words or not placed:
                placed += _of_token(more)
            else:  # a second token of the same word: "not" of "can't"
                placed[-1] = _both(placed[-1], more)
        self._steps = self._steps[count:]
        return placed

    def said(self) -> list[LineHeard]:
        """The lines that have been said since the last time this was asked."""
        new, self._newly_said = self._newly_said, []
        return new

    def remember(self, place: LinePlace, start_us: int, end_us: int) -> None:
        """The line was said before a restart."""
        self._progress[place] = _Progress(set(), start_us, end_us, said=True)

    # -- inside

    def _advance(self, until_us: int) -> None:
        """Read the waiting words; a number at their end waits for its rest, unless it has to be placed now."""
        ready = len(self._waiting)
        while ready and self._waiting[ready - 1].end_us > until_us and _may_go_on(self._waiting[ready - 1]):
            ready -= 1
        words, self._waiting = self._waiting[:ready], self._waiting[ready:]
        tokens = _tokens([word.text for word in words])
        at = 0
        for token in tokens:
            # Fillers have no token; they go with the word after them.
            self._step(token, words[at : token.last + 1], words[token.first].start_us, words[token.last].end_us)
            at = token.last + 1
        if at < len(words):
            self._step(_Token("", 0.0, frozenset(), 0, 0), words[at:], words[at].start_us, words[-1].end_us)

    def _step(self, token: _Token, words: Sequence[Word], start_us: int, end_us: int) -> None:
        size = self._size
        if not size:
            nowhere = (np.zeros(0, np.uint8), np.zeros(1, np.bool_), 0)
            self._steps.append(_Step(token, tuple(words), start_us, end_us, *nowhere))
            return
        best = _best(self._on, self._off)
        top = self._on[best] if best < size else self._off[best - size]
        ways = np.full((2 * _REACH + 2, size), -np.inf, dtype=np.float32)
        for back in range(min(_REACH, size)):
            ways[back, back + 1 :] = self._on[: size - 1 - back] - np.float32(_SKIP * back)
            ways[_RETURNED + back, back:] = self._off[: size - back] - np.float32(_RETURN + 0.1 * back)
        ways[_REPEATED] = self._on - np.float32(_REPEAT)
        ways[_JUMPED] = top - self._jump
        on = ways.argmax(axis=0).astype(np.uint8)
        fresh_on = ways.max(axis=0) + self._fit(token)
        leaving = np.concatenate(([np.float32(-np.inf)], self._on - np.float32(_LEAVE)))
        left = leaving > self._off
        fresh_off = np.where(left, leaving, self._off)
        level = max(fresh_on.max(), fresh_off.max())
        self._on, self._off = fresh_on - level, fresh_off - level
        self._steps.append(_Step(token, tuple(words), start_us, end_us, on, left, best))

    def _fit(self, token: _Token) -> Scores:
        """How well the spoken token fits each of the script."""
        fit = np.full(self._size, -(_WRONG + _WRONG_A_WEIGHT * token.weight), dtype=np.float32)
        if token.weight == 0:
            fit[:] = 0
        elif token.readings:
            for at in self._numbers:
                if token.readings & self._tokens[at].readings:
                    fit[at] = _MATCH
        else:
            for text, places in self._vocabulary.items():
                likeness = _likeness(token.text, text)
                if likeness:
                    fit[places] = _MATCH * token.weight * likeness
        return fit

    def _trace(self) -> list[int]:
        """The best path to now, a state a step; from ``size`` on: off the script."""
        size = self._size
        if not size:
            return [0] * len(self._steps)
        state = _best(self._on, self._off)
        path: list[int] = []
        for step in reversed(self._steps):
            path.append(state)
            if state >= size:
                state = state - size - 1 if step.left[state - size] else state
                continue
            choice = int(step.on[state])
            if choice < _REACH:
                state -= choice + 1
            elif choice == _JUMPED:
                state = step.best
            elif choice >= _RETURNED:
                state = size + state - (choice - _RETURNED)
        path.reverse()
        return path

    def _placed(self, step: _Step, state: int) -> "_Placement":
        token = step.token
        if state >= self._size:
            return _Placement(step.words, None, token.weight, None)
        mine = self._tokens[state]
        fits = bool(token.readings & mine.readings) or _likeness(token.text, mine.text) > 0
        instead = self._instead(token, state, fits=fits)
        self._last_token = state
        if fits:
            self._note_heard(state, step)
        return _Placement(step.words, self._places[state], token.weight, instead)

    def _instead(self, token: _Token, state: int, *, fits: bool) -> str | None:
        """What the script says where a figure or a denial was changed, or a denial left out; None where it was not."""
        mine = self._tokens[state]
        if not fits and token.readings and mine.readings:
            return mine.text
        if not fits and token.text in DENIALS:
            return ""
        before = self._last_token
        if fits and before is not None and before < state <= before + _REACH:
            skipped = [each for each in self._tokens[before + 1 : state] if each.text in DENIALS]
            if skipped and self._places[before] == self._places[state]:
                return f"{skipped[0].text} {mine.text}"
        return None

    def _note_heard(self, state: int, step: _Step) -> None:
        place = self._places[state]
        progress = self._progress.get(place)
        if progress is None or (not progress.said and step.start_us - progress.end_us > _FORGET_US):
            progress = self._progress[place] = _Progress(set(), step.start_us, step.end_us)
        if progress.said:
            return
        progress.heard.add(state)
        progress.end_us = step.end_us
        share = sum(self._tokens[at].weight for at in progress.heard) / self._total[place]
        if share >= SAID_SHARE:
            progress.said = True
            heard = LineHeard(place, progress.start_us, progress.end_us, min(1000, round(share * 1000)))
            self._newly_said.append(heard)


def weight_of(text: str) -> float:
    """How much a token says."""
    return LIGHT_WEIGHT if text in LIGHT else 1.0


def _tokens(words: Sequence[str]) -> list[_Token]:
    """Tokens with whole numbers as one."""
    read = read_tokens(words)
    texts = [token.text for token in read]
    numbers = {number.start: number for number in find_numbers(texts)}
    tokens: list[_Token] = []
    at = 0
    while at < len(read):
        number = numbers.get(at)
        end = at + 1 if number is None else number.end
        readings = frozenset() if number is None else frozenset((*number.readings, *number.near))
        text = " ".join(texts[at:end])
        # "one" is a number and a light word; alone it says little.
        weight = weight_of(text) if number is None or text == "one" else 1.0
        tokens.append(_Token(text, weight, readings, read[at].word, read[end - 1].word))
        at = end
    return tokens


class _Placement(msgspec.Struct, frozen=True):
    """Where a token was placed, with the words that it brings along."""

    words: tuple[Word, ...]
    place: LinePlace | None
    weight: float
    instead: str | None


def _of_token(placement: _Placement) -> list[Placed]:
    """A placement a word; the last of them carries what the token weighs."""
    last = len(placement.words) - 1
    return [
        Placed(
            word, placement.place, placement.weight if at == last else 0.0, placement.instead if at == last else None
        )
        for at, word in enumerate(placement.words)
    ]


def _both(placed: Placed, more: _Placement) -> Placed:
    instead = placed.instead_of if more.instead is None else more.instead
    return msgspec.structs.replace(placed, weight=placed.weight + more.weight, instead_of=instead)


def _best(on: Scores, off: Scores) -> int:
    """The best state; from ``len(on)`` on: off the script."""
    at_on, at_off = (int(on.argmax()) if len(on) else 0), int(off.argmax())
    return at_on if len(on) and on[at_on] >= off[at_off] else len(on) + at_off


def _may_go_on(word: Word) -> bool:
    tokens = read_tokens([word.text])
    return bool(tokens) and is_number_word(tokens[-1].text)


def _likeness(spoken: str, written: str) -> float:
    """1 for the same word, less for one that sounds like it, 0 for another."""
    if spoken == written:
        return 1.0
    if min(len(spoken), len(written)) < 4 or spoken[:1].isdigit() or written[:1].isdigit():
        return 0.0
    if spoken.rstrip("s") == written.rstrip("s"):
        return 1.0
    longer, shorter = (spoken, written) if len(spoken) > len(written) else (written, spoken)
    if longer.startswith(shorter) or longer.endswith(shorter):
        return _HALF  # "rain fall" for "rainfall"
    ratio = fuzz.ratio(spoken, written)
    return ratio / 100 * 0.9 if ratio >= _SAME_WORD else 0.0
