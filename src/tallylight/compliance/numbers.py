"""Numbers as people say them, with every reading kept.

"nineteen ninety nine" is 19.99 or 1999; "one twenty nine" is 1.29 or 129; a recogniser writes "fourteen ninety nine"
as "4099" now and then, so -teen and -ty are kept as readings of one another, apart (``near``). Callers contradict a
host only when no reading fits a fact.
"""

import re
from collections.abc import Iterator, Sequence, Set
from decimal import Decimal

import msgspec

_SMALL = (
    "zero one two three four five six seven eight nine ten",
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
)
_TIES = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(" ".join(_SMALL).split())}
_TENS = {word: (index + 2) * 10 for index, word in enumerate(_TIES.split())}
_FIGURE = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?|\.\d+")
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_GROUPS_MAX = 4
_PAIR = 2
_MOST_HUNDREDS = 9
_TEEN_TY = {13: 30, 14: 40, 15: 50, 16: 60, 17: 70, 18: 80, 19: 90}
_NEAR = _TEEN_TY | {ty: teen for teen, ty in _TEEN_TY.items()}
PARTS: dict[tuple[str, ...], Decimal] = {
    ("and", "a", "half"): Decimal("0.5"),
    ("and", "a", "quarter"): Decimal("0.25"),
    ("and", "a", "third"): Decimal("0.33"),
    ("and", "three", "quarters"): Decimal("0.75"),
}
"""What may follow a whole number."""
_HUNDRED = 100
_ROUND = frozenset(range(_HUNDRED, 1000, _HUNDRED))
_FIRST_WORDS = frozenset([*_UNITS, *_TENS, "hundred", "thousand", "dozen", "half", "a"])
_FIRST_SIGNS = frozenset("0123456789.")


class NumberSpan(msgspec.Struct, frozen=True):
    """Tokens ``start`` to ``end`` (exclusive) say a number: ``readings`` are what it may be, likeliest first.

    ``near`` holds what it may be if a -teen was heard as a -ty or the other way round; ``parts`` what its parts may be
    where several numbers follow one another: "seventeen fifty thirty (percent)", "forty two, forty two".
    """

    start: int
    end: int
    readings: tuple[Decimal, ...]
    near: tuple[Decimal, ...] = ()
    parts: tuple[Decimal, ...] = ()

    def may_be(self, value: Decimal) -> bool:
        return value in self.readings or value in self.near


def is_number_word(token: str) -> bool:
    """Whether a token can stand inside a number."""
    return (
        token in _UNITS
        or token in _TENS
        or token in ("hundred", "thousand", "million", "dozen")
        or bool(_FIGURE.fullmatch(token))
    )


def find_numbers(
    tokens: Sequence[str], ends: Set[int] = frozenset(), pauses: Set[int] = frozenset()
) -> list[NumberSpan]:
    """Every number in ``tokens`` (lower case, no punctuation but the decimal point), in order.

    ``ends``: tokens that begin a sentence, over which no number goes; ``pauses``: tokens after a comma.
    """
    spans = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        # Most words begin no number; this is asked of each of them.
        span = _number_at(tokens, at, ends, pauses) if token in _FIRST_WORDS or token[:1] in _FIRST_SIGNS else None
        if span is None:
            at += 1
        else:
            spans.append(span)
            at = span.end
    return spans


def _number_at(tokens: Sequence[str], start: int, ends: Set[int], pauses: Set[int]) -> NumberSpan | None:
    dozen = _dozen_at(tokens, start)
    if dozen is not None:
        return dozen
    groups: list[Decimal] = []
    begins: list[int] = []
    at = start
    while at < len(tokens) and len(groups) < _GROUPS_MAX and not (groups and at in ends):
        group = _group_at(tokens, at, first=not groups)
        if group is None:
            break
        value, end = group
        groups.append(value)
        begins.append(at)
        at = end
    if not groups:
        return None
    readings = _readings(groups, tokens[start:at])
    heard = [*_near_readings(groups, tokens[start:at]), *_hundred_in(groups, tokens, at)]
    near = tuple(dict.fromkeys(value for value in heard if value not in readings))
    parts: tuple[Decimal, ...] = ()
    if len(groups) > 1 and (len(groups) > _PAIR or groups[0] == groups[1] or pauses & set(begins[1:])):
        parts = tuple(dict.fromkeys(_parts(groups, tokens, [*begins, at])))
    return NumberSpan(start, at, readings, near, parts)


def _parts(groups: Sequence[Decimal], tokens: Sequence[str], bounds: Sequence[int]) -> Iterator[Decimal]:
    """What each run of ``groups`` but the whole may mean by itself."""
    for first in range(len(groups)):
        for last in range(first + 1, len(groups) + 1):
            if last - first < len(groups):
                yield from _readings(groups[first:last], tokens[bounds[first] : bounds[last]])


def _dozen_at(tokens: Sequence[str], start: int) -> NumberSpan | None:
    words = tuple(tokens[start : start + 3])
    if words[:3] in (("half", "a", "dozen"), ("a", "half", "dozen")):
        return NumberSpan(start, start + 3, (Decimal(6),))
    if words[:2] == ("half", "dozen"):
        return NumberSpan(start, start + 2, (Decimal(6),))
    if words[:2] == ("a", "dozen"):
        return NumberSpan(start, start + 2, (Decimal(12),))
    if words[:1] == ("dozen",):
        return NumberSpan(start, start + 1, (Decimal(12),))
    if words[1:2] == ("dozen",) and words[0] in _UNITS:
        return NumberSpan(start, start + 2, (Decimal(12 * _UNITS[words[0]]),))
    return None


def _group_at(tokens: Sequence[str], at: int, *, first: bool) -> tuple[Decimal, int] | None:
    """One spoken group: a cardinal ("ninety nine", "two hundred and five", "3 thousand"), "oh five", or a figure."""
    token = tokens[at]
    if _FIGURE.fullmatch(token):
        value, end = Decimal(token.replace(",", "")), at + 1
        if end < len(tokens) and tokens[end] in _SCALES and value < 1000:
            value, end = value * _SCALES[tokens[end]], end + 1
        return value, end
    if not first and token in ("oh", "o") and at + 1 < len(tokens) and 0 < _UNITS.get(tokens[at + 1], 0) < 10:
        return Decimal(_UNITS[tokens[at + 1]]) / 100, at + 2
    return _cardinal_at(tokens, at)


def _cardinal_at(tokens: Sequence[str], at: int) -> tuple[Decimal, int] | None:
    if tokens[at] == "a" and at + 1 < len(tokens) and tokens[at + 1] in _SCALES:
        value, end = 1, at + 1
    elif tokens[at] in ("hundred", "thousand"):  # "thousand watt motor"
        value, end = 1, at
    else:
        small = _under_hundred(tokens, at)
        if small is None:
            return None
        value, end = small
    for word, scale in _SCALES.items():
        if end < len(tokens) and tokens[end] == word:
            value, end = value * scale, end + 1
            joined = end + 1 if end < len(tokens) and tokens[end] == "and" else end
            rest = _under_hundred(tokens, joined) if word == "hundred" else _under_thousand(tokens, joined)
            if rest is not None and word != "million":
                value, end = value + rest[0], rest[1]
    part = PARTS.get(tuple(tokens[end : end + 3]))
    if part is not None:  # "four and a half"
        return Decimal(value) + part, end + 3
    if end + 1 < len(tokens) and tokens[end] == "point":
        digits = ""
        place = end + 1
        while place < len(tokens) and (tokens[place] in _UNITS or tokens[place] in _TENS):
            digits += str(_UNITS.get(tokens[place], _TENS.get(tokens[place], 0)))
            place += 1
        if digits:
            return Decimal(f"{value}.{digits}"), place
    return Decimal(value), end


def _under_thousand(tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    """ "two hundred and forty nine", or less than a hundred."""
    small = _under_hundred(tokens, at)
    if small is None or small[0] > _MOST_HUNDREDS or tokens[small[1] : small[1] + 1] != ["hundred"]:
        return small
    value, end = small[0] * 100, small[1] + 1
    rest = _under_hundred(tokens, end + 1 if tokens[end : end + 1] == ["and"] else end)
    return (value, end) if rest is None else (value + rest[0], rest[1])


def _under_hundred(tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token in _TENS:
        unit = _UNITS.get(tokens[at + 1], 0) if at + 1 < len(tokens) else 0
        return (_TENS[token] + unit, at + 2) if 0 < unit < 10 else (_TENS[token], at + 1)
    if token in _UNITS:
        return _UNITS[token], at + 1
    return None


def _readings(groups: Sequence[Decimal], tokens: Sequence[str]) -> tuple[Decimal, ...]:
    """What groups said one after another may mean; a run of three or four digits may lack its point."""
    whole = all(group == group.to_integral_value() or group < 1 for group in groups)
    found: list[Decimal] = []
    if len(groups) == 1:
        found.append(groups[0])
        if len(tokens) == 1 and tokens[0].isdigit() and 3 <= len(tokens[0]) <= 5:
            found.append(groups[0] / 100)
    elif whole:
        *head, last = groups
        cents = last if last < 1 else last / 100
        joined = _joined(head)
        if joined is not None and cents < 1:
            found.append(joined + cents)
        together = _joined(groups)
        if together is not None:
            found.append(together)
        if not found:
            found.extend(groups)
    else:
        found.extend(groups)
    return tuple(dict.fromkeys(value.normalize() + 0 for value in found))


def _joined(groups: Sequence[Decimal]) -> Decimal | None:
    """Groups run together: 1, 29 is 129; 19, 99 is 1999. None when a later group is not two digits."""
    value = groups[0]
    for group in groups[1:]:
        if not 10 <= group < 100:
            return None
        value = value * 100 + group
    return value


def _near_readings(groups: Sequence[Decimal], tokens: Sequence[str]) -> list[Decimal]:
    near: list[Decimal] = []
    for index, group in enumerate(groups):
        other = _NEAR.get(int(group)) if group == group.to_integral_value() else None
        if other is not None:
            near.extend(_readings([*groups[:index], Decimal(other), *groups[index + 1 :]], ["", ""]))
    if len(groups) == 1:
        near.extend(_near_figure(groups[0], tokens))
    return near


def _hundred_in(groups: Sequence[Decimal], tokens: Sequence[str], end: int) -> Iterator[Decimal]:
    """ "A hundred and nineteen" comes back as "100 in 19"."""
    if len(groups) == 1 and groups[0] in _ROUND and tokens[end : end + 1] in (["in"], ["and"], ["an"]):
        rest = _group_at(tokens, end + 1, first=True) if end + 1 < len(tokens) else None
        if rest is not None and 0 < rest[0] < _HUNDRED:
            yield groups[0] + rest[0]


def _near_figure(value: Decimal, tokens: Sequence[str]) -> list[Decimal]:
    """-teen and -ty inside one figure: "40.99" or "4099" for fourteen ninety nine."""
    if len(tokens) != 1:
        return []
    price = value / 100 if tokens[0].isdigit() and len(tokens[0]) == 4 else value
    units, cents = divmod(price, 1)
    other = _NEAR.get(int(units))
    # "40 99" run together: the ty swallows the ninety, so 49.99 may be fourteen ninety nine as well.
    swallowed = _NEAR.get(int(units) - int(units) % 10) if cents and int(units) % 10 == 9 and units > 20 else None
    return [Decimal(guess) + cents for guess in (other, swallowed) if guess is not None]
