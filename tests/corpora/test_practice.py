"""What was stopped and let through while the pack was written stays so, and none of it is from the measured half."""

import re

import pytest
from bench.truth import text_outcomes
from rapidfuzz import fuzz, process

from tallylight.compliance.pack import load_pack
from tests.corpora.sentences import Set, sentences

RECALL_MIN = 0.95
NEAR = 84
"""Of 100: token-sorted likeness above which a sentence counts as one of the measured half."""


@pytest.mark.parametrize(("pack", "false_max"), [("patterns", 0.03), ("with the second opinion", 0.08)])
def test_the_pack_does_on_its_practice_what_it_did(pack: str, false_max: float) -> None:
    reads = load_pack("us-en").patterns_only() if pack == "patterns" else load_pack("us-en")
    outcomes = text_outcomes(sentences("us-en", "practice"), reads, "us-en")
    stopped = [bool(each.rules) for each in outcomes if each.sentence.violating]
    bleeped = [bool(each.rules) for each in outcomes if not each.sentence.violating]
    assert len(stopped) > 1500
    assert len(bleeped) > 2000
    assert sum(stopped) / len(stopped) >= RECALL_MIN
    assert sum(bleeped) / len(bleeped) <= false_max


@pytest.mark.parametrize("of", ["practice", "taught"])
def test_nobody_practises_on_the_measured_half(of: Set) -> None:
    measured = [_plain(each.text) for each in sentences("us-en", "measured")]
    for each in sentences("us-en", of):
        assert process.extractOne(_plain(each.text), measured, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR) is None


def _plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower())


@pytest.mark.parametrize(("examiner", "recall_min", "false_max"), [(11, 0.91, 0.03), (18, 0.89, 0.085)])
def test_a_writer_that_nothing_was_taught_by_is_understood(examiner: int, recall_min: float, false_max: float) -> None:
    """Half of both recasts what regulators objected to; the patterns alone stop 57 and 5 in a hundred of the one's
    sentences, 59 and 11 of the other's.
    """
    examined = [each for each in sentences("us-en", "taught") if each.writer == examiner]
    outcomes = text_outcomes(examined, load_pack("us-en"), "us-en")
    stopped = [bool(each.rules) for each in outcomes if each.sentence.violating]
    bleeped = [bool(each.rules) for each in outcomes if not each.sentence.violating]
    assert sum(stopped) / len(stopped) >= recall_min
    assert sum(bleeped) / len(bleeped) <= false_max
