"""What was stopped and let through while the pack was written stays so, and none of it is from the measured half."""

import re

from bench.truth import text_outcomes
from rapidfuzz import fuzz, process

from tallylight.compliance.pack import load_pack
from tests.corpora.sentences import sentences

RECALL_MIN = 0.955
FALSE_MAX = 0.03
NEAR = 84
"""Of 100: token-sorted likeness above which a sentence counts as one of the measured half."""


def test_the_pack_does_on_its_practice_what_it_did() -> None:
    outcomes = text_outcomes(sentences("us-en", "practice"), load_pack("us-en"), "us-en")
    stopped = [bool(each.rules) for each in outcomes if each.sentence.violating]
    bleeped = [bool(each.rules) for each in outcomes if not each.sentence.violating]
    assert len(stopped) > 1500
    assert len(bleeped) > 2000
    assert sum(stopped) / len(stopped) >= RECALL_MIN
    assert sum(bleeped) / len(bleeped) <= FALSE_MAX


def test_nobody_practises_on_the_measured_half() -> None:
    measured = [_plain(each.text) for each in sentences("us-en", "measured")]
    for each in sentences("us-en", "practice"):
        assert process.extractOne(_plain(each.text), measured, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR) is None


def _plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower())
