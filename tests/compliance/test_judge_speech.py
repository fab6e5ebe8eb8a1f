"""Judging a stream: ripe words, the trailing watermark, findings that are handed over once and in time."""

from typing import Any, cast

import pytest

from tallylight.compliance.disclaimers import RULE as DISCLAIMER
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.judge_speech import (
    CLAIM_WAIT_US,
    CLAUSE_WORDS_MAX,
    DISCLOSE_EVERY_US,
    PAUSE_US,
    SETTLE_US,
    STRICT_US,
    Portion,
    SpeechFinding,
    SpeechJudge,
)
from tallylight.compliance.types import Circumstances, Found, Judged
from tallylight.speech.recogniser import Heard, Word
from tests.compliance.patterns import patterns_of

WORD_US = 300_000
START_US = 1_750_000_000_000_000
FACTS = Circumstances(products=[ProductFacts(None, (), LiveFacts(price="24.00", stock=140, currency="USD"))])


class Talk:
    """A host who says a word every 300 ms."""

    def __init__(self, circumstances: Circumstances = FACTS) -> None:
        self.judge = SpeechJudge(patterns_of("us-en"))
        self.found: list[SpeechFinding] = []
        self.marks: list[int] = []
        self.at_us = START_US
        self.circumstances = circumstances

    def say(self, text: str, *, pause: bool = False) -> list[SpeechFinding]:
        words = []
        for word in text.split():
            words.append(Word(word, self.at_us, self.at_us + WORD_US - 20_000, 900))
            self.at_us += WORD_US
        return self._hear(Heard(tuple(words), words[-1].end_us, pause))

    def rest(self, us: int) -> list[SpeechFinding]:
        self.at_us += us
        return self._hear(Heard((), self.at_us, pause=True))

    def _hear(self, heard: Heard) -> list[SpeechFinding]:
        self.judge.hear(heard)
        portion = self.judge.take()
        if portion is None:
            return []
        before = self.judge.judged_us
        found = self.judge.judge(portion, self.circumstances)
        assert all(each.end_us > before for each in found if each.found.rule != DISCLAIMER)
        self.marks.append(self.judge.judged_us)
        self.found += found
        return found


def test_words_are_judged_when_enough_after_them_is_known() -> None:
    talk = Talk()
    assert talk.say("this cream cures eczema") == []
    assert talk.judge.judged_us < START_US + WORD_US
    found = talk.say("and it smells of roses and lemon")
    assert [each.found.rule for each in found] == ["R1"]
    assert found[0].found.quote == "cures eczema"
    assert talk.judge.judged_us <= talk.at_us - SETTLE_US + WORD_US


def test_what_is_stopped_takes_the_rest_of_its_clause_with_it() -> None:
    talk = Talk()
    [found] = talk.say("It is soft, and this lovely cream cures eczema in days and it smells of roses.", pause=True)
    assert found.found.quote == "cures eczema"
    # From "and", which begins a clause, to "days"; the edges lie where the neighbours' are.
    assert found.start_us == START_US + 3 * WORD_US - 20_000
    assert found.end_us == START_US + 11 * WORD_US


def test_a_long_clause_is_not_stopped_whole() -> None:
    talk = Talk()
    words = "one two three four five six cures eczema seven eight nine ten eleven twelve thirteen fourteen"
    [found] = talk.say(f"the friend who {words}", pause=True)
    said = found.end_us - found.start_us
    assert said <= (2 + 2 * CLAUSE_WORDS_MAX) * WORD_US + 20_000


def test_a_breath_ends_a_clause() -> None:
    talk = Talk()
    talk.say("look at the pretty box")
    talk.at_us += 400_000
    begun_us = talk.at_us
    [found] = talk.say("this cures eczema", pause=True) or talk.rest(PAUSE_US)
    assert found.start_us == begun_us


def test_the_watermark_trails_by_no_more_than_the_bound() -> None:
    talk = Talk()
    for _ in range(20):
        talk.say("this is a lovely mug and I like it")
        assert talk.at_us - talk.judge.judged_us <= SETTLE_US + 2 * WORD_US
    assert talk.marks == sorted(talk.marks)


def test_a_pause_settles_at_once() -> None:
    talk = Talk()
    talk.say("it cures eczema", pause=True)
    found = talk.rest(PAUSE_US)
    assert [each.found.rule for each in found] == ["R1"]
    assert talk.judge.judged_us == talk.at_us


def test_in_silence_the_watermark_follows() -> None:
    talk = Talk()
    talk.rest(200_000)
    assert talk.judge.judged_us == talk.at_us
    talk.rest(200_000)
    assert talk.judge.judged_us == talk.at_us


def test_a_finding_is_given_once_and_what_it_grows_by_on_its_own() -> None:
    talk = Talk()
    talk.say("you will lose ten pounds in a week", pause=True)
    talk.rest(PAUSE_US)
    first = list(talk.found)
    assert {each.found.rule for each in first} == {"R4"}
    talk.say("guaranteed", pause=True)
    talk.rest(PAUSE_US)
    assert all(each.start_us >= first[-1].end_us for each in talk.found[len(first) :])
    spans = [(each.start_us, each.end_us) for each in talk.found if each.found.rule == "R4"]
    assert len(spans) == len(set(spans))


def test_a_denial_that_comes_after_the_question_excuses_it() -> None:
    talk = Talk()
    talk.say("Emma is asking does it treat eczema? No, it does not.", pause=True)
    assert talk.rest(PAUSE_US) == []


def test_a_yes_after_a_pause_is_found() -> None:
    talk = Talk()
    talk.say("Emma is asking does it treat eczema?", pause=True)
    assert talk.rest(PAUSE_US) == []
    talk.say("Yes, it does.", pause=True)
    found = talk.rest(PAUSE_US)
    assert [each.found.rule for each in found] == ["R1"]
    assert found[0].found.quote.startswith("Yes")


def test_words_split_over_two_portions_are_judged_together() -> None:
    talk = Talk()
    talk.say("there are only")
    talk.say("two left everyone and they look so nice on the table")
    assert [each.found.rule for each in talk.found] == ["R9"]


def test_after_a_stop_the_rule_is_stricter_for_a_while() -> None:
    text = "this cream and your eczema you know"
    talk = Talk()
    talk.say("it cures eczema", pause=True)
    talk.rest(PAUSE_US)
    talk.rest(12_000_000)
    talk.say(text, pause=True)
    talk.rest(PAUSE_US)
    assert [each.found.verdict for each in talk.found] == ["block", "hold"]
    calm = Talk()
    calm.say("it cures eczema", pause=True)
    calm.rest(PAUSE_US)
    calm.rest(STRICT_US)
    calm.say(text, pause=True)
    calm.rest(PAUSE_US)
    assert [each.found.verdict for each in calm.found] == ["block"]


def test_a_paid_host_is_reminded_to_say_so() -> None:
    paid = Circumstances(subject=ShowSubject(host_is_paid=True))
    talk = Talk(paid)
    talk.say("this is a paid partnership", pause=True)
    talk.rest(PAUSE_US)
    talk.rest(DISCLOSE_EVERY_US)
    talk.say("here is a mug", pause=True)
    found = talk.rest(PAUSE_US)
    assert [(each.found.rule, each.found.verdict) for each in found] == [("R14", "note")]
    talk.say("and here is another", pause=True)
    assert talk.rest(PAUSE_US) == []


def test_a_disclosure_is_due_so_long_after_the_last_and_may_be_cut_in_two() -> None:
    paid = Circumstances(subject=ShowSubject(host_is_paid=True))
    talk = Talk(paid)
    assert talk.judge.disclosure_due_us is None
    talk.say("here is a mug", pause=True)
    talk.rest(PAUSE_US)
    first_us = talk.judge.disclosure_due_us
    assert first_us is not None
    talk.say("and this show is a paid", pause=True)
    talk.rest(PAUSE_US)
    assert talk.judge.disclosure_due_us == first_us
    talk.say("partnership with them", pause=True)
    talk.rest(PAUSE_US)
    again_us = talk.judge.disclosure_due_us
    assert again_us is not None
    assert again_us > first_us


def test_after_a_restart_old_words_only_give_context() -> None:
    judge = SpeechJudge(patterns_of("us-en"))
    old = [Word("this", 0, 1, 900), Word("cures", 2, 3, 900)]
    judge.begin(10, old)
    judge.hear(Heard((Word("eczema", 20, 30, 900),), 30 + PAUSE_US, pause=True))
    portion = judge.take()
    assert portion is not None
    assert portion.context == 2
    found = judge.judge(portion, Circumstances())
    assert [each.found.rule for each in found] == ["R1"]
    assert judge.judged_us == 30 + PAUSE_US


def test_a_portion_knows_where_its_facts_are_looked_up() -> None:
    words = (Word("one", 5, 6, 900), Word("two", 7, 8, 900))
    assert Portion(words, 1, 2, 8).at_us == 7
    assert Portion((), 0, 0, 8).at_us == 8


def _scripted(monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, int, int]) -> None:
    """The judge finds (verdict, first, last) on its n-th call, whatever is said."""
    calls = iter(steps)

    def found(*_: object) -> Judged:
        verdict, first, last = next(calls)
        return Judged((Found("R1", "", cast(Any, verdict), first, last, "", "", "", {}, ""),), None)

    monkeypatch.setattr("tallylight.compliance.judge_speech.judge", found)


def test_what_turns_out_graver_is_given_again_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _scripted(monkeypatch, ("note", 2, 2), ("block", 1, 5))
    talk = Talk()
    talk.say("one two three", pause=True)
    assert [each.found.verdict for each in talk.rest(PAUSE_US)] == ["note"]
    talk.say("four five six", pause=True)
    graver = talk.rest(PAUSE_US)
    assert [(each.found.verdict, each.found.quote) for each in graver] == [("block", "two three four five six")]


def test_what_was_given_before_is_left_out_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    _scripted(monkeypatch, ("hold", 0, 0), ("hold", 0, 3))
    talk = Talk()
    talk.say("one two three", pause=True)
    first = talk.rest(PAUSE_US)
    talk.say("four", pause=True)
    grown = talk.rest(PAUSE_US)
    assert [each.found.quote for each in (*first, *grown)] == ["one", "two three four"]


CLAIM = "clinically proven to hydrate skin for twenty four hours"
CLAIMED = Circumstances(products=[ProductFacts(None, (), LiveFacts(approved_claims=[CLAIM]))])


def word_by_word(talk: Talk, text: str) -> list[SpeechFinding]:
    return [each for word in text.split() for each in talk.say(word)]


def test_an_approved_claim_is_heard_out() -> None:
    talk = Talk(CLAIMED)
    assert word_by_word(talk, f"hello and it is {CLAIM} and I love how it smells of roses") == []
    assert talk.at_us - talk.judge.judged_us <= SETTLE_US + 2 * WORD_US


def test_what_only_begins_like_an_approved_claim_is_stopped() -> None:
    found = word_by_word(
        Talk(CLAIMED), "hello and it is clinically proven to make you ten years younger or so my friends"
    )
    assert {each.found.rule for each in found} == {"R3"}


def test_nobody_waits_for_the_end_of_a_claim_for_ever() -> None:
    talk = Talk(CLAIMED)
    assert word_by_word(talk, "hello there my friends it is clinically proven to") == []
    talk.judge.hear(Heard((), talk.at_us + CLAIM_WAIT_US, pause=False))
    portion = talk.judge.take()
    assert portion is not None
    assert [each.found.rule for each in talk.judge.judge(portion, CLAIMED)] == ["R3"]
