"""Scope, facts and spans: what is stopped, why, and how much of the sentence goes with it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tallylight.compliance.claims import ApprovedClaim
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.judge import judge
from tallylight.compliance.types import Circumstances, Judged, Utterance
from tests.compliance.corpus import judge_text
from tests.compliance.patterns import patterns_of


def judged(text: str, *facts: LiveFacts, **more: object) -> Judged:
    circumstances = Circumstances(products=[ProductFacts(None, (), each) for each in facts], **more)  # type: ignore[arg-type]
    return judge(Utterance(words=tuple(text.split())), circumstances, patterns_of("us-en"))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("It cures eczema.", "block"),
        ("It does not cure eczema.", "clear"),
        ("Nobody says that it cures eczema.", "clear"),
        ("It never treats a disease, it's a soap.", "clear"),
        ("It not only soothes, it cures eczema.", "block"),
        ("Don't wait, it cures eczema.", "block"),
        ("There is no doubt it cures eczema.", "block"),
        ("I'm not saying it cures eczema.", "clear"),
        ("I'm not saying it cures eczema, but look at my hands.", "block"),
        ("It's a myth that honey cures eczema.", "clear"),
        ("They say it cures eczema, and that is not true.", "clear"),
        ("My customer told me it cured her eczema.", "block"),
        ("Does it cure eczema? No, it's a cream.", "clear"),
        ("Does it cure eczema? Yes, it does.", "block"),
        ("Anna asks if it cures eczema. Absolutely.", "block"),
        ("Anna wants to know, does it cure eczema?", "clear"),
        ("Did you know that this cures eczema?", "block"),
        ("Want to cure your eczema?", "block"),
        ("It does not treat, cure or prevent eczema.", "clear"),
        ("It isn't greasy, and it cures eczema.", "block"),
        ("It isn't greasy and it cures eczema.", "block"),
        ("Nothing I sell cures eczema.", "clear"),
        ("Nothing cures eczema like this.", "block"),
        ("I couldn't sleep until it cured my eczema.", "block"),
        ("Somebody says does it cure eczema, um, no, it's a cream.", "clear"),
        ("Somebody says does it cure eczema, yes, it does.", "block"),
        ("She said if you take it daily it cures eczema.", "block"),
        ("Cures eczema? I don't know, nobody told me that.", "clear"),
        ("Somebody told me it cured eczema and I said nope.", "clear"),
        ("It cures eczema, no, I take that back.", "clear"),
    ],
)
def test_scope(text: str, verdict: str) -> None:
    assert judge_text(text, LiveFacts()).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Everyone who orders is in the drawing.", "block"),
        ("Everyone who orders is in the drawing. No purchase necessary, enter for free.", "clear"),
        ("Free entry on our page! Everyone who orders is in the drawing.", "clear"),
        (
            "Free entry to the museum was the best part of our day, and then we packed boxes until two in the morning. "
            "Everyone who orders is in the drawing.",
            "block",
        ),
    ],
)
def test_what_excuses_a_breath_away_does_so_over_the_end_of_a_sentence(text: str, verdict: str) -> None:
    assert judge_text(text, LiveFacts()).verdict == verdict


def test_a_question_left_open_is_answered_by_the_next_utterance() -> None:
    pack = patterns_of("us-en")
    asked = judge(Utterance(words=("Emma", "asks", "does", "it", "treat", "arthritis?")), Circumstances(), pack)
    assert asked.verdict == "clear"
    assert asked.question == "R1"
    yes = judge(Utterance(words=("Yes,", "it", "does."), question=asked.question), Circumstances(), pack)
    assert [(each.rule, each.first, each.last) for each in yes.findings] == [("R1", 0, 2)]
    no = judge(Utterance(words=("No,", "it", "does", "not."), question=asked.question), Circumstances(), pack)
    assert no.verdict == "clear"


@pytest.mark.parametrize(
    "answer", ["You bet.", "Oh yeah, for sure.", "Hundred percent.", "That's right.", "Oh honey, yes.", "It sure does."]
)
def test_a_yes_has_many_words(answer: str) -> None:
    words = (*["Somebody", "wants", "to", "know", "does", "it", "treat", "arthritis?"], *answer.split())
    assert judge(Utterance(words=words), Circumstances(), patterns_of("us-en")).verdict == "block"
    asked = judge(Utterance(words=words[:8]), Circumstances(), patterns_of("us-en")).question
    said = Utterance(words=tuple(answer.split()), question=asked)
    assert judge(said, Circumstances(), patterns_of("us-en")).verdict == "block"


@pytest.mark.parametrize("answer", ["No, it doesn't.", "I can't say that.", "Not that I know of.", "You tell me."])
def test_anything_else_is_no_yes(answer: str) -> None:
    words = (*["Somebody", "wants", "to", "know", "does", "it", "treat", "arthritis?"], *answer.split())
    assert judge(Utterance(words=words), Circumstances(), patterns_of("us-en")).verdict == "clear"


def test_only_the_violating_words_are_withheld() -> None:
    (found,) = judge_text("And today this lovely candle is only nine dollars.", LiveFacts(price="24.00")).findings
    assert (found.first, found.last) == (7, 8)
    assert found.quote == "nine dollars"
    (found,) = judge_text("Honestly I think this cream cures eczema and smells of roses.", LiveFacts()).findings
    assert found.quote in ("cures eczema", "cream cures eczema")


def test_a_finding_says_which_words_which_fact_and_why_not_excused() -> None:
    (found,) = judge_text("There are only two left!", LiveFacts(stock=140)).findings
    assert found.facts == {"stock": 140}
    assert "stock is 140" in found.reason
    assert "two" in found.reason
    assert found.citation
    assert found.say_instead


def test_unknown_facts_never_contradict_they_hold() -> None:
    assert judge_text("There are only two left!", LiveFacts()).verdict == "hold"
    assert judge_text("This deal ends in five minutes.", LiveFacts()).verdict == "hold"
    assert judge_text("It's just nineteen ninety nine.", LiveFacts()).verdict == "hold"


def test_when_in_doubt_all_products_that_fit_count() -> None:
    mug, serum = LiveFacts(price="16.00", currency="USD"), LiveFacts(price="19.99", currency="USD")
    assert judged("It's just nineteen ninety nine.", mug, serum).verdict == "clear"
    assert judged("It's just fourteen dollars.", mug, serum).verdict == "block"


def test_a_deadline_is_about_the_product_with_a_deal_and_not_one_named_beside_it() -> None:
    on_sale = LiveFacts(now="2026-01-01T10:00:00+00:00", deal_ends_at="2026-01-01T10:01:38+00:00")
    beside_it = LiveFacts(now="2026-01-01T10:00:00+00:00")
    (finding,) = judged("Quick, this deal ends in thirty seconds!", on_sale, beside_it).findings
    assert finding.verdict == "block"
    assert finding.facts["deal_ends_at"] == on_sale.deal_ends_at
    (unsure,) = judged("Quick, this deal ends in thirty seconds!", beside_it).findings
    assert unsure.verdict == "hold"


def test_a_correction_in_the_same_breath_is_a_note() -> None:
    facts = LiveFacts(price="24.99", currency="USD")
    assert judged("It's nineteen ninety nine, sorry, I mean twenty four ninety nine.", facts).verdict == "note"
    assert judged("It's nineteen ninety nine, sorry, I mean eighteen ninety nine.", facts).verdict == "block"


def test_an_approved_claim_clears_only_its_own_span() -> None:
    claim = "It is clinically proven to hydrate skin for twenty four hours."
    facts = LiveFacts(approved_claims=[claim])
    assert judge_text("It's clinically proven to hydrate skin for 24 hours.", facts).verdict == "clear"
    assert judge_text("It's clinically proven to hydrate skin for 24 days.", facts).verdict == "hold"
    assert judge_text("It is clinically proven to erase wrinkles.", facts).verdict != "clear"
    both = "It is clinically proven to hydrate skin for twenty four hours, and it cures eczema."
    assert [found.rule for found in judge_text(both, facts).findings] == ["R1"]


def test_a_claim_without_its_disclaimer_is_a_note() -> None:
    claims = [ApprovedClaim("It helps with joint pain.", disclaimer="This is not medical advice.")]
    assert judged("It helps with joint pain.", claims=claims).verdict == "note"
    assert judged("It helps with joint pain. This is not medical advice.", claims=claims).verdict == "clear"


def test_a_paid_host_may_not_deny_it() -> None:
    assert judge_text("This is not an ad.", LiveFacts(host_is_paid=True)).verdict == "block"
    assert judge_text("This is not an ad.", LiveFacts(host_is_paid=False)).verdict == "clear"
    assert judge_text("This is not an ad.", LiveFacts()).verdict == "hold"


def test_the_shops_own_rivals_are_heard_even_when_misspelled() -> None:
    subject = ShowSubject(competitors=("Maple Crown",))
    assert judged("It's so much better than Maple Crown.", subject=subject).verdict == "block"
    assert judged("It's so much better than maple krown.", subject=subject).verdict == "block"
    assert judged("It's so much better than maple syrup.", subject=subject).verdict == "clear"


def test_after_a_stop_the_rule_is_stricter() -> None:
    text = "This cream and eczema, you know what I mean."
    assert judged(text).verdict == "clear"
    assert judged(text, strict_rules=frozenset(["R1"])).verdict == "hold"


def test_judging_is_deterministic() -> None:
    text = "This cures eczema, only two left, better than Olay, and it's nine dollars."
    facts = LiveFacts(price="24.00", stock=90)
    assert judge_text(text, facts) == judge_text(text, facts)


@pytest.mark.parametrize(
    ("text", "facts", "verdict"),
    [
        ("It's just nineteen ninety nine.", {"price": "19.99"}, "clear"),
        ("It's just twenty bucks.", {"price": "19.99"}, "clear"),
        ("It's just fourteen ninety nine.", {"price": "19.99"}, "block"),
        ("It's fourteen ninety nine, sorry, I mean nineteen ninety nine.", {"price": "19.99"}, "note"),
        ("There are only two left.", {"stock": 140}, "block"),
        ("There are only two left.", {"stock": 3}, "clear"),
        ("There are only two left.", {}, "hold"),
        ("This deal ends in five minutes.", {"left_s": 310}, "clear"),
        ("This deal ends in thirty seconds.", {"left_s": 85}, "block"),
        ("That's forty percent off.", {"price": "18.00", "list_price": "30.00"}, "clear"),
        ("If you buy two it's sixty dollars.", {"price": "30.00"}, "clear"),
    ],
)
def test_the_worked_numbers_of_docs_algorithms_speech(text: str, facts: dict[str, str | int], verdict: str) -> None:
    left_s = int(facts.pop("left_s", 0))
    if left_s:
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        facts |= {"now": now.isoformat(), "deal_ends_at": (now + timedelta(seconds=left_s)).isoformat()}
    assert judge_text(text, msgspec.convert(facts | {"currency": "USD"}, LiveFacts)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("I wish it were ten bucks.", "clear"),
        ("If this was fifteen dollars I'd buy ten.", "clear"),
        ("My husband guessed fifty bucks.", "clear"),
        ("Don't think it's fifteen dollars.", "clear"),
        ("Guess what, it's fifteen dollars.", "block"),
        ("I bet you thought it was fifty, it's fifteen dollars.", "block"),
        ("If you want it, it's fifteen dollars.", "block"),
        ("Is it fifteen? No, twenty four ninety nine.", "clear"),
        ("Is it fifteen dollars, asks Tom, yes it is.", "block"),
    ],
)
def test_wishes_and_guesses_say_nothing(text: str, verdict: str) -> None:
    assert judge_text(text, LiveFacts(price="24.99", currency="USD")).verdict == verdict
