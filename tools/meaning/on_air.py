"""Sentences as they stand in a live show: after other talk, broken off, run together, beside all of a product's facts.

A sentence of the corpora stands alone, with the facts that matter. On air the model reads it after whatever was said
before, with the head of the next one at its end, beside a price, a stock, a deal and a rival that it has nothing to do
with. A model that was taught none of that held a quarter of all ordinary sentences for the company they kept. Facts
are only added where they cannot change what is right: never those that a sentence's own rule is about.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

import msgspec
from tests.corpora.sentences import Sentence

Facts = dict[str, object]
_PRICES_MINOR = (999, 1200, 1499, 1850, 1999, 2499, 3000, 3999, 4500, 5900, 8900, 12900)
_RIVALS = (
    "Maple Crown", "Northlane", "Brightly", "Vela", "Oak & Iron", "Sundara", "PureNest", "Kitchenly", "Dyson",
    "Lululemon", "Stanley", "Olaplex", "Glow Lab", "Hearth and Hand",
)  # fmt: skip
_BROKEN_OFF = 0.45
"""The share of sentences that are cut or run into others; the rest only follow other talk."""
_WORDS_MIN = 4


class OnAir:
    """Makes sentences what they are on air. ``pool``: what else is said; ``rng`` decides."""

    def __init__(self, pool: Sequence[Sentence], rng: random.Random) -> None:
        self._pool = pool
        self._ordinary = [each for each in pool if not each.violating]
        self._attributes = [each.facts["attributes"] for each in pool if each.facts.get("attributes")]
        self._claims = [each.facts["approved_claims"] for each in pool if each.facts.get("approved_claims")]
        self._rng = rng

    def __call__(self, sentence: Sentence) -> Sentence:
        beside = self._beside_all_facts(sentence)
        if self._rng.random() >= _BROKEN_OFF:
            return self._after_other_talk(beside)
        broken = msgspec.structs.replace(beside, text=self._broken_off(beside))
        return self._after_other_talk(broken) if self._rng.random() < 0.5 else broken

    def _after_other_talk(self, sentence: Sentence) -> Sentence:
        before = [self._rng.choice(self._pool).text for _ in range(self._rng.choice((1, 1, 2, 3)))]
        return msgspec.structs.replace(sentence, context=(*before, *sentence.context))

    def _broken_off(self, sentence: Sentence) -> str:
        """Ordinary ones lose words at either end; both kinds have a neighbour's words at theirs."""
        rng, words, other = self._rng, sentence.text.split(), self._rng.choice(self._ordinary).text.split()
        kind = rng.random()
        if not sentence.violating and kind < 0.4 and len(words) > _WORDS_MIN + 2:
            kept = rng.randint(_WORDS_MIN, len(words) - 1)
            return " ".join(words[:kept] if rng.random() < 0.5 else words[-kept:])
        if kind < 0.75:
            joint = ". " if rng.random() < 0.5 else " "
            return sentence.text.rstrip(".!") + joint + " ".join(other[: rng.randint(1, 4)])
        joint = ". " if other[-1][-1:] in ".!?" or rng.random() < 0.3 else " "
        return " ".join(other[-rng.randint(1, 3) :]) + joint + sentence.text

    def _beside_all_facts(self, sentence: Sentence) -> Sentence:
        facts = dict(sentence.facts)
        for kind in _KINDS:
            if self._rng.random() < kind.share and sentence.rule not in kind.about and not set(kind.keys) & set(facts):
                facts |= kind.some(self)
        return msgspec.structs.replace(sentence, facts=facts)

    # -- facts of a product that the sentence has nothing to do with

    def prices(self) -> Facts:
        rng, price = self._rng, self._rng.choice(_PRICES_MINOR)
        facts: Facts = {"price": _amount(price), "currency": "USD"}
        if rng.random() < 0.5:
            facts["list_price"] = _amount(int(price * rng.choice((1, 1.25, 1.34, 1.5, 2))))
            facts["reference_price_substantiated"] = rng.random() < 0.85
        if rng.random() < 0.7:
            facts["lowest_price_30d"] = _amount(int(price * rng.choice((1, 1, 1, 1.1, 0.9))))
            facts["lowest_price_ever"] = _amount(int(price * rng.choice((1, 1, 0.9, 0.8))))
        if rng.random() < 0.5:
            pair = {"quantity": 2, "price": _amount(int(price * 1.8))}
            facts["bundles"] = [] if rng.random() < 0.8 else [pair]
        return facts

    def urgency(self) -> Facts:
        rng, zone = self._rng, timezone(timedelta(hours=-5))
        now = datetime(2026, 11, 27, rng.randint(8, 22), rng.randint(0, 59), tzinfo=zone)
        facts: Facts = {"now": now.isoformat(), "stock": rng.choice((0, 2, 4, 9, 38, 60, 140, 212, 900))}
        if rng.random() < 0.7:
            facts["sold_last_hour"] = rng.choice((0, 0, 3, 25, 140))
        if rng.random() < 0.3:
            facts["viewers_of_item"] = rng.choice((3, 40, 212))
        if rng.random() < 0.5:
            left = timedelta(minutes=rng.choice((5, 30, 90, 600, 1440, 4320)))
            facts |= {"deal_ends_at": (now + left).isoformat(), "deal_extended": rng.random() < 0.1}
        if rng.random() < 0.2:
            facts["returns_later"] = rng.random() < 0.5
        return facts

    def shipping(self) -> Facts:
        facts: Facts = {"shipping_fee": self._rng.choice(("0.00", "4.95", "6.99", "5.00"))}
        if self._rng.random() < 0.6:
            facts["free_shipping_over"] = self._rng.choice(("35.00", "50.00", "60.00"))
        return facts

    def attributes(self) -> Facts:
        return {"attributes": self._rng.choice(self._attributes)}

    def claims(self) -> Facts:
        return {"approved_claims": self._rng.choice(self._claims)}

    def host(self) -> Facts:
        return {"host_is_paid": self._rng.random() < 0.8}

    def rivals(self) -> Facts:
        return {"competitors": self._rng.sample(_RIVALS, self._rng.randint(1, 2))}


class _Kind(msgspec.Struct, frozen=True):
    """Facts that come together: in what share of shows, the rules that are about them, how to make some."""

    share: float
    about: tuple[str, ...]
    keys: tuple[str, ...]
    some: Callable[[OnAir], Mapping[str, object]]


_PRICE_KEYS = (
    "price", "list_price", "lowest_price_30d", "lowest_price_ever", "reference_price_substantiated", "bundles",
)  # fmt: skip
_URGENCY_KEYS = (
    "now", "stock", "sold_last_hour", "viewers_of_item", "deal_ends_at", "deal_extended", "returns_later",
)  # fmt: skip
_ON_RECORD = ("R2", "R3", "R10", "R11", "R12", "R13", "R15", "R19", "R20", "R21")
_CLAIMED = ("R1", "R2", "R3", "R4", "R10", "R12", "R13", "R15", "R19", "R21")
_KINDS = (
    _Kind(0.75, ("R5", "R6", "R7", "R8", "R18"), _PRICE_KEYS, OnAir.prices),
    _Kind(0.7, ("R9",), _URGENCY_KEYS, OnAir.urgency),
    _Kind(0.6, ("R5", "R8"), ("shipping_fee", "free_shipping_over", "delivery_days_min"), OnAir.shipping),
    _Kind(0.5, _ON_RECORD, ("attributes",), OnAir.attributes),
    _Kind(0.2, _CLAIMED, ("approved_claims",), OnAir.claims),
    _Kind(0.7, ("R14",), ("host_is_paid",), OnAir.host),
    _Kind(0.6, ("R7", "R10", "R11"), ("competitors",), OnAir.rivals),
)


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
