"""What a shop changes in a market's rules: the log folded, a pack made of it, and what is refused."""

from datetime import UTC, datetime

import msgspec
import pytest

from tallylight.compliance.facts import LiveFacts, ProductFacts
from tallylight.compliance.judge import judge
from tallylight.compliance.pack import Pack, load_pack_data
from tallylight.compliance.shop_rules import (
    AddWord,
    Change,
    LoggedChange,
    RemoveRule,
    RemoveWord,
    SetLevel,
    SetRule,
    ShopRules,
    in_force,
    require_fitting,
    with_shop_rules,
)
from tallylight.compliance.types import Circumstances, Judged, Utterance
from tallylight.foundation.errors import InvalidInputError

US = msgspec.structs.replace(load_pack_data("us-en"), meaning=None)
OWN = SetRule("S-founder", "The founder is no doctor", "block", ["our founder is a doctor"], "Leave the founder out.")


def log(*changes: Change) -> list[LoggedChange]:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        LoggedChange(id=index, market="us-en", change=change, reason="agreed with counsel", by="Ada", at=at)
        for index, change in enumerate(changes)
    ]


def judged(text: str, *changes: Change, facts: LiveFacts = LiveFacts()) -> Judged:  # noqa: B008
    pack = Pack(with_shop_rules(US, in_force(log(*changes))))
    return judge(Utterance(words=tuple(text.split())), Circumstances(products=[ProductFacts(None, (), facts)]), pack)


@pytest.mark.parametrize(("level", "verdict"), [("hold", "hold"), ("note", "note"), ("off", "clear"), (None, "block")])
def test_a_rule_is_turned_down_with_all_its_patterns(level: str | None, verdict: str) -> None:
    assert judged("It cures eczema.", SetLevel("R1", level)).verdict == verdict  # type: ignore[arg-type]


def test_a_finding_says_that_its_rule_was_turned_down_and_why() -> None:
    (found,) = judged("It cures eczema.", SetLevel("R1", "note")).findings
    assert "turned down to note by the shop: agreed with counsel" in found.reason


def test_an_unknown_fact_holds_no_longer_than_the_level_says() -> None:
    assert judged("There are only two left!").verdict == "hold"
    assert judged("There are only two left!", SetLevel("R9", "note")).verdict == "note"
    assert judged("There are only two left!", SetLevel("R9", "hold"), facts=LiveFacts(stock=90)).verdict == "hold"


def test_the_last_change_holds() -> None:
    assert judged("It cures eczema.", SetLevel("R1", "off"), SetLevel("R1", None)).verdict == "block"
    assert judged("It cures eczema.", SetLevel("R1", None), SetLevel("R1", "off")).verdict == "clear"
    assert in_force(log(OWN, RemoveRule("S-founder"))) == ShopRules()


def test_words_and_rules_of_the_shop_count() -> None:
    assert judged("It prevents grumbleitis.").verdict == "clear"
    assert judged("It prevents grumbleitis.", AddWord("disease", "grumbleitis")).verdict == "block"
    gone = (AddWord("disease", "grumbleitis"), RemoveWord("disease", "grumbleitis"))
    assert judged("It prevents grumbleitis.", *gone).verdict == "clear"
    (found,) = judged("Our founder is a doctor, by the way.", OWN).findings
    assert (found.rule, found.verdict, found.say_instead) == ("S-founder", "block", "Leave the founder out.")


def test_the_market_s_pack_itself_stays_as_it_is() -> None:
    judged("It prevents grumbleitis.", AddWord("disease", "grumbleitis"), SetLevel("R1", "off"))
    assert "grumbleitis" not in load_pack_data("us-en").lexicon["disease"].words
    assert judged("It cures eczema.").verdict == "block"


def test_turning_disclosure_off_ends_its_reminders() -> None:
    assert with_shop_rules(US, in_force(log(SetLevel("R14", "off")))).disclosure is None
    assert with_shop_rules(US, in_force(log(SetLevel("R14", "note")))).disclosure is not None


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        (SetLevel("R1", "off"), "no", "reason"),
        (SetLevel("R1", "off"), "x" * 501, "reason"),
        (SetLevel("R99", "off"), "because", "rule"),
        (SetLevel("R10", "block"), "because", "level"),
        (SetLevel("R1", "block"), "because", "level"),
        (AddWord("illness", "x"), "because", "word_class"),
        (AddWord("disease", " "), "because", "word"),
        (AddWord("disease", "..."), "because", "word"),
        (RemoveWord("disease", "eczema"), "because", "word"),
        (RemoveRule("S-none"), "because", "rule"),
        (SetRule("R1", "t", "hold", ["a b"], "s"), "because", "rule"),
        (SetRule("S-a b", "t", "hold", ["a b"], "s"), "because", "rule"),
        (SetRule("S-a", "", "hold", ["a b"], "s"), "because", "title"),
        (SetRule("S-a", "t", "hold", [], "s"), "because", "phrases"),
        (SetRule("S-a", "t", "hold", ["<nothing>"], "s"), "because", "phrases"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(change: Change, reason: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        require_fitting(change, reason, US, ShopRules())
    assert caught.value.fields["field"] == field


def test_a_phrase_is_kept_as_it_is_compared() -> None:
    fitted = require_fitting(
        SetRule("S-a", "t", "hold", ["It's Dr. Bob's, really!", "[ bob|bobs cream ]"], "s"), "because", US, ShopRules()
    )
    assert isinstance(fitted, SetRule)
    assert fitted.phrases == ["it is doctor bob really", "[ bob|bobs cream ]"]
