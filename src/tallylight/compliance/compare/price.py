"""The price of now: of one, of several, as a bound, and amounts that are likely meant as it."""

from decimal import Decimal

from tallylight.compliance.compare.amounts import amount_fits, amounts, counts_before
from tallylight.compliance.compare.said import Comparison, Said, state_of
from tallylight.compliance.facts import LiveFacts, amount
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.word_sets import word_set

_SEVERAL = word_set("each apiece pack packs bundle set per pop pair when both together")


def price_now(said: Said, facts: LiveFacts) -> Comparison:
    """The price of now, for one or for the count said before it, alone or in a bundle."""
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None:
        return Comparison("unknown", "", {})
    shown = {"price": facts.price or ""} if facts.price else {}
    fits = price is not None and (
        amount_fits(said, span, price)
        or any(amount_fits(said, span, price * count) for count in counts_before(said, span[0]))
    )
    for bundle in facts.bundles or []:
        fits = fits or amount_fits(said, span, Decimal(bundle.price))
        fits = fits or (_about_several(said) and amount_fits(said, span, Decimal(bundle.price) / bundle.quantity))
    fits = fits or (price is not None and _beside_the_price(said, span, price, facts))
    return Comparison(state_of(price is not None, fits), " ".join(said.words(*span)), shown)


def _about_several(said: Said) -> bool:
    return bool(_SEVERAL & {token.text for token in said.text.tokens})


def _beside_the_price(said: Said, span: tuple[int, int], price: Decimal, facts: LiveFacts) -> bool:
    """ "Fifty nine for an eighty dollar kettle": who says the price of now may say the genuine one before it."""
    regular = amount(facts.list_price)
    if regular is None or facts.reference_price_substantiated is False or not amount_fits(said, span, regular):
        return False
    return any(
        amount_fits(said, (at, end), price)
        for at, spans in enumerate(said.text.spans)
        for name in ("money", "amount", "pricelike", "number")
        for end in spans.get(name, ())
        if end <= span[0] or at >= span[1]
    )


def amount_named(said: Said, facts: LiveFacts) -> Comparison:
    """An amount that no word makes the price of now: fine when it is any amount that the shop itself knows."""
    result = price_now(said, facts)
    span = said.capture("money", "amount", "pricelike")
    if span is None or result.state != "contradicted":
        return result
    price, regular, fee = amount(facts.price), amount(facts.list_price), amount(facts.shipping_fee)
    known = [regular, fee, amount(facts.free_shipping_over)]
    if price is not None:
        known.extend((price + fee if fee is not None else None, regular - price if regular is not None else None))
    known.extend(Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or [])
    if any(value is not None and amount_fits(said, span, value) for value in known):
        return Comparison("fine", result.said, result.facts)
    return result


def likely_price(said: Said, facts: LiveFacts) -> Comparison:
    """An amount that nothing but its size makes a price: one far from the price is a count, a size or an anecdote."""
    result = amount_named(said, facts)
    span, price = said.capture("money", "amount", "pricelike"), amount(facts.price)
    if result.state != "contradicted" or span is None or price is None:
        return result
    exact, _ = amounts(said, span)
    reach = 5 if said.capture("pricelike") or any(each % 1 for each in exact) else Decimal("2.5")
    if any(price <= each * reach and each <= price * reach for each in exact):
        return result
    return Comparison("unknown", result.said, result.facts)


def each(said: Said, facts: LiveFacts) -> Comparison:
    """The price of one, alone or out of a bundle."""
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None:
        return Comparison("unknown", "", {})
    singles = {f"one of {bundle.quantity}": Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or []}
    if price is not None:
        singles = {"price": price, **singles}
    fits = any(amount_fits(said, span, single) for single in singles.values())
    shown = {name: str(value.quantize(Decimal("0.01"))) for name, value in singles.items()}
    return Comparison(state_of(price is not None, fits), " ".join(said.words(*span)), shown)


def price_under(said: Said, facts: LiveFacts) -> Comparison:
    """ "Under twenty dollars": a bound that the price keeps, alone or each out of a bundle."""
    span = said.capture("money", "amount", "pricelike")
    price = amount(facts.price)
    if span is None or price is None:
        return Comparison("unknown", " ".join(said.words(*span)) if span else "", {})
    exact, near = amounts(said, span)
    singles = [price, *(Decimal(bundle.price) / bundle.quantity for bundle in facts.bundles or [])]
    fits = any(single <= each for single in singles for each in exact | (near if said.heard else set()))
    return Comparison(state_of(True, fits), " ".join(said.words(*span)), {"price": str(price)})


def bundle(said: Said, facts: LiveFacts) -> Comparison:
    """ "Two for thirty": so many for an amount, or an amount for so many."""
    count, span = said.capture("count"), said.capture("money", "amount", "pricelike")
    if count is None or span is None:
        return Comparison("unknown", "", {})
    quantity = next(iter(find_numbers(said.words(*count))[0].readings))
    exact, _ = amounts(said, span)
    if len(exact) == 1 and 1 < min(exact) < quantity and min(exact) in range(2, 13):  # "sixty for three"
        count, span, quantity = span, count, min(exact)
    price = amount(facts.price)
    fits = price is not None and amount_fits(said, span, price * quantity)
    for bundle in facts.bundles or []:
        fits = fits or (bundle.quantity == quantity and amount_fits(said, span, Decimal(bundle.price)))
    words = " ".join(said.words(said.match.start, said.match.end))
    shown = {f"bundle of {bundle.quantity}": bundle.price for bundle in facts.bundles or []}
    return Comparison(state_of(facts.bundles is not None, fits), words, shown)


def one_free(said: Said, facts: LiveFacts) -> Comparison:
    """ "Buy two, get one free": a bundle of all of them for the price of those that are paid."""
    words = said.core
    price = amount(facts.price)
    if not facts.bundles or price is None:
        return Comparison("unknown", words, {})
    shown = {f"bundle of {each.quantity}": each.price for each in facts.bundles} | {"price": str(price)}
    fits = any(price * paid >= Decimal(each.price) for each in facts.bundles for paid in range(1, each.quantity))
    return Comparison(state_of(True, fits), words, shown)
