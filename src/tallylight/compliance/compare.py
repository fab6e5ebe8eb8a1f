"""Comparing what was said with live facts: price, reference price, saving, percentage, stock, deadline and the like.

Each comparison answers fine, contradicted or unknown. With several products in question it is fine when any fits,
contradicted only when none fits and nothing is unknown. Every reading of a number counts (see ``numbers``).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Literal

import msgspec

from tallylight.compliance.annotate import DURATION_SECONDS, SMALL_MONEY_WORDS
from tallylight.compliance.facts import LiveFacts, ProductFacts, amount
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.patterns import Annotated, Match
from tallylight.compliance.word_sets import word_set

State = Literal["fine", "contradicted", "unknown"]
_ABOUT_DEALS = frozenset({"deadline", "deal_ending"})
_ABOUT = word_set("about around roughly almost nearly approximately like maybe")
_RECOMMENDED = word_set("rrp recommended retail retails msrp list")
_LOW_STOCK_MAX = 20
_SOON_S = 15 * 60
_NOT_SOON_S = 60 * 60


class Comparison(msgspec.Struct, frozen=True):
    """What came of comparing: ``said`` in words for the desk, ``facts`` as compared."""

    state: State
    said: str
    facts: Mapping[str, str | int | bool]


class Said(msgspec.Struct, frozen=True):
    """The match that is compared, in its text. ``heard``: from a recogniser, so near readings count."""

    match: Match
    text: Annotated
    heard: bool

    def words(self, start: int, end: int) -> list[str]:
        return [token.text for token in self.text.tokens[start:end]]

    def capture(self, *names: str) -> tuple[int, int] | None:
        return next((span for name in names if (span := self.match.capture(name)) is not None), None)

    def about(self, start: int) -> bool:
        return bool(_ABOUT & set(self.words(max(0, start - 2), start)))


def compare(name: str, said: Said, products: Sequence[ProductFacts]) -> Comparison:
    """Compare one match; raises KeyError for a comparison that does not exist."""
    one = _COMPARISONS[name]
    if name in _ABOUT_DEALS:
        # "This deal ends in ..." is not about a product beside it that has none.
        products = [product for product in products if product.facts.deal_ends_at is not None] or products
    results = [one(said, product.facts) for product in products] or [one(said, LiveFacts())]
    for wanted in ("fine", "unknown", "contradicted"):
        for result in results:
            if result.state == wanted:
                return result
    raise AssertionError("a comparison has three states")


def amounts(said: Said, span: tuple[int, int]) -> tuple[set[Decimal], set[Decimal]]:
    """(readings, near readings) of the money or bare amount in ``span``."""
    words = said.words(*span)
    numbers = find_numbers(words)
    if not numbers:
        return set(), set()
    if len(numbers) == 2:
        minor = [value / 100 for value in numbers[1].readings if 0 < value < 100]
        return {whole + cents for whole in numbers[0].readings for cents in minor if whole % 1 == 0}, set()
    number = numbers[0]
    after = words[number.end] if number.end < len(words) else ""
    if after in SMALL_MONEY_WORDS:
        return {value / 100 for value in number.readings}, set()
    return set(number.readings), set(number.near)


def _fits(said: Said, span: tuple[int, int], value: Decimal) -> bool:
    exact, near = amounts(said, span)
    if value in exact or (said.heard and value in near):
        return True
    rounded = value.to_integral_value(ROUND_CEILING)
    if rounded in exact and rounded - value <= max(Decimal("0.05"), value / 100):
        return True
    return said.about(span[0]) and any(abs(each - value) * 20 <= value for each in exact)


def _state(known: bool, fits: bool) -> State:
    return "fine" if fits else "contradicted" if known else "unknown"


def _price(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount")
    price = amount(facts.price)
    if span is None:
        return Comparison("unknown", "", {})
    shown = {"price": facts.price or ""} if facts.price else {}
    fits = price is not None and (
        _fits(said, span, price) or any(_fits(said, span, price * count) for count in _counts_before(said, span[0]))
    )
    for bundle in facts.bundles or []:
        fits = fits or _fits(said, span, Decimal(bundle.price))
    return Comparison(_state(price is not None, fits), " ".join(said.words(*span)), shown)


def _counts_before(said: Said, start: int) -> list[int]:
    """Small counts just before an amount: "if you buy two it's sixty dollars"."""
    words = said.words(max(0, start - 5), start)
    return [int(value) for number in find_numbers(words) for value in number.readings if value in range(2, 13)]


def _reference(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount")
    if span is None:
        return Comparison("unknown", "", {})
    known = {name: value for name in ("list_price", "price") if (value := getattr(facts, name)) is not None}
    fits = any(_fits(said, span, Decimal(value)) for value in known.values())
    words = " ".join(said.words(*span))
    if fits and facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {**known, "reference_price_substantiated": False})
    return Comparison(_state("list_price" in known, fits), words, known)


def _saving(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount")
    price, regular = amount(facts.price), amount(facts.list_price)
    if span is None or price is None or regular is None:
        return Comparison("unknown", " ".join(said.words(*span)) if span else "", {})
    fits = _fits(said, span, regular - price)
    return Comparison(
        _state(True, fits), " ".join(said.words(*span)), {"price": str(price), "list_price": str(regular)}
    )


def _percentage(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("percent")
    if span is None:
        return Comparison("unknown", "", {})
    words = said.words(*span)
    numbers = find_numbers(words)
    readings = set(numbers[0].readings) if numbers else {Decimal(50)} if words[0] == "half" else set()
    near = set(numbers[0].near) if numbers and said.heard else set()
    price, regular = amount(facts.price), amount(facts.list_price)
    if price is None or not regular:
        return Comparison("unknown", " ".join(words), {})
    real = (1 - price / regular) * 100
    fits = any(abs(each - real) <= 1 for each in readings | near)
    return Comparison(_state(True, fits), " ".join(words), {"price": str(price), "list_price": str(regular)})


def _from_lowest_30d(one: Callable[[Said, LiveFacts], Comparison]) -> Callable[[Said, LiveFacts], Comparison]:
    """The comparison with the lowest price of the last 30 days as the price before (Directive 98/6/EC art. 6a)."""

    def compared(said: Said, facts: LiveFacts) -> Comparison:
        if _RECOMMENDED & set(said.words(max(0, said.match.start - 3), said.match.end)):
            return one(said, facts)  # a maker's recommended price announces no reduction of the seller's own
        prior = msgspec.structs.replace(facts, list_price=facts.lowest_price_30d)
        if one is _reference:
            prior = msgspec.structs.replace(prior, price=None)
        result = one(said, prior)
        shown = {("lowest_price_30d" if name == "list_price" else name): value for name, value in result.facts.items()}
        return Comparison(result.state, result.said, shown)

    return compared


def _bundle(said: Said, facts: LiveFacts) -> Comparison:
    count, span = said.capture("count"), said.capture("money", "amount")
    if count is None or span is None:
        return Comparison("unknown", "", {})
    quantity = next(iter(find_numbers(said.words(*count))[0].readings))
    price = amount(facts.price)
    fits = price is not None and _fits(said, span, price * quantity)
    for bundle in facts.bundles or []:
        fits = fits or (bundle.quantity == quantity and _fits(said, span, Decimal(bundle.price)))
    words = " ".join(said.words(said.match.start, said.match.end))
    shown = {f"bundle of {bundle.quantity}": bundle.price for bundle in facts.bundles or []}
    return Comparison(_state(facts.bundles is not None, fits), words, shown)


def _shipping(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount")
    fee = amount(facts.shipping_fee)
    if span is None or fee is None:
        return Comparison("unknown", "", {})
    return Comparison(_state(True, _fits(said, span, fee)), " ".join(said.words(*span)), {"shipping_fee": str(fee)})


def _free_shipping(said: Said, facts: LiveFacts) -> Comparison:
    fee, over = amount(facts.shipping_fee), amount(facts.free_shipping_over)
    span = said.capture("money", "amount")
    shown = {name: value for name in ("shipping_fee", "free_shipping_over") if (value := getattr(facts, name))}
    if fee == 0 or over == 0:
        return Comparison("fine", "free shipping", shown)
    if span is not None and over is not None:
        return Comparison(_state(True, _fits(said, span, over)), "free shipping", shown)
    price = amount(facts.price)
    if over is not None and price is not None and price >= over:
        return Comparison("fine", "free shipping", shown)
    return Comparison("contradicted" if fee is not None or over is not None else "unknown", "free shipping", shown)


def _stock(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("count", "number")
    if span is None:
        return Comparison("unknown", "", {})
    words = " ".join(said.words(*span))
    if facts.stock is None:
        return Comparison("unknown", words, {})
    number = find_numbers(said.words(*span))[0]
    readings = {int(value) for value in number.readings if value == int(value)}
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
    return Comparison(_state(True, fits), words, {"stock": facts.stock})


def _low_stock(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.stock is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, facts.stock <= _LOW_STOCK_MAX), words, {"stock": facts.stock})


def _last_chance(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.returns_later is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, not facts.returns_later), words, {"returns_later": facts.returns_later})


def _deadline(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("duration", "clock")
    words = " ".join(said.words(*span)) if span else ""
    if span is None or facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    shown: dict[str, str | int | bool] = {"deal_ends_at": facts.deal_ends_at, "now": facts.now}
    if facts.deal_extended:
        return Comparison("contradicted", words, {**shown, "deal_extended": True})
    left = ends - now
    if said.match.capture("duration") is not None:
        meant = duration_of(said.words(*span))
        fits = any(abs(left - each) <= max(timedelta(seconds=20), each / 5) for each in meant)
    else:
        fits = _at_clock(said.words(*span), now, ends.astimezone(now.tzinfo))
    return Comparison(_state(True, fits), words, shown)


def _deal_ending(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    left_s = int((datetime.fromisoformat(facts.deal_ends_at) - datetime.fromisoformat(facts.now)).total_seconds())
    state: State = "fine" if 0 <= left_s <= _SOON_S else "contradicted" if left_s > _NOT_SOON_S else "unknown"
    return Comparison(state, words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})


def duration_of(words: Sequence[str]) -> list[timedelta]:
    """What "five minutes", "half an hour", "an hour" may last."""
    unit = words[-1].removesuffix("s") if words[-1] not in DURATION_SECONDS else words[-1]
    second = timedelta(seconds=DURATION_SECONDS[unit])
    if words[0] == "half":
        return [second / 2]
    numbers = find_numbers(words)
    if not numbers:
        return [second]
    return [second * float(value) for value in numbers[0].readings]


def _at_clock(words: Sequence[str], now: datetime, ends: datetime) -> bool:
    """Whether ``ends`` is what "nine oclock", "9 pm", "midnight", "tonight" or "today" means at ``now``."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if words[0] == "midnight":
        return abs(ends - midnight) <= timedelta(minutes=5)
    if words[0] in ("tonight", "today"):
        late = timedelta(hours=4) if words[0] == "tonight" else timedelta(minutes=5)
        return now <= ends <= midnight + late
    if words[0] == "tomorrow":
        return midnight < ends <= midnight + timedelta(days=1, minutes=5)
    if words[0] == "noon":
        return ends.hour == 12 and ends.minute == 0 and ends - now <= timedelta(days=1)
    if ":" in words[0]:
        hour, minute = (int(part) for part in words[0].split(":"))
    else:
        values = [int(value) for number in find_numbers(words) for value in number.readings if value < 25]
        if not values:
            return False
        hour, minute = values[0], 0
    hours = {hour % 24, (hour + 12) % 24} if hour <= 12 else {hour % 24}
    if "pm" in words:
        hours = {hour % 12 + 12}
    elif "am" in words:
        hours = {hour % 12}
    said = [ends.replace(hour=each, minute=minute, second=0, microsecond=0) for each in hours]
    return ends - now <= timedelta(days=1) and any(abs(ends - each) <= timedelta(minutes=2) for each in said)


def _counted(said: Said, name: str, value: int | None) -> Comparison:
    span = said.capture("count", "number")
    if span is None or value is None:
        return Comparison("unknown", " ".join(said.words(*span)) if span else "", {})
    readings = find_numbers(said.words(*span))[0].readings
    fits = any(abs(each - value) * 10 <= max(10, value) for each in readings)
    return Comparison(_state(True, fits), " ".join(said.words(*span)), {name: value})


def _sold_last_hour(said: Said, facts: LiveFacts) -> Comparison:
    return _counted(said, "sold_last_hour", facts.sold_last_hour)


def _viewers(said: Said, facts: LiveFacts) -> Comparison:
    return _counted(said, "viewers_of_item", facts.viewers_of_item)


def _lowest_ever(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    price, lowest = amount(facts.price), amount(facts.lowest_price_ever)
    if price is None or lowest is None:
        return Comparison("unknown", words, {})
    shown = {"price": str(price), "lowest_price_ever": str(lowest)}
    return Comparison(_state(True, price <= lowest), words, shown)


def _paid(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.host_is_paid is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, not facts.host_is_paid), words, {"host_is_paid": facts.host_is_paid})


def _attribute(said: Said, facts: LiveFacts, name: str) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    value = (facts.attributes or {}).get(name)
    if value is None:
        return Comparison("unknown", words, {})
    values = value if isinstance(value, list) else [str(value)]
    spoken = set(said.words(said.match.core_start, said.match.core_end))
    fits = any(set(each.lower().replace("%", " percent").split()) & spoken for each in values)
    return Comparison(_state(True, fits), words, {name: ", ".join(values)})


def _made_in(said: Said, facts: LiveFacts) -> Comparison:
    return _attribute(said, facts, "made_in")


def _material(said: Said, facts: LiveFacts) -> Comparison:
    return _attribute(said, facts, "material")


_COMPARISONS: dict[str, Callable[[Said, LiveFacts], Comparison]] = {
    "price": _price,
    "reference": _reference,
    "saving": _saving,
    "percentage": _percentage,
    "reference_30d": _from_lowest_30d(_reference),
    "saving_30d": _from_lowest_30d(_saving),
    "percentage_30d": _from_lowest_30d(_percentage),
    "bundle": _bundle,
    "shipping": _shipping,
    "free_shipping": _free_shipping,
    "stock": _stock,
    "low_stock": _low_stock,
    "last_chance": _last_chance,
    "deadline": _deadline,
    "deal_ending": _deal_ending,
    "sold_last_hour": _sold_last_hour,
    "viewers": _viewers,
    "lowest_ever": _lowest_ever,
    "paid": _paid,
    "made_in": _made_in,
    "material": _material,
}
