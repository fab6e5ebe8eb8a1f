"""What comes on top of the price: shipping, fees and the total."""

from decimal import Decimal

from tallylight.compliance.compare.amounts import amount_fits, counts_before
from tallylight.compliance.compare.price import price_now
from tallylight.compliance.compare.said import Comparison, Said, state_of
from tallylight.compliance.facts import LiveFacts, amount


def total(said: Said, facts: LiveFacts) -> Comparison:
    """ "Forty nine all in": the price with shipping, as the shop would charge it."""
    span = said.capture("money", "amount", "pricelike")
    price, fee, over = amount(facts.price), amount(facts.shipping_fee), amount(facts.free_shipping_over)
    words = " ".join(said.words(*span)) if span else ""
    if span is None or price is None or (fee is None and over is None):
        return Comparison("unknown", words, {})
    counts = [1, *counts_before(said, span[0])]
    goods = [price * count for count in counts] + [Decimal(bundle.price) for bundle in facts.bundles or []]
    totals = [each if over is not None and each >= over else each + (fee or 0) for each in goods]
    if fee is None and any(over is not None and each < over for each in goods):
        return Comparison("unknown", words, {})
    shown = {"price": str(price), "shipping_fee": str(fee or 0), "total": str(totals[0])}
    return Comparison(state_of(True, any(amount_fits(said, span, each) for each in totals)), words, shown)


def goods_or_total(said: Said, facts: LiveFacts) -> Comparison:
    """ "Forty five total": the goods alone or with shipping."""
    result = price_now(said, facts)
    if result.state == "fine" or (facts.shipping_fee is None and facts.free_shipping_over is None):
        return result
    return total(said, facts)


def shipping(said: Said, facts: LiveFacts) -> Comparison:
    """What shipping costs."""
    span = said.capture("money", "amount", "pricelike")
    fee = amount(facts.shipping_fee)
    if span is None or fee is None:
        return Comparison("unknown", "", {})
    return Comparison(
        state_of(True, amount_fits(said, span, fee)), " ".join(said.words(*span)), {"shipping_fee": str(fee)}
    )


def free_shipping(said: Said, facts: LiveFacts) -> Comparison:
    """Shipping costs nothing, from an amount on or always."""
    fee, over = amount(facts.shipping_fee), amount(facts.free_shipping_over)
    span = said.capture("money", "amount", "pricelike")
    shown = {name: value for name in ("shipping_fee", "free_shipping_over") if (value := getattr(facts, name))}
    if fee == 0 or over == 0:
        return Comparison("fine", "free shipping", shown)
    if span is not None and over is not None:
        return Comparison(state_of(True, amount_fits(said, span, over)), "free shipping", shown)
    price = amount(facts.price)
    if over is not None and price is not None and price >= over:
        return Comparison("fine", "free shipping", shown)
    return Comparison("contradicted" if fee is not None or over is not None else "unknown", "free shipping", shown)


def fees(said: Said, facts: LiveFacts) -> Comparison:
    """ "No hidden fees", "nothing else to pay": no shipping comes on top."""
    return free_shipping(said, facts)
