"""Comparing what was said with live facts: price, reference price, saving, percentage, stock, deadline and the like.

Each comparison answers fine, contradicted or unknown. With several products in question it is fine when any fits,
contradicted only when none fits and nothing is unknown. Every reading of a number counts (see ``numbers``).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Literal

import msgspec

from tallylight.compliance.annotate import (
    AND_A_PART,
    DURATION_SECONDS,
    SMALL_MONEY_WORDS,
    fraction_at,
    fraction_percent,
)
from tallylight.compliance.compare_record import (
    compare_certificate,
    compare_feature,
    compare_made_in,
    compare_material,
    compare_measure,
    compare_resolution,
    compare_share,
    compare_water,
    compare_without,
)
from tallylight.compliance.facts import LiveFacts, ProductFacts, amount
from tallylight.compliance.numbers import NumberSpan, find_numbers, is_number_word
from tallylight.compliance.patterns import Annotated, Match
from tallylight.compliance.tokens import boundaries
from tallylight.compliance.word_sets import word_set

State = Literal["fine", "contradicted", "unknown"]
_ABOUT_DEALS = frozenset({"deadline", "deal_ending", "with_the_show", "deadline_tomorrow"})
_AND_CHANGE = {"and", "change"}
_SEVERAL = word_set("each apiece pack packs bundle set per pop pair when both together")
_EXTENDED = word_set("extended extend extending extension longer more added")
_ABOUT = word_set("about around roughly almost nearly approximately like maybe")
_MANY = {"dozens": 24, "hundreds": 150, "thousands": 1000, "hundred": 90, "everybody": 50, "everyone": 50}
_RECOMMENDED = word_set("rrp recommended retail retails msrp list")
_LOW_STOCK_MAX = 20
_FAST_AN_HOUR = 20
_WITH_THE_SHOW = timedelta(hours=6)
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

    def numbers(self, start: int, end: int) -> list[NumberSpan]:
        """The numbers among these tokens, none over the end of a sentence."""
        return find_numbers(self.words(start, end), *boundaries(self.text.tokens[start:end]))

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
    numbers = said.numbers(*span)
    if words[0] in ("a", "another") and len(words) > 1 and not is_number_word(words[1]):  # "a dollar", "a buck fifty"
        cents = numbers[0].readings if numbers and numbers[0].start == 2 else (Decimal(0),)
        return {1 + value / 100 for value in cents}, set()
    if not numbers:
        return set(), set()
    if len(numbers) == 2:
        minor = [value / 100 for value in numbers[1].readings if 0 < value < 100]
        return {whole + cents for whole in numbers[0].readings for cents in minor if whole % 1 == 0}, set()
    number = numbers[0]
    after = words[number.end] if number.end < len(words) else ""
    if after in SMALL_MONEY_WORDS:
        return {value / 100 for value in number.readings}, set()
    return {*number.readings, *number.parts}, set(number.near)


def _fits(said: Said, span: tuple[int, int], value: Decimal) -> bool:
    exact, near = amounts(said, span)
    if value in exact or (said.heard and value in near):
        return True
    if set(said.words(span[1], span[1] + 2)) >= _AND_CHANGE and int(value) in exact:  # "six and change"
        return True
    rounded = value.to_integral_value(ROUND_CEILING)
    if rounded in exact and rounded - value <= max(Decimal("0.05"), value / 100):
        return True
    return said.about(span[0]) and any(abs(each - value) * 10 <= value for each in exact)


def _state(known: bool, fits: bool) -> State:
    return "fine" if fits else "contradicted" if known else "unknown"


def _price(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None:
        return Comparison("unknown", "", {})
    shown = {"price": facts.price or ""} if facts.price else {}
    fits = price is not None and (
        _fits(said, span, price) or any(_fits(said, span, price * count) for count in _counts_before(said, span[0]))
    )
    for bundle in facts.bundles or []:
        fits = fits or _fits(said, span, Decimal(bundle.price))
        fits = fits or (_about_several(said) and _fits(said, span, Decimal(bundle.price) / bundle.quantity))
    fits = fits or (price is not None and _beside_the_price(said, span, price, facts))
    return Comparison(_state(price is not None, fits), " ".join(said.words(*span)), shown)


def _about_several(said: Said) -> bool:
    return bool(_SEVERAL & {token.text for token in said.text.tokens})


def _beside_the_price(said: Said, span: tuple[int, int], price: Decimal, facts: LiveFacts) -> bool:
    """ "Fifty nine for an eighty dollar kettle": who says the price of now may say the genuine one before it."""
    regular = amount(facts.list_price)
    if regular is None or facts.reference_price_substantiated is False or not _fits(said, span, regular):
        return False
    return any(
        _fits(said, (at, end), price)
        for at, spans in enumerate(said.text.spans)
        for name in ("money", "amount", "pricelike", "number")
        for end in spans.get(name, ())
        if end <= span[0] or at >= span[1]
    )


def _amount_named(said: Said, facts: LiveFacts) -> Comparison:
    """An amount that no word makes the price of now: fine when it is any amount that the shop itself knows."""
    result = _price(said, facts)
    span = said.capture("money", "amount", "pricelike")
    if span is None or result.state != "contradicted":
        return result
    price, regular, fee = amount(facts.price), amount(facts.list_price), amount(facts.shipping_fee)
    known = [regular, fee, amount(facts.free_shipping_over)]
    if price is not None:
        known.extend((price + fee if fee is not None else None, regular - price if regular is not None else None))
    known.extend(Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or [])
    if any(value is not None and _fits(said, span, value) for value in known):
        return Comparison("fine", result.said, result.facts)
    return result


def _likely_price(said: Said, facts: LiveFacts) -> Comparison:
    """An amount that nothing but its size makes a price: one far from the price is a count, a size or an anecdote."""
    result = _amount_named(said, facts)
    span, price = said.capture("money", "amount", "pricelike"), amount(facts.price)
    if result.state != "contradicted" or span is None or price is None:
        return result
    exact, _ = amounts(said, span)
    reach = 5 if said.capture("pricelike") or any(each % 1 for each in exact) else Decimal("2.5")
    if any(price <= each * reach and each <= price * reach for each in exact):
        return result
    return Comparison("unknown", result.said, result.facts)


def _likely_reference(said: Said, facts: LiveFacts) -> Comparison:
    """A former amount without its currency: one below the price is a size or a count."""
    result = _reference(said, facts)
    span, price = said.capture("money", "amount", "pricelike"), amount(facts.price)
    if result.state != "contradicted" or span is None or price is None:
        return result
    exact, _ = amounts(said, span)
    return result if any(each >= price for each in exact) else Comparison("unknown", result.said, result.facts)


def _any_left(said: Said, facts: LiveFacts) -> Comparison:
    """A bare "only two": a number of pieces where it is no amount that the shop knows."""
    result = _stock(said, facts)
    if result.state != "contradicted" or facts.price is None:
        return result
    span = said.capture("count", "number")
    if span is not None and facts.stock is not None:
        values = [int(each) for each in find_numbers(said.words(*span))[0].readings]
        if min(values) > _LOW_STOCK_MAX or any(abs(each - float(facts.price)) < 1 for each in values):
            return Comparison("unknown", result.said, result.facts)
    return result


def _fees(said: Said, facts: LiveFacts) -> Comparison:
    """ "No hidden fees", "nothing else to pay": no shipping comes on top."""
    return _free_shipping(said, facts)


def _each(said: Said, facts: LiveFacts) -> Comparison:
    """The price of one, alone or out of a bundle."""
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None:
        return Comparison("unknown", "", {})
    singles = {f"one of {bundle.quantity}": Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or []}
    if price is not None:
        singles = {"price": price, **singles}
    fits = any(_fits(said, span, single) for single in singles.values())
    shown = {name: str(value.quantize(Decimal("0.01"))) for name, value in singles.items()}
    return Comparison(_state(price is not None, fits), " ".join(said.words(*span)), shown)


def _total(said: Said, facts: LiveFacts) -> Comparison:
    """ "Forty nine all in": the price with shipping, as the shop would charge it."""
    span = said.capture("money", "amount", "pricelike")
    price, fee, over = amount(facts.price), amount(facts.shipping_fee), amount(facts.free_shipping_over)
    words = " ".join(said.words(*span)) if span else ""
    if span is None or price is None or (fee is None and over is None):
        return Comparison("unknown", words, {})
    counts = [1, *_counts_before(said, span[0])]
    goods = [price * count for count in counts] + [Decimal(bundle.price) for bundle in facts.bundles or []]
    totals = [each if over is not None and each >= over else each + (fee or 0) for each in goods]
    if fee is None and any(over is not None and each < over for each in goods):
        return Comparison("unknown", words, {})
    shown = {"price": str(price), "shipping_fee": str(fee or 0), "total": str(totals[0])}
    return Comparison(_state(True, any(_fits(said, span, each) for each in totals)), words, shown)


def _sum(said: Said, facts: LiveFacts) -> Comparison:
    """ "Forty five total": the goods alone or with shipping."""
    result = _price(said, facts)
    if result.state == "fine" or (facts.shipping_fee is None and facts.free_shipping_over is None):
        return result
    return _total(said, facts)


def _price_under(said: Said, facts: LiveFacts) -> Comparison:
    """ "Under twenty dollars": a bound that the price keeps, alone or each out of a bundle."""
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None or price is None:
        return Comparison("unknown", " ".join(said.words(*span)) if span else "", {})
    exact, near = amounts(said, span)
    singles = [price, *(Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or [])]
    fits = any(single <= each for single in singles for each in exact | (near if said.heard else set()))
    return Comparison(_state(True, fits), " ".join(said.words(*span)), {"price": str(price)})


def _counts_before(said: Said, start: int) -> list[int]:
    """Small counts just before an amount: "if you buy two it's sixty dollars"."""
    words = said.words(max(0, start - 5), start)
    return [int(value) for number in find_numbers(words) for value in number.readings if value in range(2, 13)]


def _reference(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount", "pricelike")
    if span is None:
        return Comparison("unknown", "", {})
    known = {name: value for name in ("list_price", "price") if (value := getattr(facts, name)) is not None}
    fits = any(_fits(said, span, Decimal(value)) for value in known.values())
    words = " ".join(said.words(*span))
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {**known, "reference_price_substantiated": False})
    return Comparison(_state("list_price" in known, fits), words, known)


def _former_price(said: Said, facts: LiveFacts) -> Comparison:
    """A former price or a discount without its figure ("price drop", "on sale"): there has to be one."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    price, regular = amount(facts.price), amount(facts.list_price)
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {"reference_price_substantiated": False})
    if price is None or regular is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, price < regular), words, {"price": str(price), "list_price": str(regular)})


def _cost_elsewhere(said: Said, facts: LiveFacts) -> Comparison:
    """ "You'd pay ninety in stores": no fact of the shop proves it, so only a substantiated list price does."""
    result = _reference(said, facts)
    if result.state == "fine" and facts.reference_price_substantiated is None:
        return Comparison("unknown", result.said, result.facts)
    return result


def _saving(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount", "pricelike", "number")
    price, regular = amount(facts.price), amount(facts.list_price)
    words = " ".join(said.words(*span)) if span else ""
    if span is None or price is None:
        return Comparison("unknown", words, {})
    savings = [price * each.quantity - Decimal(each.price) for each in facts.bundles or []]
    if regular is None:
        fits = any(_fits(said, span, saved) for saved in savings)
        return Comparison("fine" if fits else "unknown", words, {})
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {"reference_price_substantiated": False})
    savings.extend((regular - price, *(regular * each.quantity - Decimal(each.price) for each in facts.bundles or [])))
    fits = any(_fits(said, span, saved) for saved in savings)
    return Comparison(_state(True, fits), words, {"price": str(price), "list_price": str(regular)})


def _percentage(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("percent", "fraction")
    if span is None:
        return Comparison("unknown", "", {})
    words = said.words(*span)
    numbers = said.numbers(*span)
    readings = {*numbers[0].readings, *numbers[0].parts} if numbers and not fraction_at(words, 0) else set()
    if fraction_at(words, 0):
        readings = {fraction_percent(words[: fraction_at(words, 0)])}
    near = set(numbers[0].near) if numbers and said.heard else set()
    price, regular = amount(facts.price), amount(facts.list_price)
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", " ".join(words), {"reference_price_substantiated": False})
    if price is None or not regular:
        return Comparison("unknown", " ".join(words), {})
    real = (1 - price / regular) * 100
    before = said.words(max(0, span[0] - 3), span[0])
    if "than" in before or "over" in before:
        fits = any(real >= each - 1 for each in readings | near)
    else:
        slack = 5 if said.about(span[0]) else 1
        fits = any(abs(each - real) <= slack for each in readings | near)
    fits = fits or any(
        _bundle_percent(each.quantity, Decimal(each.price), regular, readings) for each in facts.bundles or []
    )
    return Comparison(_state(True, fits), " ".join(words), {"price": str(price), "list_price": str(regular)})


def _bundle_percent(quantity: int, together: Decimal, regular: Decimal, readings: set[Decimal]) -> bool:
    real = (1 - together / (regular * quantity)) * 100
    return any(abs(each - real) <= 1 for each in readings)


def _share(said: Said, facts: LiveFacts) -> Comparison:
    """ "A third of the price": what is left to pay, as a share of the former price."""
    span = said.capture("fraction", "percent")
    price, regular = amount(facts.price), amount(facts.list_price)
    if span is None:
        return Comparison("unknown", "", {})
    words = said.words(*span)
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", " ".join(words), {"reference_price_substantiated": False})
    if price is None or not regular:
        return Comparison("unknown", " ".join(words), {})
    numbers = find_numbers(words)
    meant = [fraction_percent(words)] if fraction_at(words, 0) else list(numbers[0].readings) if numbers else []
    real = price / regular * 100
    fits = any(real <= each + 2 for each in meant)
    return Comparison(_state(True, fits), " ".join(words), {"price": str(price), "list_price": str(regular)})


def _one_free(said: Said, facts: LiveFacts) -> Comparison:
    """ "Buy two, get one free": a bundle of all of them for the price of those that are paid."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    price = amount(facts.price)
    if not facts.bundles or price is None:
        return Comparison("unknown", words, {})
    shown = {f"bundle of {each.quantity}": each.price for each in facts.bundles} | {"price": str(price)}
    fits = any(price * paid >= Decimal(each.price) for each in facts.bundles for paid in range(1, each.quantity))
    return Comparison(_state(True, fits), words, shown)


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
    count, span = said.capture("count"), said.capture("money", "amount", "pricelike")
    if count is None or span is None:
        return Comparison("unknown", "", {})
    quantity = next(iter(find_numbers(said.words(*count))[0].readings))
    exact, _ = amounts(said, span)
    if len(exact) == 1 and 1 < min(exact) < quantity and min(exact) in range(2, 13):  # "sixty for three"
        count, span, quantity = span, count, min(exact)
    price = amount(facts.price)
    fits = price is not None and _fits(said, span, price * quantity)
    for bundle in facts.bundles or []:
        fits = fits or (bundle.quantity == quantity and _fits(said, span, Decimal(bundle.price)))
    words = " ".join(said.words(said.match.start, said.match.end))
    shown = {f"bundle of {bundle.quantity}": bundle.price for bundle in facts.bundles or []}
    return Comparison(_state(facts.bundles is not None, fits), words, shown)


def _shipping(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("money", "amount", "pricelike")
    fee = amount(facts.shipping_fee)
    if span is None or fee is None:
        return Comparison("unknown", "", {})
    return Comparison(_state(True, _fits(said, span, fee)), " ".join(said.words(*span)), {"shipping_fee": str(fee)})


def _free_shipping(said: Said, facts: LiveFacts) -> Comparison:
    fee, over = amount(facts.shipping_fee), amount(facts.free_shipping_over)
    span = said.capture("money", "amount", "pricelike")
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
    return Comparison(_state(True, fits), words, {"stock": facts.stock})


def _stock_one(said: Said, facts: LiveFacts) -> Comparison:
    """ "The last one", "the very last pair": one piece, or as good as one."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.stock is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, facts.stock <= 2), words, {"stock": facts.stock})


def _low_stock(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.stock is None:
        return Comparison("unknown", words, {})
    # What sells within the hour is going fast, however many there are.
    low = facts.stock <= max(_LOW_STOCK_MAX, facts.sold_last_hour or 0)
    return Comparison(_state(True, low), words, {"stock": facts.stock})


def _selling_fast(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.sold_last_hour is None:
        return Comparison("unknown", words, {}) if facts.stock is None else _low_stock(said, facts)
    fast = facts.sold_last_hour >= _FAST_AN_HOUR or (facts.stock is not None and facts.stock <= _LOW_STOCK_MAX)
    return Comparison(_state(True, fast), words, {"sold_last_hour": facts.sold_last_hour})


def _sold_rate(said: Said, facts: LiveFacts) -> Comparison:
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
    return Comparison(_state(True, fits), words, {"sold_last_hour": facts.sold_last_hour})


def _last_chance(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.returns_later is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, not facts.returns_later), words, {"returns_later": facts.returns_later})


def _deadline(said: Said, facts: LiveFacts) -> Comparison:
    span = said.capture("duration", "clock", "amount")
    words = " ".join(said.words(*span)) if span else ""
    if span is None or facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    shown: dict[str, str | int | bool] = {"deal_ends_at": facts.deal_ends_at, "now": facts.now}
    if facts.deal_extended and not _EXTENDED & {token.text for token in said.text.tokens}:
        return Comparison("contradicted", words, {**shown, "deal_extended": True})
    left = ends - now
    if said.match.capture("duration") is not None:
        meant = duration_of(said.words(*span))
        fits = any(abs(left - each) <= max(timedelta(seconds=20), each / 5) for each in meant)
    else:
        fits = _at_clock(said.words(*span), now, ends.astimezone(now.tzinfo))
    return Comparison(_state(True, fits), words, shown)


def _deadline_tomorrow(said: Said, facts: LiveFacts) -> Comparison:
    """ "Tomorrow it goes back up": the deal ends before the day after tomorrow."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_extended": True})
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    last = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return Comparison(_state(True, ends <= last), words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})


def _deal_ending(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_ends_at": facts.deal_ends_at, "deal_extended": True})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    left_s = int((ends - now).total_seconds())
    spoken = set(said.words(said.match.core_start, said.match.core_end))
    named = "tonight" if spoken & {"night", "tonight"} else "today" if spoken & {"day", "today"} else None
    if named is not None:
        fits = _at_clock([named], now, ends.astimezone(now.tzinfo))
        return Comparison(_state(True, fits), words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})
    state: State = "fine" if 0 <= left_s <= _SOON_S else "contradicted" if left_s > _NOT_SOON_S else "unknown"
    return Comparison(state, words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})


def _with_the_show(said: Said, facts: LiveFacts) -> Comparison:
    """ "Only during this live": the deal ends within the hours that a show lasts."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_extended": True})
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    left = datetime.fromisoformat(facts.deal_ends_at) - datetime.fromisoformat(facts.now)
    shown = {"deal_ends_at": facts.deal_ends_at, "now": facts.now}
    return Comparison(_state(True, left <= _WITH_THE_SHOW), words, shown)


def duration_of(words: Sequence[str]) -> list[timedelta]:
    """What "five minutes", "half an hour", "an hour" may last."""
    whole = words[:-3] if tuple(words[-3:]) in AND_A_PART else words
    unit = whole[-1].removesuffix("s") if whole[-1] not in DURATION_SECONDS else whole[-1]
    second = timedelta(seconds=DURATION_SECONDS[unit])
    if words[0] == "half":
        return [second / 2]
    parts = AND_A_PART.get(tuple(words[-3:]), 0)
    numbers = find_numbers(words)
    if not numbers:
        return [second + (second / parts if parts else timedelta())]
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
    spoken = said.words(said.match.core_start, said.match.core_end)
    many = next((_MANY[word] for word in spoken if word in _MANY), None)
    if span is None and many is not None and value is not None:
        return Comparison(_state(True, value >= many), " ".join(spoken), {name: value})
    if span is None or value is None:
        return Comparison("unknown", " ".join(spoken), {})
    number = said.numbers(*span)[0]
    readings = (*number.readings, *number.parts)
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


def _lowest_30d(said: Said, facts: LiveFacts) -> Comparison:
    """ "The lowest in thirty days": the dated history of the price decides."""
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    price = amount(facts.price)
    lowest = amount(facts.lowest_price_30d)
    if price is None or lowest is None:
        return _lowest_ever(said, facts) if facts.lowest_price_ever is not None else Comparison("unknown", words, {})
    return Comparison(_state(True, price <= lowest), words, {"price": str(price), "lowest_price_30d": str(lowest)})


def _paid(said: Said, facts: LiveFacts) -> Comparison:
    words = " ".join(said.words(said.match.core_start, said.match.core_end))
    if facts.host_is_paid is None:
        return Comparison("unknown", words, {})
    return Comparison(_state(True, not facts.host_is_paid), words, {"host_is_paid": facts.host_is_paid})


def _on_record(
    compare_record: Callable[..., tuple[State, Mapping[str, str | int | bool]]],
) -> Callable[[Said, LiveFacts], Comparison]:
    """A comparison of what is said about the product itself with its attributes."""

    def compared(said: Said, facts: LiveFacts) -> Comparison:
        words = said.words(said.match.core_start, said.match.core_end)
        around = said.words(max(0, said.match.start - 4), min(len(said.text.tokens), said.match.end + 4))
        captured = {name: said.words(start, end) for name, start, end in said.match.captures}
        state, shown = compare_record(words, around, captured, facts.attributes or {})
        return Comparison(state, " ".join(words), shown)

    return compared


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
    "made_in": _on_record(compare_made_in),
    "material": _on_record(compare_material),
    "measure": _on_record(compare_measure),
    "feature": _on_record(compare_feature),
    "certificate": _on_record(compare_certificate),
    "resolution": _on_record(compare_resolution),
    "water": _on_record(compare_water),
    "share_on_record": _on_record(compare_share),
    "without_material": _on_record(compare_without),
    "likely_price": _likely_price,
    "likely_reference": _likely_reference,
    "any_left": _any_left,
    "sum": _sum,
    "stock_one": _stock_one,
    "deadline_tomorrow": _deadline_tomorrow,
    "fees": _fees,
    "amount_named": _amount_named,
    "each": _each,
    "total": _total,
    "price_under": _price_under,
    "former_price": _former_price,
    "cost_elsewhere": _cost_elsewhere,
    "share": _share,
    "one_free": _one_free,
    "selling_fast": _selling_fast,
    "sold_rate": _sold_rate,
    "with_the_show": _with_the_show,
    "lowest_30d": _lowest_30d,
}
