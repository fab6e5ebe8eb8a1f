"""What a correction card might say: what was said beside the fact that it was compared with. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.tokens import read_tokens
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.money import Money

Facts = Mapping[str, object]

_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€", "CNY": "¥", "JPY": "¥", "CAD": "CA$", "AUD": "A$"}
_AMOUNTS = (
    ("shipping_fee", "Shipping is {right}"),
    ("lowest_price_30d", "The lowest price of the last 30 days was {right}"),
    ("lowest_price_ever", "The lowest price so far was {right}"),
    ("price", "The price is {right}"),
    ("list_price", "The regular price is {right}"),
)
CORRECTABLE = frozenset({name for name, _ in _AMOUNTS} | {"free_shipping_over", "deal_ends_at", "stock"})
"""Facts whose contradiction a viewer may have bought by."""


def correctable(facts: Facts) -> bool:
    """Whether a card could put something right: the finding compared a price, shipping, a deadline or stock."""
    return any(name in CORRECTABLE or name.startswith("bundle of ") for name in facts)


def suggest_correction(quote: str, facts: Facts, currency: str, now_us: int) -> str:
    """A sentence for the card: "The price is $24.99, not $19.99". Empty when the facts name nothing to put right.

    ``now_us``: wall time, for how long a deal still lasts.
    """
    if "free_shipping_over" in facts:
        return f"Shipping is free over {money_words(str(facts['free_shipping_over']), currency)}"
    if "deal_ends_at" in facts:
        return _deadline(str(facts["deal_ends_at"]), now_us)
    if "stock" in facts:
        return f"There are {facts['stock']} in stock"
    for name, value in facts.items():
        if name.startswith("bundle of "):
            return f"A {name} is {money_words(str(value), currency)}"
    # A saving or a percentage is compared with both prices: then both are told.
    if {"price", "list_price"} <= facts.keys():
        price, regular = (money_words(str(facts[name]), currency) for name in ("price", "list_price"))
        return f"The price is {price}, instead of {regular}"
    for name, sentence in _AMOUNTS:
        if name in facts:
            right = str(facts[name])
            said = _said_amount(quote, right)
            told = sentence.format(right=money_words(right, currency))
            return told if said is None else f"{told}, not {money_words(said, currency)}"
    return ""


def money_words(amount: str, currency: str) -> str:
    """ "24.99" as "$24.99"; a currency without a sign of its own stands behind."""
    try:
        text = Money.parse(amount, currency).decimal()
    except ValueError:
        text = amount
    sign = _SIGNS.get(currency)
    return f"{text} {currency}" if sign is None else f"{sign}{text}"


def _said_amount(quote: str, right: str) -> str | None:
    """The amount in the quote that is meant: of all readings the nearest to the right one, unless it is that one."""
    wanted = Decimal(right)
    numbers = find_numbers([token.text for token in read_tokens(quote.split())])
    readings = [value for number in numbers for value in number.readings if value > 0]
    if not readings or wanted <= 0 or wanted in readings:
        return None
    nearest = min(readings, key=lambda value: max(value / wanted, wanted / value))
    # Money has no more than two decimals here; "nineteen" is said as 19, and shown as 19.00 by ``money_words``.
    return str(nearest) if nearest == round(nearest, 2) else None


def _deadline(ends_at: str, now_us: int) -> str:
    left_s = int((datetime.fromisoformat(ends_at) - to_datetime(now_us)).total_seconds())
    if left_s <= 0:
        return "This deal is over"
    minutes = max(1, round(left_s / 60))
    if minutes < 90:
        return f"This deal ends in {minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(minutes / 60)
    if hours < 48:
        return f"This deal ends in about {hours} hours"
    return f"This deal ends in about {round(hours / 24)} days"
