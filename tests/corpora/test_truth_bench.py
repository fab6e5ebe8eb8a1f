"""The bench's own arithmetic: shares, samples, keyword lists, and noise that is as loud as it says."""

import numpy as np
import pytest
from bench.truth_figures import Outcome, precision, score
from bench.truth_keywords import keyword_rules
from bench.truth_sound import in_noise, music
from bench.truth_speech import sample

from tests.corpora.sentences import Sentence, sentences


def sentence(name: str, *, violating: bool, needs_block: bool = False) -> Sentence:
    return Sentence(
        id=name, family=name, text=name, lang="en", rule="R1", label="violating" if violating else "ordinary",
        needs="block" if needs_block else None,
    )  # fmt: skip


def test_a_hold_is_not_enough_where_a_block_is_needed() -> None:
    outcomes = [
        Outcome(sentence("a", violating=True), frozenset({"R1"}), block=False),
        Outcome(sentence("b", violating=True, needs_block=True), frozenset({"R1"}), block=False),
        Outcome(sentence("c", violating=True), frozenset({"R3"})),
        Outcome(sentence("d", violating=True), frozenset()),
        Outcome(sentence("e", violating=False), frozenset({"R1"})),
        Outcome(sentence("f", violating=False), frozenset()),
    ]
    whole = score(outcomes)
    assert (whole.recall, whole.false, whole.named) == (0.5, 0.5, 0.5)
    assert precision(outcomes, "R1") == pytest.approx(2 / 3)
    assert precision(outcomes, "R9") is None


def test_a_sample_has_every_rule_in_both_labels() -> None:
    chosen = sample(sentences("us-en", "develop"), 86)
    assert len(chosen) == 86
    assert chosen == sample(sentences("us-en", "develop"), 86)
    groups = {(each.rule, each.label) for each in sentences("us-en", "develop")}
    for group in groups:
        assert sum((each.rule, each.label) == group for each in chosen) == 2


def test_keyword_lists_stop_words_and_not_parts_of_words() -> None:
    assert keyword_rules("It cures my ECZEMA") == {"R1"}
    assert keyword_rules("this is secure") == frozenset()


def test_noise_lies_as_far_below_the_voice_as_it_says() -> None:
    seconds = np.arange(32_000) / 16_000
    voice = (0.1 * np.sin(2 * np.pi * 300 * seconds)).astype(np.float32)
    for below_db in (20.0, 10.0):
        added = in_noise(voice, music(len(voice), 3), below_db) - voice
        loud = added[np.abs(added) > 0.1 * np.max(np.abs(added))]
        difference = 20 * np.log10(np.sqrt(np.mean(voice**2)) / np.sqrt(np.mean(loud**2)))
        assert difference == pytest.approx(below_db, abs=1.5)
