"""Reads the sentence sets of this folder. Their format is in README.md."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from tallylight.compliance.facts import LiveFacts

FOLDER = Path(__file__).parent
MARKETS = ("us-en", "uk-en", "eu-en", "cn-zh")
Half = Literal["develop", "measured"]
Set = Literal["develop", "measured", "practice", "taught"]


class Sentence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing a host says, and whether it must be stopped.

    ``rule``: the rule that a violating sentence breaks, or that an ordinary one looks like breaking; None for plain
    chatter. ``family``: sentences that say one idea in other words share it. ``context``: what was said just before.
    ``needs``: the least verdict that is right for a violating sentence; None for either of hold and block.
    ``writer``: who wrote it, in the taught set; the model is examined on a writer it was not taught by.
    """

    id: str
    family: str
    text: str
    label: Literal["violating", "ordinary"]
    lang: str
    rule: str | None = None
    facts: Mapping[str, object] = {}
    context: tuple[str, ...] = ()
    needs: Literal["block", "hold"] | None = None
    writer: int | None = None

    @property
    def violating(self) -> bool:
        return self.label == "violating"

    @property
    def live_facts(self) -> LiveFacts:
        """Raises msgspec.ValidationError for a value of the wrong type."""
        return msgspec.convert(self.facts, LiveFacts)


@cache
def sentences(market: str, half: Set) -> tuple[Sentence, ...]:
    """The sentences of one set, in the order of the file. Raises msgspec.DecodeError for a line that is malformed."""
    decode = msgspec.json.Decoder(Sentence).decode
    lines = (FOLDER / f"{market}.{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(decode(line) for line in lines)
