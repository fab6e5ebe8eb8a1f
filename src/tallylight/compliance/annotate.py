"""Puts a pack's classes, numbers, money, times and the show's own names on the tokens of an utterance."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from tallylight.compliance.near_sounds import NearSounds
from tallylight.compliance.numbers import NumberSpan, find_numbers
from tallylight.compliance.pack import Pack
from tallylight.compliance.patterns import Annotated
from tallylight.compliance.tokens import HARD, Token
from tallylight.compliance.word_sets import word_set

MONEY_WORDS = {
    "USD": frozenset(["dollars", "dollar", "bucks", "buck", "usd"]),
    "CAD": frozenset(["dollars", "dollar", "bucks", "buck"]),
    "AUD": frozenset(["dollars", "dollar", "bucks", "buck"]),
    "GBP": frozenset(["pounds", "pound", "quid"]),
    "EUR": frozenset(["euros", "euro"]),
}
SMALL_MONEY_WORDS = frozenset(["cents", "cent", "pence"])
DURATION_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
_DURATION_WORDS = frozenset(DURATION_SECONDS) | frozenset(word + "s" for word in DURATION_SECONDS)
_CLOCK_WORDS = frozenset(["midnight", "noon", "tonight", "today", "tomorrow"])
_MERIDIEM = frozenset(["am", "pm", "oclock"])
_AFTER_AMOUNT = word_set(
    "today tonight right now only each apiece for plus down instead with on in at and so but until till "
    "while because or ladies guys everyone everybody if when from is that this which per before shipped "
    "free a the here i we you it all not normally usually was just flat total okay no sorry as by during "
    "then everyday my folks friends including"
)
_NAME_WORD_MIN = 3


def annotate(
    tokens: Sequence[Token], pack: Pack, currency: str, rivals: tuple[str, ...], products: tuple[str, ...]
) -> Annotated:
    """Everything that patterns can ask about ``tokens``."""
    texts = [token.text for token in tokens]
    spans: list[dict[str, tuple[int, ...]]] = [{} for _ in tokens]
    _lexicon_spans(texts, pack, spans)
    for name, near in pack.near.items():
        _near_spans(texts, near, name, spans)
    _name_spans(texts, rivals, "rival", pack.common, spans)
    _name_spans(texts, products, "product", pack.common, spans)
    _number_spans(tokens, texts, currency, spans)
    present = {f"<{name}>" for at in spans for name in at} | set(texts)
    return Annotated(tokens, spans, frozenset(present))


def money_words(currency: str) -> frozenset[str]:
    """The words that make a number an amount of ``currency``."""
    return MONEY_WORDS.get(currency, frozenset((currency.lower(),)))


def _add(spans: list[dict[str, tuple[int, ...]]], at: int, name: str, end: int) -> None:
    ends = spans[at].get(name, ())
    if end not in ends:
        spans[at][name] = tuple(sorted((*ends, end), reverse=True))


def _lexicon_spans(texts: Sequence[str], pack: Pack, spans: list[dict[str, tuple[int, ...]]]) -> None:
    line = " " + " ".join(texts) + " "
    starts, place = [], 0
    for text in texts:
        starts.append(place)
        place += len(text) + 1
    for last, (size, names) in pack.automaton.iter(line):
        end = bisect_left(starts, last)
        for name in names:
            _add(spans, end - size, name, end)


def _near_spans(texts: Sequence[str], near: NearSounds, name: str, spans: list[dict[str, tuple[int, ...]]]) -> None:
    for start in range(len(texts)):
        if name not in spans[start]:
            for end, _ in near.at(texts, start):
                _add(spans, start, name, end)


@lru_cache(maxsize=256)
def _names(names: tuple[str, ...], common: frozenset[str]) -> tuple[frozenset[tuple[str, ...]], NearSounds]:
    plain = frozenset(
        tuple("".join(letter for letter in word.lower() if letter.isalnum()) for word in name.replace("-", " ").split())
        for name in names
    )
    return plain, NearSounds([" ".join(name) for name in plain], common)


def _name_spans(
    texts: Sequence[str],
    names: tuple[str, ...],
    cls: str,
    common: frozenset[str],
    spans: list[dict[str, tuple[int, ...]]],
) -> None:
    if not names:
        return
    plain, near = _names(names, common)
    for start in range(len(texts)):
        for name in plain:
            if tuple(texts[start : start + len(name)]) == name:
                _add(spans, start, cls, start + len(name))
        if cls not in spans[start]:
            for end, _ in near.at(texts, start):
                _add(spans, start, cls, end)


def _number_spans(
    tokens: Sequence[Token], texts: Sequence[str], currency: str, spans: list[dict[str, tuple[int, ...]]]
) -> None:
    money = money_words(currency)
    numbers = find_numbers(texts)
    inside = 0
    for index, number in enumerate(numbers):
        if number.start < inside:  # the "fifty" of "twelve pounds fifty" is no number of its own
            continue
        _add(spans, number.start, "number", number.end)
        if any(value == value.to_integral_value() for value in number.readings):
            _add(spans, number.start, "count", number.end)
        after = texts[number.end] if number.end < len(texts) else ""
        following = numbers[index + 1] if index + 1 < len(numbers) else None
        if after in money or after in SMALL_MONEY_WORDS:
            inside = _money_end(texts, number, following)
            _add(spans, number.start, "money", inside)
        elif after in ("percent", "per"):
            if after == "percent" or texts[number.end + 1 : number.end + 2] == ["cent"]:
                _add(spans, number.start, "percent", number.end + (1 if after == "percent" else 2))
        elif after in _DURATION_WORDS:
            _add(spans, number.start, "duration", number.end + 1)
        elif after in _MERIDIEM:
            end = number.end + 1
            _add(spans, number.start, "clock", end + (end < len(texts) and texts[end] == "tonight"))
        elif after == "" or after in _AFTER_AMOUNT or tokens[number.end].before != 0:
            _add(spans, number.start, "amount", number.end)
            if after == "tonight":
                _add(spans, number.start, "clock", number.end + 1)
    for at, text in enumerate(texts):
        if text in ("a", "an", "one", "half") and _durations(texts, at):
            _add(spans, at, "duration", _durations(texts, at))
        if text in _CLOCK_WORDS:
            _add(spans, at, "clock", at + 1)
        if ":" in text and text.replace(":", "").isdigit():
            end = at + 1 + (at + 1 < len(texts) and texts[at + 1] in _MERIDIEM)
            _add(spans, at, "clock", end)
        if text == "half" and texts[at + 1 : at + 2] in (["off"], ["price"]):
            _add(spans, at, "percent", at + 1)


def _durations(texts: Sequence[str], at: int) -> int:
    """End of "a minute", "half an hour", "an hour"; 0 when there is none at ``at``."""
    skip = 2 if texts[at] == "half" and texts[at + 1 : at + 2] in (["an"], ["a"]) else 1
    if at + skip < len(texts) and texts[at + skip] in DURATION_SECONDS:
        return at + skip + 1
    return 0


def _money_end(texts: Sequence[str], number: NumberSpan, following: NumberSpan | None) -> int:
    """ "nineteen dollars (and) ninety nine (cents)": the end of it all."""
    end = number.end + 1
    if texts[number.end] in SMALL_MONEY_WORDS:
        return end
    if end < len(texts) and texts[end] in SMALL_MONEY_WORDS:
        return end + 1
    joined = end + 1 if end < len(texts) and texts[end] == "and" else end
    if following is not None and following.start == joined:
        cents_said = following.end < len(texts) and texts[following.end] in SMALL_MONEY_WORDS
        small = any(10 <= value < 100 for value in following.readings)
        unit = following.end < len(texts) and texts[following.end] not in _AFTER_AMOUNT and not cents_said
        if small and (cents_said or (joined == end and not unit)):
            return following.end + cents_said
    return end


def ends_sentence(tokens: Sequence[Token], at: int) -> bool:
    """Whether nothing follows token ``at`` in its sentence."""
    return at + 1 >= len(tokens) or tokens[at + 1].before == HARD
