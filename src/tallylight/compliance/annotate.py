"""Puts a pack's classes, numbers, money, times and the show's own names on the tokens of an utterance."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from tallylight.compliance.near_sounds import NearSounds
from tallylight.compliance.numbers import PARTS, NumberSpan, find_numbers
from tallylight.compliance.pack import Pack
from tallylight.compliance.patterns import Annotated
from tallylight.compliance.tokens import HARD, Token, boundaries
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
AND_A_PART: dict[tuple[str, ...], int] = {("and", "a", "half"): 2, ("and", "a", "quarter"): 4}
"""What may follow "an hour", and how many of it make one."""
_MERIDIEM = frozenset(["am", "pm", "oclock"])
_AFTER_AMOUNT = word_set(
    "today tonight right now only each apiece for plus down instead with on in at and so but until till "
    "while because or ladies guys everyone everybody if when from is that this which per before shipped "
    "free a the here i we you it all not normally usually was just flat total okay no sorry as by during "
    "then everyday my folks friends including even total altogether tops max everywhere elsewhere anywhere"
)
_ONE_OF = {"USD": (["dollar"], ["buck"]), "GBP": (["pound"], ["quid"]), "EUR": (["euro"],)}
_FRACTIONS = {
    "half": Decimal(50),
    "third": Decimal(100) / 3,
    "quarter": Decimal(25),
    "fifth": Decimal(20),
    "tenth": Decimal(10),
}
_NOT_A_PRICE_AFTER = _DURATION_WORDS | word_set(
    "am pm oclock percent inches inch feet foot ounces ounce oz ml grams gram pounds pound kilos kg karat carat people "
    "p k x by watt watts volt volts lumens milliamps mah calories reviews people pieces times thread count mg steps "
    "miles "
    "followers likes comments stitches degrees rpm hertz pages pixels views hearts viewers nits mile mm cm stars"
)
_AFTER_PRICE = word_set(
    "shipped shipping delivered delivery postage tops yall baby babe hun honey ma apiece retail value off less "
    "total plus tax "
    "gets buys takes makes he she they who what whole original originally regular list msrp takes will can would to"
)
_PAIRS = (["twenty", "twenty"], ["eleven", "eleven"])
_ONES = word_set("one two three four five six seven eight nine")
_TENS_WORDS = word_set("twenty thirty forty fifty sixty seventy eighty ninety")
_NO_NAMES = word_set(
    "i im ive monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august "
    "september october november december english spanish french italian german american chinese japanese korean "
    "british "
    "christmas easter halloween thanksgiving diwali hanukkah valentines god jesus lord mom dad mama papa grandma "
    "grandpa auntie "
    "uncle ok okay tv usb led hd xl xxl xs spf uv usa us uk america europe asia texas ohio california florida york "
    "chicago boston vegas paris london "
    "sarah emma jess jessica amy anna kate katie lisa laura maria mary mike michael john james david chris tom jen "
    "jenny "
    "jennifer ashley amanda emily megan rachel lauren nicole stephanie melissa michelle kim karen susan linda "
    "barbara nancy "
    "betty sandra donna carol ruth sharon heather tina gina mel bea jo joe josh matt dan danny steve kevin brian "
    "mark paul "
    "peter rob bob bill jim jack sam alex max ben nick tony ryan tyler jake luke adam eric jason tiffany kelly "
    "kayla hannah "
    "abby olivia sophia ava mia zoe chloe grace ella lily lucy rosa carmen priya mei fatima aisha lena nina dorothy "
    "dolly"
)
_TIME_BEFORE = word_set("at by until till before after around")
_POINTLESS = re.compile(r"[1-9]\d{0,2}(?:99|98|97|95|49|89|79)")
_NUMBER_BEFORE = word_set("item number lot model size year since in episode chapter page style code")


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
    _capital_spans(tokens, pack.common, spans)
    for at, text in enumerate(texts[:-1]):
        if texts[at + 1] == "than" and text.endswith("er") and text not in ("other", "rather", "another"):
            _add(spans, at, "comparative", at + 1)
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


def _capital_spans(tokens: Sequence[Token], common: frozenset[str], spans: list[dict[str, tuple[int, ...]]]) -> None:
    """Written names that no list holds: capitals inside a sentence. Words written all in capitals say nothing."""
    capitals = [at for at, token in enumerate(tokens) if token.capital]
    if not capitals or len(capitals) * 2 > len(tokens) + 1:
        return
    for at in capitals:
        text = tokens[at].text
        if tokens[at].before != HARD and text not in common and text not in _NO_NAMES and text.isalpha():
            end = at + 1
            while end < len(tokens) and tokens[end].capital and tokens[end].before == 0 and end < at + 3:
                end += 1
            _add(spans, at, "name", end)


def _number_spans(
    tokens: Sequence[Token], texts: Sequence[str], currency: str, spans: list[dict[str, tuple[int, ...]]]
) -> None:
    money = money_words(currency)
    numbers = find_numbers(texts, *boundaries(tokens))
    inside = 0
    of_one = {at: _one_unit_end(texts, at) for at in range(len(texts)) if _one_unit(texts, at, currency)}
    cents = {place for at, end in of_one.items() for place in range(at + 2, end)}
    for index, number in enumerate(numbers):
        if number.start < inside or number.start in cents:  # the "fifty" of "twelve pounds fifty", of "a buck fifty"
            continue
        if _cents_of_unheard(texts, number, money):
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
        elif _like_a_price(texts, number, after, bounded=number.end < len(tokens) and tokens[number.end].before != 0):
            _add(spans, number.start, "amount", number.end)
            _add(spans, number.start, "pricelike", number.end)
        elif texts[number.start : number.end] == ["one"]:  # "this one", "a new one": no amount
            continue
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
        share = fraction_at(texts, at)
        if share:
            _add(spans, at, "fraction", share)
            if texts[share : share + 1] in (["off"], ["price"], ["less"], ["cheaper"]):
                _add(spans, at, "percent", share)
        if at in of_one:
            _add(spans, at, "money", of_one[at])


def fraction_at(texts: Sequence[str], at: int) -> int:
    """End of "half", "a third", "two thirds", "three quarters"; 0 when there is none at ``at``."""
    if texts[at] == "half":
        return at + 1
    last = texts[at + 1 : at + 2]
    if texts[at] in ("a", "one", "two", "three") and last and last[0].removesuffix("s") in _FRACTIONS:
        return at + 2 if last[0] not in ("half", "quarter") or texts[at] in ("a", "one", "three") else 0
    return 0


def fraction_percent(words: Sequence[str]) -> Decimal:
    """What the words of ``fraction_at`` come to, in percent."""
    times = {"two": 2, "three": 3}.get(words[0], 1)
    return _FRACTIONS[words[-1].removesuffix("s")] * times


def _cents_of_unheard(texts: Sequence[str], number: NumberSpan, money: frozenset[str]) -> bool:
    """The cents of "some dollars and fifty cents": an amount whose dollars are no number is not known to be wrong."""
    before = texts[max(0, number.start - 2) : number.start]
    return (
        texts[number.end : number.end + 1] != []
        and texts[number.end] in SMALL_MONEY_WORDS
        and any(each in money for each in (before[:1] if before[-1:] == ["and"] else before[-1:]))
    )


def _like_a_price(texts: Sequence[str], number: NumberSpan, after: str, *, bounded: bool) -> bool:
    """Dollars and cents without their unit: "forty two fifty", "19.99"; not a time or a count of something."""
    likeliest = number.readings[0]
    cents = likeliest != likeliest.to_integral_value() and (likeliest * 100) % 1 == 0
    written = texts[number.start]
    last = texts[number.end - 1]
    if (
        last in _ONES
        and texts[number.end - 2 : number.end - 1] not in (["oh"], ["o"])
        and number.end - number.start > 1
    ):
        before_last = texts[number.end - 2]
        if before_last not in _TENS_WORDS:  # "twenty four seven"
            return False
    figure = number.end - number.start == 1 and "." in written and len(written.rpartition(".")[2]) == 2
    if number.end - number.start == 1 and _POINTLESS.fullmatch(written):  # "1299": a recogniser leaves out the point
        likeliest = number.readings[-1]
        cents = figure = True
    groups = number.end - number.start > 1 and "point" not in texts[number.start : number.end]
    before = texts[number.start - 1] if number.start else ""
    if groups and not (after == "" or bounded or after in _AFTER_AMOUNT or after in _AFTER_PRICE):
        return False  # "the seven thirty show"
    if groups and (
        (likeliest // 1 + likeliest % 1 * 100 == 100 and likeliest // 1 % 10 == 0)
        or texts[number.start : number.start + 2] in _PAIRS
    ):
        return False  # "sixty forty cotton and linen", "twenty twenty four"
    if before in _NUMBER_BEFORE or (before in _TIME_BEFORE and likeliest < 13 and likeliest % 1 * 100 < 60):
        return False
    return cents and (figure or groups) and after not in _NOT_A_PRICE_AFTER


def _one_unit(texts: Sequence[str], at: int, currency: str) -> bool:
    return texts[at] in ("a", "one", "another") and texts[at + 1 : at + 2] in _ONE_OF.get(currency, ())


def _one_unit_end(texts: Sequence[str], at: int) -> int:
    """ "a dollar", "a buck fifty", "a dollar ninety nine": where it ends."""
    if tuple(texts[at + 2 : at + 5]) in PARTS:  # "a dollar and a quarter"
        return at + 5
    cents = find_numbers(texts[at + 2 : at + 4])
    if cents and cents[0].start == 0 and any(10 <= value < 100 for value in cents[0].readings):
        return at + 2 + cents[0].end
    return at + 2


def _durations(texts: Sequence[str], at: int) -> int:
    """End of "a minute", "half an hour", "an hour and a half"; 0 when there is none at ``at``."""
    if at and texts[at - 1] == "half":
        return 0
    skip = 2 if texts[at] == "half" and texts[at + 1 : at + 2] in (["an"], ["a"]) else 1
    end = at + skip
    if end >= len(texts) or texts[end] not in DURATION_SECONDS:
        return 0
    return end + 4 if tuple(texts[end + 1 : end + 4]) in AND_A_PART else end + 1


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
