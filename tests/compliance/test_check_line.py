"""One line on its own: places, context, facts in the vocabulary's form, and what a malformed line says."""

import json

import pytest

from tallylight.compliance.check_line import LINE_BYTES_MAX, CheckedLine, LineError, check_line, read_line
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.read_facts import read_facts
from tests.compliance.corpus import violating
from tests.compliance.patterns import patterns_of

EVERY_FACT = {
    "now": "2026-03-01T10:00:00Z",
    "currency": "USD",
    "price": "19.99",
    "list_price": "26.00",
    "lowest_price_30d": "18.00",
    "lowest_price_ever": "15.00",
    "reference_price_substantiated": True,
    "bundles": [{"quantity": 2, "price": "30.00"}],
    "stock": 12,
    "sold_last_hour": 3,
    "viewers_of_item": 40,
    "deal_ends_at": "2026-03-01T10:05:00",
    "deal_extended": False,
    "returns_later": True,
    "shipping_fee": "4.95",
    "free_shipping_over": "35.00",
    "delivery_days_min": 2,
    "attributes": {"material": ["cotton"], "weight": 1.5, "made_in": "Portugal", "certifications": [], "vegan": True},
    "approved_claims": ["keeps drinks warm for six hours"],
    "host_is_paid": True,
    "competitors": ["Harlow Brook"],
}


def checked(text: str, market: str = "us-en", **more: object) -> CheckedLine:
    return check_line(read_line(json.dumps({"id": "1", "text": text, **more}).encode()), patterns_of(market))


def test_places_are_character_offsets_of_the_quote() -> None:
    for each in violating():
        for finding in checked(each.text, facts=json.loads(_json(each.facts))).findings:
            assert each.text[finding.start : finding.end] == finding.quote
            assert finding.quote == finding.quote.strip(" .,!?")
            assert finding.reason
            assert finding.citation
    text = "  Honestly — this “cream” cures eczema!!  And it smells nice."
    (finding,) = checked(text).findings
    assert text[finding.start : finding.end] == finding.quote
    assert "cures eczema" in finding.quote
    text = "家人们，这款面霜能治湿疹，真的！"
    (finding,) = checked(text, "cn-zh").findings
    assert text[finding.start : finding.end] == finding.quote
    assert "治湿疹" in finding.quote


def test_context_is_judged_for_questions_and_gives_no_findings_itself() -> None:
    yes = checked("Yes, it does.", context=["Emma asks, does it treat eczema?"])
    assert yes.verdict == "block"
    assert yes.findings[0].start == 0
    assert checked("No, it doesn't.", context=["Emma asks, does it treat eczema?"]).verdict == "clear"
    assert checked("Look at this lovely blue.", context=["It cures eczema."]).verdict == "clear"
    assert checked("It cures eczema.", context=["No"]).verdict == "block"


def test_after_a_stop_in_the_context_the_rules_are_stricter() -> None:
    text = "All I can say is this balm and your eczema."
    assert checked(text).verdict == "clear"
    assert checked(text, context=["It cures eczema."]).verdict == "hold"


def test_the_whole_vocabulary_is_read_and_other_keys_are_left_alone() -> None:
    facts = read_facts({**EVERY_FACT, "colour_of_the_box": "red"})
    assert set(EVERY_FACT) == set(LiveFacts.__struct_fields__)
    assert facts.deal_ends_at == "2026-03-01T10:05:00+00:00"
    assert checked("It's just nineteen ninety nine.", facts=EVERY_FACT).verdict == "clear"
    assert checked("It's just fourteen ninety nine.", facts=EVERY_FACT).verdict == "block"
    assert checked("Two for thirty dollars.", facts=EVERY_FACT).verdict == "clear"
    assert checked("This deal ends in five minutes.", facts=EVERY_FACT).verdict == "clear"
    assert checked("It is made in Japan.", facts=EVERY_FACT).verdict == "block"


@pytest.mark.parametrize(
    ("line", "line_id", "error"),
    [
        ("{", None, "not a line of JSON"),
        ("[1]", None, "Expected `object`"),
        ('{"id": "a"}', "a", "missing required field `text`"),
        ('{"text": "hello"}', None, "missing required field `id`"),
        ('{"id": 7, "text": 3}', 7, "Expected `str`, got `int` - at `$.text`"),
        ('{"id": true, "text": "x"}', None, "$.id"),
        ('{"id": "a", "text": "x", "context": "y"}', "a", "$.context"),
        ('{"id": "a", "text": "x", "facts": []}', "a", "$.facts"),
        ('{"id": "a", "text": "x", "facts": {"price": 19.99}}', "a", "$.price"),
        ('{"id": "a", "text": "x", "facts": {"price": "cheap"}}', "a", "facts.price is an amount as a decimal string"),
        ('{"id": "a", "text": "x", "facts": {"price": "NaN"}}', "a", "facts.price is an amount"),
        ('{"id": "a", "text": "x", "facts": {"stock": "many"}}', "a", "$.stock"),
        ('{"id": "a", "text": "x", "facts": {"now": "soon"}}', "a", "facts.now is an ISO 8601 time"),
        ('{"id": "a", "text": "x", "facts": {"bundles": [{"quantity": 0, "price": "1"}]}}', "a", "quantity"),
        ('{"id": "a", "text": "x", "lang": "zh"}', "a", "reads 'en'"),
        ('{"id": "a", "text": "' + "x" * 10_001 + '"}', "a", "text has at most"),
        ('{"id": "a", "text": "x", "context": [' + ",".join(['"y"'] * 51) + "]}", "a", "context has at most"),
        ("x" * (LINE_BYTES_MAX + 1), None, "a line has at most"),
        ('{"id": "a", "text": "x", "z": ' + "[" * 100_000, None, "not a line of JSON"),
    ],
)
def test_a_malformed_line_says_what_is_wrong(line: str, line_id: object, error: str) -> None:
    with pytest.raises(LineError) as caught:
        check_line(read_line(line.encode()), patterns_of("us-en"))
    assert caught.value.line_id == line_id
    assert error in str(caught.value)


def test_a_text_with_nothing_in_it_is_clear() -> None:
    for text in ("", "   ", "...", "um", "\u0000", "🎉🎉"):
        assert checked(text) == CheckedLine("1", "clear", [])
        assert checked(text, "cn-zh").verdict == "clear"


def _json(facts: LiveFacts) -> bytes:
    import msgspec

    return msgspec.json.encode(facts)
