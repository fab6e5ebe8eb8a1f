"""Numbers, tokens, near sounds and the pattern language."""

from decimal import Decimal

import pytest

from tallylight.compliance.near_sounds import NearSounds, sound_key
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.pack import PackData, load_pack, read_pack, verb_forms
from tallylight.compliance.patterns import PatternError, compile_pattern
from tallylight.compliance.tokens import HARD, SOFT, read_tokens


@pytest.mark.parametrize(
    ("said", "readings"),
    [
        ("nineteen ninety nine", ["19.99", "1999"]),
        ("19.99", ["19.99"]),
        ("1999", ["1999", "19.99"]),
        ("one twenty nine", ["1.29", "129"]),
        ("two forty nine ninety nine", ["249.99", "24999"]),
        ("a hundred", ["100"]),
        ("one hundred and twenty nine", ["129"]),
        ("a dozen", ["12"]),
        ("half a dozen", ["6"]),
        ("two dozen", ["24"]),
        ("nineteen oh five", ["19.05"]),
        ("1,299", ["1299"]),
        ("three thousand", ["3000"]),
        ("five point five", ["5.5"]),
        ("19 99", ["19.99", "1999"]),
    ],
)
def test_every_reading_of_a_number_is_kept(said: str, readings: list[str]) -> None:
    (number,) = find_numbers(said.split())
    assert list(number.readings) == [Decimal(reading) for reading in readings]


@pytest.mark.parametrize(("heard", "meant"), [("4099", "14.99"), ("40.99", "14.99"), ("49.99", "14.99"), ("50", "15")])
def test_a_teen_heard_as_a_ty_is_near(heard: str, meant: str) -> None:
    (number,) = find_numbers([heard])
    assert Decimal(meant) not in number.readings
    assert number.may_be(Decimal(meant))


def test_two_numbers_stay_two() -> None:
    assert [number.readings[0] for number in find_numbers(["two", "for", "thirty"])] == [2, 30]


@pytest.mark.parametrize(
    ("word", "tokens"),
    [
        ("$19.99,", ["19.99", "dollars"]),
        ("£10", ["10", "quid"]),
        ("40%", ["40", "percent"]),
        ("doesn't", ["does", "not"]),
        ("can't", ["can", "not"]),
        ("it's", ["it", "is"]),
        ("Olay's", ["olay"]),
        ("Dr.", ["doctor"]),
        ("X-M-A.", ["x", "m", "a"]),
        ("o'clock", ["oclock"]),
        ("12oz", ["12", "oz"]),
        ("9:30pm", ["9:30", "pm"]),
        ("um,", []),
    ],
)
def test_a_word_becomes_tokens(word: str, tokens: list[str]) -> None:
    assert [token.text for token in read_tokens([word])] == tokens


def test_a_full_stop_without_a_breath_is_soft_in_speech_and_hard_in_text() -> None:
    words = ["this", "cream.", "Cures", "eczema."]
    assert read_tokens(words)[2].before == HARD
    assert read_tokens(words, [0, 20, 60, 30])[2].before == SOFT
    assert read_tokens(words, [0, 20, 400, 30])[2].before == HARD
    assert read_tokens(["one", "two"], [0, 2000])[1].before == HARD


def test_a_question_of_a_few_words_and_what_follows_are_one_sentence() -> None:
    """ "Eczema? Gone in a week." is one claim; "Does it work? No." are a question and its answer."""
    assert [token.before for token in read_tokens(["Eczema?", "Gone", "in", "a", "week."])][1] == SOFT
    assert read_tokens(["Does", "it", "cure", "eczema?", "No."])[4].before == HARD


@pytest.mark.parametrize("heard", ["exima", "xma", "x m a", "egzema"])
def test_eczema_is_heard_as_it_is_misspelled(heard: str) -> None:
    near = NearSounds(["eczema", "psoriasis"], frozenset(["exam", "x", "a"]))
    assert (len(heard.split()), "eczema") in near.at(heard.split(), 0)


def test_common_words_are_not_taken_for_rare_ones() -> None:
    near = load_pack("us-en").near["disease"]
    for text in ("we have these in stock", "a warm kiss and coffee", "check the case", "potatoes and macaroons"):
        tokens = text.split()
        assert [near.at(tokens, at) for at in range(len(tokens)) if near.at(tokens, at)] == []


def test_a_sound_key_keeps_what_stays_put() -> None:
    assert sound_key("arthritis") == sound_key("or thrytous")
    assert sound_key("psoriasis") == sound_key("soriasis")
    assert sound_key("eczema") != sound_key("asthma")


@pytest.mark.parametrize("source", ["<nothing>", "a ..99 b", "[ a", "", "..3", "Cure|heal", "a$b c"])
def test_a_pattern_that_cannot_be_read_is_named(source: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(source, frozenset(["disease"]))


def test_verbs_are_inflected() -> None:
    assert {"cure", "cures", "cured", "curing"} == verb_forms("cure")
    assert "remedied" in verb_forms("remedy")
    assert "lost" in verb_forms("lose")
    assert {"drop", "drops", "dropped", "dropping"} == verb_forms("drop")
    assert {"unclogged", "unclogging"} <= verb_forms("unclog")
    assert {"cut", "cuts", "cutting"} == verb_forms("cut")
    assert {"quit", "quits", "quitting"} == verb_forms("quit")
    assert {"healed", "healing"} <= verb_forms("heal")
    assert {"freed", "freeing"} <= verb_forms("free")


def test_a_pack_with_a_misspelled_field_is_refused() -> None:
    with pytest.raises(ValueError, match="sevrity"):
        read_pack(
            'market = "x"\nversion = 1\ncommon = []\n[lexicon]\n[[rules]]\nid = "A"\ntitle = ""\nsevrity = "block"\n'
        )
    assert PackData.__struct_fields__[0] == "market"


def test_a_pack_that_names_an_unknown_comparison_is_refused() -> None:
    with pytest.raises(PatternError, match="no comparison"):
        read_pack(
            'market = "x"\nversion = 1\ncommon = []\n[lexicon]\n[[rules]]\nid = "A"\ntitle = "t"\nseverity = "block"\n'
            'citation = "c"\nsay_instead = "s"\npatterns = [{ match = "a", compare = "mood" }]\n'
        )


def test_an_unknown_market_has_no_pack() -> None:
    with pytest.raises(KeyError):
        load_pack("xx-xx")
