"""The sentence sets are well formed, large enough, honestly split, and their labels fit their facts."""

import re
from collections import Counter
from decimal import Decimal

import msgspec
import pytest
from rapidfuzz import fuzz, process

from tallylight.compliance.facts import LiveFacts
from tests.corpora.sentences import MARKETS, Half, Sentence, sentences

RULES = [f"R{number}" for number in range(1, 22)]
HALVES: tuple[Half, Half] = ("develop", "measured")
NEAR_DUPLICATE = 88
"""Of 100: token-sorted likeness above which two sentences are one and the same idea in the same words."""
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def both(market: str) -> list[Sentence]:
    return [each for half in HALVES for each in sentences(market, half)]


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower())


def spoken(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    return f"{_ONES[number // 100]} {spoken(number % 100)}"


def spoken_price(price: str) -> str:
    """ "24.99" as "twenty four ninety nine"; whole amounts without their cents."""
    units, _, cents = price.partition(".")
    return spoken(int(units)) + (f" {spoken(int(cents))}" if int(cents or 0) else "")


@pytest.mark.parametrize("market", MARKETS)
def test_every_sentence_is_itself(market: str) -> None:
    everything = both(market)
    assert len({each.id for each in everything}) == len(everything)
    said = [(plain(each.text), msgspec.json.encode(each.facts), each.context) for each in everything]
    assert len(set(said)) == len(said)
    for each in everything:
        assert each.text == each.text.strip()
        assert each.rule is None or each.rule in RULES
        assert each.rule is not None or not each.violating
        assert each.needs is None or each.violating
        assert each.facts.keys() <= set(LiveFacts.__struct_fields__), each.id
        each.live_facts  # noqa: B018  Raises when a value has the wrong type.


def test_the_sets_are_large_enough() -> None:
    everything = both("us-en")
    violating = Counter(each.rule for each in everything if each.violating)
    tempting = Counter(each.rule for each in everything if not each.violating)
    assert violating.total() >= 700
    assert tempting.total() >= 700
    assert tempting[None] >= 100
    for rule in RULES:
        assert violating[rule] >= 30, rule
        assert tempting[rule] >= 30, rule
    assert len(both("uk-en")) >= 60
    assert len(both("eu-en")) >= 60
    assert len(both("cn-zh")) >= 40


@pytest.mark.parametrize("market", MARKETS)
def test_no_idea_is_in_both_halves(market: str) -> None:
    develop, measured = (sentences(market, half) for half in HALVES)
    assert not {each.family for each in develop} & {each.family for each in measured}
    known = [plain(each.text) for each in develop]
    for each in measured:
        nearest = process.extractOne(plain(each.text), known, scorer=fuzz.token_sort_ratio)
        assert nearest[1] < NEAR_DUPLICATE, (each.id, nearest)


def test_the_halves_are_alike() -> None:
    develop, measured = (Counter((each.rule, each.label) for each in sentences("us-en", half)) for half in HALVES)
    assert abs(develop.total() - measured.total()) <= 10
    for key in develop | measured:
        assert abs(develop[key] - measured[key]) <= 4, key


@pytest.mark.parametrize("market", MARKETS)
def test_labels_fit_their_facts(market: str) -> None:
    for each in both(market):
        facts = each.live_facts
        if each.rule == "R14" and each.violating:
            assert facts.host_is_paid, each.id
        if facts.price and facts.list_price:
            assert Decimal(facts.list_price) >= Decimal(facts.price), each.id
        if facts.price and facts.lowest_price_ever and each.violating:
            assert Decimal(facts.price) > min(
                Decimal(facts.lowest_price_ever), Decimal(facts.lowest_price_30d or facts.price)
            ), each.id
        if each.rule == "R9" and each.violating:
            assert each.facts, each.id
        if facts.deal_ends_at and facts.now:
            assert facts.deal_ends_at > facts.now, each.id


@pytest.mark.parametrize("market", ["us-en", "uk-en"])
def test_what_contradicts_a_price_or_stock_does_not_say_it(market: str) -> None:
    checked = 0
    for each in both(market):
        facts = each.live_facts
        words = f" {plain(each.text)} "
        if each.rule == "R5" and each.violating and facts.price and not facts.shipping_fee:
            assert f" {spoken_price(facts.price)} " not in words, each.id
            checked += 1
        if each.rule == "R9" and each.violating and facts.stock and "left" in words:
            assert f" {spoken(facts.stock)} left" not in words, each.id
            checked += 1
    assert checked > 3


def test_the_taught_set_has_other_hands_for_every_rule() -> None:
    taught = sentences("us-en", "taught")
    assert len({each.id for each in taught}) == len(taught)
    for rule in RULES:
        for violating in (True, False):
            hands = {each.writer for each in taught if each.rule == rule and each.violating == violating}
            assert len(hands) >= 6
    for each in taught:
        assert each.writer is not None
        assert each.rule is not None or not each.violating
        each.live_facts  # noqa: B018  Raises when a value has the wrong type.
