"""A disclaimer within its seconds, before or after, over utterances; a hold while the claim is still in the delay."""

import msgspec

from tallylight.compliance.claims import ApprovedClaim
from tallylight.compliance.disclaimers import RULE
from tallylight.compliance.facts import ShowSubject
from tallylight.compliance.types import Circumstances
from tests.compliance.test_judge_speech import START_US, WORD_US, Talk

JOINTS = ApprovedClaim("It helps with joint pain.", disclaimer="This is not medical advice.", within_s=4)


def talk(delay_ms: int = 20_000, within_s: int = 4) -> Talk:
    claim = msgspec.structs.replace(JOINTS, within_s=within_s)
    return Talk(Circumstances(claims=[claim], subject=ShowSubject(delay_ms=delay_ms)))


def rules(host: Talk) -> list[tuple[str, str]]:
    return [(each.found.rule, each.found.verdict) for each in host.found]


def test_a_disclaimer_in_the_next_utterance_is_in_time() -> None:
    host = talk()
    host.say("it helps with joint pain", pause=True)
    host.rest(2_000_000)
    host.say("this is not medical advice", pause=True)
    host.rest(20_000_000)
    assert rules(host) == []


def test_one_that_was_spoken_just_before_counts_too() -> None:
    host = talk()
    host.say("this is not medical advice but it helps with joint pain", pause=True)
    host.rest(20_000_000)
    assert rules(host) == []


def test_a_missing_one_is_held_while_the_claim_has_not_aired() -> None:
    host = talk()
    host.say("it helps with joint pain", pause=True)
    host.rest(3_000_000)
    assert rules(host) == []
    host.rest(2_000_000)
    assert rules(host) == [(RULE, "hold")]
    found = host.found[0]
    assert (found.start_us, found.found.quote) == (START_US + WORD_US, "helps with joint pain")
    assert found.found.say_instead == "This is not medical advice."
    host.rest(10_000_000)
    assert len(host.found) == 1, "once"


def test_it_is_a_note_once_the_claim_has_aired() -> None:
    host = talk(delay_ms=8_000)
    host.say("it helps with joint pain", pause=True)
    host.rest(6_000_000)
    assert rules(host) == [(RULE, "note")]


def test_one_that_comes_too_late_does_not_help() -> None:
    host = talk()
    host.say("it helps with joint pain", pause=True)
    host.rest(7_000_000)
    host.say("this is not medical advice", pause=True)
    host.rest(1_000_000)
    assert rules(host) == [(RULE, "hold")]


def test_a_claim_that_has_expired_mid_show_is_judged_again() -> None:
    host = talk(within_s=600)
    host.say("it helps with joint pain", pause=True)
    host.rest(1_000_000)
    assert rules(host) == []
    host.circumstances = Circumstances()
    host.rest(20_000_000)
    host.say("it helps with joint pain", pause=True)
    host.rest(1_000_000)
    assert [rule for rule, _ in rules(host)] == ["R1"]
