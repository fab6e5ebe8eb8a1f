"""The price before: what it was, what is saved, how many percent, and whether it was ever lower."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tallylight.compliance.annotate import fraction_at, fraction_percent
from tallylight.compliance.compare.amounts import amount_fits, amounts
from tallylight.compliance.compare.said import Comparison, Said, state_of
from tallylight.compliance.facts import LiveFacts, amount
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.word_sets import word_set

_RECOMMENDED = word_set("rrp recommended retail retails msrp list")


def reference(said: Said, facts: LiveFacts) -> Comparison:
    """ "Was forty": the list price, when it is genuine."""
    span = said.capture("money", "amount", "pricelike")
    if span is None:
        return Comparison("unknown", "", {})
    known = {name: value for name in ("list_price", "price") if (value := getattr(facts, name)) is not None}
    fits = any(amount_fits(said, span, Decimal(value)) for value in known.values())
    words = " ".join(said.words(*span))
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {**known, "reference_price_substantiated": False})
    return Comparison(state_of("list_price" in known, fits), words, known)


def likely_reference(said: Said, facts: LiveFacts) -> Comparison:
    """A former amount without its currency: one below the price is a size or a count."""
    result = reference(said, facts)
    span, price = said.capture("money", "amount", "pricelike"), amount(facts.price)
    if result.state != "contradicted" or span is None or price is None:
        return result
    exact, _ = amounts(said, span)
    return result if any(each >= price for each in exact) else Comparison("unknown", result.said, result.facts)


def former_price(said: Said, facts: LiveFacts) -> Comparison:
    """A former price or a discount without its figure ("price drop", "on sale"): there has to be one."""
    words = said.core
    price, regular = amount(facts.price), amount(facts.list_price)
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {"reference_price_substantiated": False})
    if price is None or regular is None:
        return Comparison("unknown", words, {})
    return Comparison(state_of(True, price < regular), words, {"price": str(price), "list_price": str(regular)})


def cost_elsewhere(said: Said, facts: LiveFacts) -> Comparison:
    """ "You'd pay ninety in stores": no fact of the shop proves it, so only a substantiated list price does."""
    result = reference(said, facts)
    if result.state == "fine" and facts.reference_price_substantiated is None:
        return Comparison("unknown", result.said, result.facts)
    return result


def saving(said: Said, facts: LiveFacts) -> Comparison:
    """ "Save ten": off the list price or by a bundle."""
    span = said.capture("money", "amount", "pricelike", "number")
    price, regular = amount(facts.price), amount(facts.list_price)
    words = " ".join(said.words(*span)) if span else ""
    if span is None or price is None:
        return Comparison("unknown", words, {})
    savings = [price * each.quantity - Decimal(each.price) for each in facts.bundles or []]
    if regular is None:
        fits = any(amount_fits(said, span, saved) for saved in savings)
        return Comparison("fine" if fits else "unknown", words, {})
    if facts.reference_price_substantiated is False:
        return Comparison("contradicted", words, {"reference_price_substantiated": False})
    savings.extend((regular - price, *(regular * each.quantity - Decimal(each.price) for each in facts.bundles or [])))
    fits = any(amount_fits(said, span, saved) for saved in savings)
    return Comparison(state_of(True, fits), words, {"price": str(price), "list_price": str(regular)})


def percentage(said: Said, facts: LiveFacts) -> Comparison:
    """ "Half off", "thirty percent off": of the list price."""
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
    return Comparison(state_of(True, fits), " ".join(words), {"price": str(price), "list_price": str(regular)})


def _bundle_percent(quantity: int, together: Decimal, regular: Decimal, readings: set[Decimal]) -> bool:
    real = (1 - together / (regular * quantity)) * 100
    return any(abs(each - real) <= 1 for each in readings)


def share(said: Said, facts: LiveFacts) -> Comparison:
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
    return Comparison(state_of(True, fits), " ".join(words), {"price": str(price), "list_price": str(regular)})


def from_lowest_30d(one: Callable[[Said, LiveFacts], Comparison]) -> Callable[[Said, LiveFacts], Comparison]:
    """The comparison with the lowest price of the last 30 days as the price before (Directive 98/6/EC art. 6a)."""

    def compared(said: Said, facts: LiveFacts) -> Comparison:
        if _RECOMMENDED & set(said.words(max(0, said.match.start - 3), said.match.end)):
            return one(said, facts)  # a maker's recommended price announces no reduction of the seller's own
        prior = msgspec.structs.replace(facts, list_price=facts.lowest_price_30d)
        if one is reference:
            prior = msgspec.structs.replace(prior, price=None)
        result = one(said, prior)
        shown = {("lowest_price_30d" if name == "list_price" else name): value for name, value in result.facts.items()}
        return Comparison(result.state, result.said, shown)

    return compared


def lowest_ever(said: Said, facts: LiveFacts) -> Comparison:
    """ "Never been cheaper": against the whole history of the price."""
    words = said.core
    price, lowest = amount(facts.price), amount(facts.lowest_price_ever)
    if price is None or lowest is None:
        return Comparison("unknown", words, {})
    shown = {"price": str(price), "lowest_price_ever": str(lowest)}
    return Comparison(state_of(True, price <= lowest), words, shown)


def lowest_30d(said: Said, facts: LiveFacts) -> Comparison:
    """ "The lowest in thirty days": the dated history of the price decides."""
    words = said.core
    price = amount(facts.price)
    lowest = amount(facts.lowest_price_30d)
    if price is None or lowest is None:
        return lowest_ever(said, facts) if facts.lowest_price_ever is not None else Comparison("unknown", words, {})
    return Comparison(state_of(True, price <= lowest), words, {"price": str(price), "lowest_price_30d": str(lowest)})
