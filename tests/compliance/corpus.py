"""Reads the sentence sets of tests/compliance/corpora and judges them as text or as heard words."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tallylight.compliance.check_line import judge_after
from tallylight.compliance.facts import Bundle, LiveFacts, ProductFacts
from tallylight.compliance.judge import judge
from tallylight.compliance.types import Circumstances, Judged, Utterance
from tests.compliance.patterns import patterns_of

CORPORA = Path(__file__).parent / "corpora"
_LISTS = ("competitors",)


class Sentence(msgspec.Struct, frozen=True):
    rule: str | None
    facts: LiveFacts
    text: str


def read_facts(text: str) -> LiveFacts:
    """``price=19.99,stock=3,attributes.made_in=China`` as live facts."""
    plain: dict[str, object] = {}
    attributes: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, value = part.split("=", 1)
        if name.startswith("attributes."):
            attributes[name.removeprefix("attributes.")] = value
        elif name == "bundles":
            quantity, price = value.split(":")
            plain[name] = [Bundle(int(quantity), price)]
        elif name in _LISTS:
            plain[name] = [value]
        else:
            plain[name] = {"true": True, "false": False}.get(value, value)
    if attributes:
        plain["attributes"] = attributes
    return msgspec.convert(plain, LiveFacts, strict=False)


def violating() -> list[Sentence]:
    sentences = []
    for line in _lines("violating.txt"):
        rule, facts, text = (part.strip() for part in line.split("|", 2))
        sentences.append(Sentence(rule, read_facts(facts), text))
    return sentences


def ordinary() -> list[Sentence]:
    sentences = []
    for line in _lines("ordinary.txt"):
        facts, text = (part.strip() for part in line.split("|", 1))
        sentences.append(Sentence(None, read_facts(facts), text))
    return sentences


def judge_text(text: str, facts: LiveFacts, context: Sequence[str] = ()) -> Judged:
    words = tuple(" ".join([*context, text]).split())
    before = len(" ".join(context).split())
    return judge(
        Utterance(words=words, context=before),
        Circumstances(products=[ProductFacts(None, (), facts)]),
        patterns_of("us-en"),
    )


def judge_in(market: str, text: str, facts: LiveFacts, context: Sequence[str] = ()) -> Judged:
    """``text`` by a market's pack, in whatever language it is."""
    judged, _, _ = judge_after(text, context, facts, patterns_of(market))
    return judged


def _lines(name: str) -> list[str]:
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
