"""Which live facts a spoken number agrees with, in words that a model can read.

A model of meaning cannot compare figures; this does it for it. "Forty two" beside a price of 42.00 reads "forty two
( price )"; beside figures of which none fits, "forty two ( other )". Pure.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from tallylight.compliance.facts import LiveFacts, amount
from tallylight.compliance.numbers import NumberSpan

__all__ = ["KnownFigures"]

_PIECES_MAX = 6
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_SOON_S = 120
_MORE_MOST = 5
"""Who says "more than ten" of a thousand means something else."""


class KnownFigures:
    """The figures that a product's facts know, each with the word for it."""

    def __init__(self, facts: LiveFacts) -> None:
        self._words: dict[Decimal, list[str]] = {}
        self._many = tuple(_counts_of_many(facts))
        for value, word in (*_money(facts), *_shares(facts), *_counts(facts), *_attributes(facts)):
            known = self._words.setdefault(value, [])
            if word not in known:
                known.append(word)

    @property
    def any(self) -> bool:
        """Whether there is a figure to agree with at all."""
        return bool(self._words)

    def agree(self, number: NumberSpan, before: Sequence[str] = ()) -> tuple[str, ...]:
        """The words of the figures that one reading of ``number`` or of a part equals; none when nothing fits.

        ``before``: the words before it. "More than a hundred" agrees with any count that is more.
        """
        for reading in (*number.readings, *number.parts):
            if reading in self._words:
                return tuple(self._words[reading][:2])
        if tuple(before[-2:]) == ("more", "than") or tuple(before[-1:]) == ("over",):
            least = min(number.readings)
            return tuple(word for value, word in self._many if least <= value <= least * _MORE_MOST)[:1]
        return ()


def _money(facts: LiveFacts) -> Iterator[tuple[Decimal, str]]:
    price, listed = amount(facts.price), amount(facts.list_price)
    shipping = amount(facts.shipping_fee)
    if price is not None:
        yield price, "price"
        if shipping:
            yield price + shipping, "price with shipping"
        for pieces in range(2, _PIECES_MAX + 1):
            yield price * pieces, "price of some"
    for bundle in facts.bundles or ():
        together = Decimal(bundle.price)
        yield together, "bundle price"
        yield (together / bundle.quantity).quantize(_CENT).normalize() + 0, "bundle price each"
        if price is not None and price * bundle.quantity > together:
            yield price * bundle.quantity - together, "saving"
            yield together - price, "price of one more"
    if listed is not None:
        yield listed, "list price"
        if price is not None and listed > price:
            yield listed - price, "saving"
    for value, word in (
        (amount(facts.lowest_price_30d), "lowest price of the month"),
        (amount(facts.lowest_price_ever), "lowest price ever"),
        (amount(facts.free_shipping_over), "free shipping threshold"),
        (shipping or None, "shipping fee"),
    ):
        if value is not None:
            yield value, word


def _shares(facts: LiveFacts) -> Iterator[tuple[Decimal, str]]:
    price = amount(facts.price)
    for before, word in ((amount(facts.list_price), "percent off"), (amount(facts.lowest_price_30d), "percent off")):
        if price is not None and before is not None and before > price:
            share = (before - price) / before * _HUNDRED
            yield share.to_integral_value(), word
            yield Decimal(int(share)), word


def _counts_of_many(facts: LiveFacts) -> Iterator[tuple[Decimal, str]]:
    for count, word in ((facts.stock, "stock"), (facts.sold_last_hour, "sold"), (facts.viewers_of_item, "viewers")):
        if count is not None:
            yield Decimal(count), word


def _counts(facts: LiveFacts) -> Iterator[tuple[Decimal, str]]:
    yield from _counts_of_many(facts)
    if facts.delivery_days_min is not None:
        yield Decimal(facts.delivery_days_min), "delivery days"
    if facts.now is not None and facts.deal_ends_at is not None:
        now, end = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
        seconds = int((end - now).total_seconds())
        clock = end.astimezone(now.tzinfo)
        yield Decimal(clock.hour % 12 or 12) + Decimal(clock.minute) / _HUNDRED, "deal end clock"
        if 0 < seconds <= _SOON_S:
            yield Decimal(seconds), "deal end"
        if seconds > 0:
            yield Decimal(round(seconds / 60)), "deal end"
            yield Decimal(round(seconds / 3600)), "deal end"
            yield Decimal(round(seconds / 86400)), "deal end"
    for bundle in facts.bundles or ():
        yield Decimal(bundle.quantity), "bundle quantity"


def _attributes(facts: LiveFacts) -> Iterator[tuple[Decimal, str]]:
    for value in (facts.attributes or {}).values():
        for text in value if isinstance(value, list) else (str(value),):
            for figure in _FIGURE.findall(text.replace(",", "")):
                yield Decimal(figure), "record"
