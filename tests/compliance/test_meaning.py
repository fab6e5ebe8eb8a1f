"""What the model of meaning is given to read, and what its opinion may do."""

from decimal import Decimal

import msgspec
import pytest

from tallylight.compliance.check_line import CheckedLine, Line, check_line
from tallylight.compliance.facts import Bundle, LiveFacts, ProductFacts
from tallylight.compliance.judge import judge
from tallylight.compliance.meaning import Named, load_meaning, read_for_meaning
from tallylight.compliance.meaning.known_figures import KnownFigures
from tallylight.compliance.numbers import NumberSpan
from tallylight.compliance.pack import Pack, load_pack, load_pack_data
from tallylight.compliance.patterns import PatternError
from tallylight.compliance.tokens import read_tokens
from tallylight.compliance.types import Circumstances, Utterance

DRESS = LiveFacts(
    price="24.00",
    list_price="40.00",
    shipping_fee="4.50",
    bundles=[Bundle(2, "44.00")],
    stock=7,
    now="2026-11-26T18:00:00+00:00",
    deal_ends_at="2026-11-26T18:30:00+00:00",
    attributes={"length": "38 inches"},
)


def agreeing(figure: str, facts: LiveFacts = DRESS) -> tuple[str, ...]:
    return KnownFigures(facts).agree(NumberSpan(0, 1, (Decimal(figure),)))


@pytest.mark.parametrize(
    ("figure", "word"),
    [
        ("24", "price"),
        ("40", "list price"),
        ("28.50", "price with shipping"),
        ("44", "bundle price"),
        ("22", "bundle price each"),
        ("20", "price of one more"),
        ("16", "saving"),
        ("4.50", "shipping fee"),
        ("7", "stock"),
        ("30", "deal end"),
        ("6.30", "deal end clock"),
        ("38", "record"),
        ("72", "price of some"),
    ],
)
def test_a_figure_is_known_by_the_fact_it_agrees_with(figure: str, word: str) -> None:
    assert word in agreeing(figure)


def test_a_figure_that_no_fact_has_agrees_with_none() -> None:
    assert agreeing("19.99") == ()
    assert not KnownFigures(LiveFacts()).any


def test_a_share_off_is_counted_from_the_price_before() -> None:
    assert "percent off" in agreeing("40", msgspec.structs.replace(DRESS, list_price="40.00", stock=None))
    assert "percent off" not in agreeing("45")


def test_figures_stand_in_the_sentence_with_what_they_agree_with() -> None:
    tokens = read_tokens(["Twenty", "four", "today,", "not", "thirty", "one!"])
    reading = read_for_meaning(tokens, 0, DRESS)
    assert reading.said == "twenty four ( price ) today , not thirty one ( other )"
    assert "list price above the price" in reading.known
    assert "shipping costs" in reading.known
    assert "deal ends within the hour" in reading.known


def test_without_facts_nothing_is_said_of_figures() -> None:
    tokens = read_tokens(["Is", "it", "twenty", "four?", "Yes."])
    assert read_for_meaning(tokens, 0, LiveFacts()) == msgspec.structs.replace(
        read_for_meaning(tokens, 0, LiveFacts()), said="is it twenty four ? . yes", known=""
    )


def test_what_was_said_before_and_what_the_patterns_found_stand_beside() -> None:
    tokens = read_tokens(["Does", "it", "cure", "eczema?", "No", "it", "does", "not."])
    reading = read_for_meaning(tokens, 4, LiveFacts(), [Named("R1", "block", False), Named("R5", "hold", True)])
    assert reading.known == "found r1 block , r5 hold against the facts ; before : does it cure eczema ?"
    assert "eczema" not in reading.said


def patterns_only() -> Pack:
    return load_pack("us-en").patterns_only()


def checked(text: str, pack: Pack | None = None, **facts: object) -> CheckedLine:
    return check_line(Line("1", text, None, facts or None), pack or load_pack("us-en"))


UNHEARD_OF = [
    ("Grandpa's tremor went quiet after a week of these drops.", "R1"),
    ("Your savings account is a joke, these coins triple by summer.", "R18"),
]
"""Violating in words that no pattern names."""


@pytest.mark.parametrize(("text", "rule"), UNHEARD_OF)
def test_words_that_no_pattern_names_are_held_for_what_they_mean(text: str, rule: str) -> None:
    assert checked(text, patterns_only()).verdict == "clear"
    line = checked(text)
    assert line.verdict == "hold"
    assert [each.rule for each in line.findings] == [rule]
    assert "of 100" in line.findings[0].reason
    assert text[line.findings[0].start : line.findings[0].end] == line.findings[0].quote


def test_an_opinion_alone_never_blocks() -> None:
    for text, _ in UNHEARD_OF:
        assert checked(text).verdict != "block"


def test_a_figure_that_no_fact_has_counts_against_the_words() -> None:
    words = read_tokens(["The", "cardigan", "is", "twenty", "four", "today."])
    meaning = load_meaning("english")
    wrong, right = (
        meaning.opinion(read_for_meaning(words, 0, LiveFacts(price=price))).violating for price in ("29.00", "24.00")
    )
    assert wrong > 0.5 > right


def test_what_a_pattern_saw_denied_is_not_held_for_its_meaning() -> None:
    assert checked("It's a myth that honey cures eczema.").verdict == "clear"


def test_a_fact_that_contradicts_is_never_argued_away() -> None:
    line = checked("Tonight it's just nineteen ninety nine.", price="24.99")
    assert line.verdict == "block"


def test_words_of_an_approved_claim_are_no_part_of_what_is_read() -> None:
    claim = "helps you throw away your inhaler for good"
    assert checked(f"It {claim}.", approved_claims=[claim]).verdict == "clear"


@pytest.mark.parametrize(
    "text",
    [
        "This color kills it, honestly, so good on everybody.",
        "Hi everyone, welcome in, tell me where you are watching from.",
        "The zipper runs down the side so you can step right into it.",
        "I cannot tell you it treats anything, it is a lip balm.",
    ],
)
def test_ordinary_talk_airs(text: str) -> None:
    assert checked(text).verdict in ("clear", "note")


def test_the_same_words_get_the_same_opinion_whatever_came_before_them() -> None:
    meaning = load_meaning("english")
    tokens = read_tokens(["The", "neighbor", "tossed", "her", "inhaler", "after", "two", "bottles."])
    reading = read_for_meaning(tokens, 0, LiveFacts())
    first = meaning.opinion(reading)
    forgetful = load_meaning.__wrapped__("english")
    for other in ("Hi everyone.", "It cures cancer and lupus and every pain that you ever had in your life."):
        forgetful.opinion(read_for_meaning(read_tokens(other.split()), 0, DRESS))
    assert forgetful.opinion(reading) == first


def test_an_opinion_is_not_thought_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = load_meaning.__wrapped__("english")
    reading = read_for_meaning(read_tokens(["Grandpa's", "tremor", "went", "quiet."]), 0, LiveFacts())
    first = meaning.opinion(reading)
    monkeypatch.setattr(meaning, "_session", None)
    assert meaning.opinion(reading) is first


def test_a_rule_that_a_shop_turned_down_is_only_noted() -> None:
    data = msgspec.structs.replace(
        load_pack_data("us-en"),
        rules=[
            msgspec.structs.replace(rule, severity="note", patterns=[]) if rule.id == "R1" else rule
            for rule in load_pack_data("us-en").rules
        ],
    )
    assert checked(UNHEARD_OF[0][0], Pack(data)).verdict == "note"


def test_a_pack_that_names_no_model_of_ours_is_told_which_there_are() -> None:
    data = msgspec.structs.replace(load_pack_data("us-en"), meaning="klingon")
    with pytest.raises(PatternError, match="english"):
        Pack(data)


def test_a_model_that_does_not_ship_is_named() -> None:
    with pytest.raises(KeyError, match="klingon"):
        load_meaning("klingon")


def test_on_air_a_stop_is_never_argued_with() -> None:
    pack = load_pack("us-en")
    text = "No, it does not. It is simply a lovely everyday moisturizer. And it is doctor recommended."
    said = text.split()
    spoken = Utterance(words=tuple(said), gaps_ms=(0,) * len(said), context=len(said) - 5)
    assert judge(spoken, Circumstances(), pack).verdict == judge(spoken, Circumstances(), pack.patterns_only()).verdict
    assert judge(spoken, Circumstances(), pack).verdict in ("hold", "block")


def test_more_than_a_figure_agrees_with_a_count_that_is_more() -> None:
    known = KnownFigures(LiveFacts(stock=140))
    hundred = NumberSpan(0, 1, (Decimal(100),))
    assert known.agree(hundred, ["more", "than"]) == ("stock",)
    assert known.agree(hundred, ["exactly"]) == ()
    assert known.agree(NumberSpan(0, 1, (Decimal(200),)), ["over"]) == ()
    assert known.agree(NumberSpan(0, 1, (Decimal(5),)), ["more", "than"]) == (), "nobody says so of 140"


def heard(text: str, context: int, facts: LiveFacts) -> list[str]:
    """Rules that speech breaks after its first ``context`` words, by the pack with its model."""
    words = tuple(text.split())
    utterance = Utterance(words=words, gaps_ms=(0,) * len(words), context=context)
    product = ProductFacts(None, (), facts)
    return [each.rule for each in judge(utterance, Circumstances(products=[product]), load_pack("us-en")).findings]


def test_words_are_not_held_for_what_was_said_before_them() -> None:
    before = "It is one hundred percent eco friendly, zero impact on the planet,"
    assert heard(before, 0, LiveFacts(price="89.00")) != []
    after = f"{before} let me hold it up to the window so you can see the weave."
    assert heard(after, len(before.split()), LiveFacts(price="89.00", stock=38, competitors=["Maple Crown"])) == []


def test_a_count_that_a_fact_bears_out_is_not_held_on_air() -> None:
    assert heard("There are more than a hundred of these left, so take your time.", 0, LiveFacts(stock=140)) == []
    assert heard("There are more than a hundred of these left, so take your time.", 0, LiveFacts(stock=14)) == ["R9"]
