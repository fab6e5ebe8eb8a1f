"""What the model of meaning reads: a sentence as tokens with its figures compared, what came before, and the facts.

The same tokens whether typed or heard, so that the model never sees how something was written. Figures carry what
they agree with (``known_figures``); facts that are no figures are told in words. Pure.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

import msgspec

from tallylight.compliance.facts import LiveFacts, amount
from tallylight.compliance.meaning.known_figures import KnownFigures
from tallylight.compliance.numbers import NumberSpan, find_numbers
from tallylight.compliance.tokens import HARD, NONE, Token

__all__ = ["Named", "Reading", "read_for_meaning"]

_BEFORE_TOKENS_MAX = 24
_FACTS_WORDS_MAX = 60
_DAY_S = 86_400
_MONEY = frozenset(["dollars", "dollar", "bucks", "buck", "pounds", "pound", "quid", "euros", "euro"])


class Reading(msgspec.Struct, frozen=True):
    """``said`` is what is judged; ``known`` what it is judged beside: the words before it and the facts."""

    said: str
    known: str


class Named(msgspec.Struct, frozen=True):
    """What the patterns make of the words: ``rule`` at ``verdict``; ``contradicted``: by a fact."""

    rule: str
    verdict: str
    contradicted: bool


def read_for_meaning(tokens: Sequence[Token], fresh: int, facts: LiveFacts, named: Sequence[Named] = ()) -> Reading:
    """Read ``tokens`` from ``fresh`` on; those before it were said before. ``named``: what the patterns found."""
    figures = KnownFigures(facts)
    before = _spoken(tokens[max(0, fresh - _BEFORE_TOKENS_MAX) : fresh], None)
    told = " ".join(_told(facts).split()[:_FACTS_WORDS_MAX])
    found = " , ".join(dict.fromkeys(_found(each) for each in named))
    parts = (f"found {found}" if found else "", f"before : {before}" if before else "", told)
    known = " ; ".join(part for part in parts if part)
    return Reading(_spoken(tokens[fresh:], figures if figures.any else None), known)


def _spoken(tokens: Sequence[Token], figures: KnownFigures | None) -> str:
    """Tokens with their sentence ends, and after each number what it agrees with."""
    texts = [token.text for token in tokens]
    numbers = {end: number for number, end in _figures(texts)} if figures else {}
    words: list[str] = []
    for at, token in enumerate(tokens):
        if at and token.before != NONE:
            words.append("." if token.before == HARD else ",")
        words.append(token.text)
        if token.question:
            words.append("?")
        if figures is not None and at + 1 in numbers:
            number = numbers[at + 1]
            agrees = figures.agree(number, texts[max(0, number.start - 2) : number.start])
            words.append(f"( {' or '.join(agrees) or 'other'} )")
    return " ".join(words)


def _figures(texts: Sequence[str]) -> Iterator[tuple[NumberSpan, int]]:
    """Numbers and where they end; "twelve pounds (and) fifty" is one."""
    numbers = find_numbers(texts)
    joined = False
    for number, after in zip_longest(numbers, numbers[1:]):
        if joined:
            joined = False
            continue
        gap = texts[number.end : after.start] if after is not None else ()
        cents = after.readings[0] if after is not None else Decimal(0)
        if after is not None and gap[:1] and gap[0] in _MONEY and [*gap[1:]] in ([], ["and"]) and 10 <= cents < 100:
            joined = True
            yield NumberSpan(number.start, after.end, (number.readings[0] + cents / 100,)), after.end
        else:
            yield number, number.end


def _found(named: Named) -> str:
    return f"{named.rule.lower()} {named.verdict}{' against the facts' if named.contradicted else ''}"


def _told(facts: LiveFacts) -> str:
    """The facts that are no figures, and how the figures stand to one another."""
    told = [*_prices(facts), *_urgency(facts), *_shipping(facts), *_people(facts)]
    told.extend(f"claim {claim}" for claim in facts.approved_claims or ())
    told.extend(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in (facts.attributes or {}).items())
    return " ; ".join(told)


def _prices(facts: LiveFacts) -> list[str]:
    price, told = amount(facts.price), []
    if price is not None:
        told.append("price known" if price else "price nothing")
    for other, name in (
        (facts.list_price, "list price"),
        (facts.lowest_price_30d, "lowest of the month"),
        (facts.lowest_price_ever, "lowest ever"),
    ):
        value = amount(other)
        if value is not None:
            told.append(f"{name} {_beside(value, price)}")
    if facts.reference_price_substantiated is not None:
        told.append(f"list price {'genuine' if facts.reference_price_substantiated else 'not genuine'}")
    if facts.bundles is not None:
        told.append("bundles known" if facts.bundles else "no bundles")
    return told


def _beside(value: Decimal, price: Decimal | None) -> str:
    if price is None:
        return "known"
    return "above the price" if value > price else "below the price" if value < price else "same as the price"


def _urgency(facts: LiveFacts) -> list[str]:
    told = []
    if facts.stock is not None:
        told.append("stock none" if facts.stock == 0 else "stock few" if facts.stock <= 10 else "stock many")
    if facts.sold_last_hour is not None:
        sold = "none" if facts.sold_last_hour == 0 else "few" if facts.sold_last_hour < 10 else "many"
        told.append(f"sold {sold}")
    if facts.viewers_of_item is not None:
        told.append("viewers few" if facts.viewers_of_item < 10 else "viewers many")
    if facts.deal_ends_at is not None:
        told.append(f"deal ends {_ends(facts)}")
    for known, word in ((facts.deal_extended, "deal extended"), (facts.returns_later, "comes back later")):
        if known is not None:
            told.append(word if known else f"not {word}")
    return told


def _ends(facts: LiveFacts) -> str:
    if facts.now is None or facts.deal_ends_at is None:
        return "some time"
    now, end = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    seconds = (end - now).total_seconds()
    if seconds <= 0:
        return "already"
    if seconds <= _DAY_S / 24:
        return "within the hour"
    days = (end.date() - now.date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else "this week" if days < 7 else "later"


def _shipping(facts: LiveFacts) -> list[str]:
    told = []
    fee = amount(facts.shipping_fee)
    if fee is not None:
        told.append("shipping costs" if fee else "shipping free")
    if facts.free_shipping_over is not None:
        told.append("shipping free over a threshold")
    if facts.delivery_days_min is not None:
        told.append("delivery same day" if facts.delivery_days_min == 0 else "delivery takes days")
    return told


def _people(facts: LiveFacts) -> list[str]:
    told = []
    if facts.host_is_paid is not None:
        told.append("host paid" if facts.host_is_paid else "host not paid")
    if facts.competitors:
        told.append(f"rivals {' , '.join(facts.competitors)}")
    return told


def _plain(value: str | int | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, (str, int)) else " , ".join(value)
