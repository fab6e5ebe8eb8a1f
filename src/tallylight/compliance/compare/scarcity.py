"""How many are left, how many were sold, how many look: against stock and sales."""

from tallylight.compliance.annotate import DURATION_SECONDS
from tallylight.compliance.compare.said import Comparison, Said, state_of
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.numbers import find_numbers

_MANY = {"dozens": 24, "hundreds": 150, "thousands": 1000, "hundred": 90, "everybody": 50, "everyone": 50}
_LOW_STOCK_MAX = 20
_FAST_AN_HOUR = 20


def stock(said: Said, facts: LiveFacts) -> Comparison:
    """ "Only five left", "under ten", "more than fifty": the stock, give or take a twentieth."""
    span = said.capture("count", "number")
    if span is None:
        return Comparison("unknown", "", {})
    words = " ".join(said.words(*span))
    if facts.stock is None:
        return Comparison("unknown", words, {})
    number = said.numbers(*span)[0]
    readings = {int(value) for value in (*number.readings, *number.parts) if value == int(value)}
    if said.heard:
        readings |= {int(value) for value in number.near if value == int(value)}
    before = said.words(max(0, span[0] - 3), span[0])
    slack = max(1, facts.stock // (5 if said.about(span[0]) else 20))
    if "than" in before and ("more" in before or "less" in before or "fewer" in before):
        fits = any(facts.stock >= each if "more" in before else facts.stock <= each for each in readings)
    elif before[-1:] == ["over"]:
        fits = any(facts.stock >= each for each in readings)
    elif before[-1:] == ["under"]:
        fits = any(facts.stock <= each for each in readings)
    else:
        fits = any(abs(facts.stock - each) <= slack for each in readings)
    return Comparison(state_of(True, fits), words, {"stock": facts.stock})


def stock_of_many(said: Said, facts: LiveFacts) -> Comparison:
    """ "Hundreds of these", "dozens in stock": at least one of them."""
    words = said.core
    least = min((_MANY[word] for word in words.split() if word in _MANY and word.endswith("s")), default=None)
    if facts.stock is None or least is None:
        return Comparison("unknown", words, {})
    return Comparison(state_of(True, facts.stock >= least), words, {"stock": facts.stock})


def stock_one(said: Said, facts: LiveFacts) -> Comparison:
    """ "The last one", "the very last pair": one piece, or as good as one."""
    words = said.core
    if facts.stock is None:
        return Comparison("unknown", words, {})
    return Comparison(state_of(True, facts.stock <= 2), words, {"stock": facts.stock})


def any_left(said: Said, facts: LiveFacts) -> Comparison:
    """A bare "only two": a number of pieces where it is no amount that the shop knows."""
    result = stock(said, facts)
    if result.state != "contradicted" or facts.price is None:
        return result
    span = said.capture("count", "number")
    if span is not None and facts.stock is not None:
        values = [int(each) for each in find_numbers(said.words(*span))[0].readings]
        if min(values) > _LOW_STOCK_MAX or any(abs(each - float(facts.price)) < 1 for each in values):
            return Comparison("unknown", result.said, result.facts)
    return result


def low_stock(said: Said, facts: LiveFacts) -> Comparison:
    """ "Almost gone", without a number."""
    words = said.core
    if facts.stock is None:
        return Comparison("unknown", words, {})
    # What sells within the hour is going fast, however many there are.
    low = facts.stock <= max(_LOW_STOCK_MAX, facts.sold_last_hour or 0)
    return Comparison(state_of(True, low), words, {"stock": facts.stock})


def selling_fast(said: Said, facts: LiveFacts) -> Comparison:
    """ "Flying off the shelf": sold in the last hour, or few left."""
    words = said.core
    if facts.sold_last_hour is None:
        return Comparison("unknown", words, {}) if facts.stock is None else low_stock(said, facts)
    fast = facts.sold_last_hour >= _FAST_AN_HOUR or (facts.stock is not None and facts.stock <= _LOW_STOCK_MAX)
    return Comparison(state_of(True, fast), words, {"sold_last_hour": facts.sold_last_hour})


def sold_rate(said: Said, facts: LiveFacts) -> Comparison:
    """ "One every second", "one a minute": so many an hour."""
    spoken = said.words(said.match.core_start, said.match.core_end)
    words = " ".join(spoken)
    if facts.sold_last_hour is None:
        return Comparison("unknown", words, {})
    unit = next(
        (DURATION_SECONDS[word.removesuffix("s")] for word in spoken if word.removesuffix("s") in DURATION_SECONDS), 60
    )
    numbers = find_numbers(spoken[spoken.index("every") :]) if "every" in spoken else []
    seconds = (
        unit * int(numbers[0].readings[0])
        if numbers and numbers[0].readings[0] >= 1
        else unit * (10 if "few" in spoken else 1)
    )
    fits = facts.sold_last_hour * seconds * 2 >= 3600
    return Comparison(state_of(True, fits), words, {"sold_last_hour": facts.sold_last_hour})


def last_chance(said: Said, facts: LiveFacts) -> Comparison:
    """ "Never again": it does not come back later."""
    words = said.core
    if facts.returns_later is None:
        return Comparison("unknown", words, {})
    return Comparison(state_of(True, not facts.returns_later), words, {"returns_later": facts.returns_later})


def sold_last_hour(said: Said, facts: LiveFacts) -> Comparison:
    """ "Sold two hundred in the last hour"."""
    return _counted(said, "sold_last_hour", facts.sold_last_hour)


def viewers(said: Said, facts: LiveFacts) -> Comparison:
    """ "Fifty people have it in their basket"."""
    return _counted(said, "viewers_of_item", facts.viewers_of_item)


def _counted(said: Said, name: str, value: int | None) -> Comparison:
    span = said.capture("count", "number")
    spoken = said.words(said.match.core_start, said.match.core_end)
    many = next((_MANY[word] for word in spoken if word in _MANY), None)
    if span is None and many is not None and value is not None:
        return Comparison(state_of(True, value >= many), " ".join(spoken), {name: value})
    if span is None or value is None:
        return Comparison("unknown", " ".join(spoken), {})
    number = said.numbers(*span)[0]
    readings = (*number.readings, *number.parts)
    fits = any(abs(each - value) * 10 <= max(10, value) for each in readings)
    return Comparison(state_of(True, fits), " ".join(said.words(*span)), {name: value})
