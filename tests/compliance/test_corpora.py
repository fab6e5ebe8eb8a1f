"""The sentence sets: what must be stopped is, what must air does, and the pack passes its own tests."""

import pytest

from tallylight.compliance.pack import SentenceTest, load_pack
from tests.compliance.corpus import judge_text, ordinary, violating

STOPS = ("hold", "block")
PACK_TESTS = [(rule.id, test) for rule in load_pack("us-en").data.rules for test in rule.tests]


def test_recall_and_false_stops() -> None:
    wrong, right = violating(), ordinary()
    assert len(wrong) >= 150
    assert len(right) >= 150
    missed = [each.text for each in wrong if judge_text(each.text, each.facts).verdict not in STOPS]
    stopped = [each.text for each in right if judge_text(each.text, each.facts).verdict in STOPS]
    assert len(missed) <= 0.05 * len(wrong), missed
    assert len(stopped) <= 0.03 * len(right), stopped


def test_sentences_are_stopped_by_the_rule_that_they_break() -> None:
    other = [
        each.text
        for each in violating()
        if each.rule not in [found.rule for found in judge_text(each.text, each.facts).findings]
    ]
    assert len(other) <= 0.07 * len(violating()), other


@pytest.mark.parametrize(("rule", "test"), PACK_TESTS, ids=[f"{rule}-{test.text}" for rule, test in PACK_TESTS])
def test_the_pack_passes_its_own_tests(rule: str, test: SentenceTest) -> None:
    assert judge_text(test.text, test.facts, test.context).verdict == test.verdict


def test_every_rule_says_what_to_say_instead_and_cites_its_source() -> None:
    for rule in load_pack("us-en").data.rules:
        assert rule.citation
        assert rule.say_instead
        assert rule.patterns
