"""What chat keeps and what it takes out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.audience.clean_text import NAME_LENGTH_MAX, TEXT_LENGTH_MAX, clean_name, clean_text
from tallylight.foundation.errors import InvalidInputError


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  hello \n\t there ", "hello there"),
        ("\u202egnp.exe", "gnp.exe"),
        ("A\u200bd\u200cm\u2060i\ufeffn", "Admin"),
        ("\u2066hidden\u2069", "hidden"),
        ("nul\x00bell\x07", "nulbell"),
        ("e\u0301", "\u00e9"),
        ("z" + "\u0335" * 40, "z" + "\u0335" * 3),
        ("a\u3164\u2800b", "a b"),
        ("\U0001f469\u200d\U0001f4bb!", "\U0001f469\u200d\U0001f4bb!"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\u0e17\u0e35\u0e48", "\u0e17\u0e35\u0e48"),
        ("\ue000\U000e0041x", "x"),
        ("<b>& 'so'</b>", "<b>& 'so'</b>"),
    ],
)
def test_tricks_go_and_languages_stay(raw: str, cleaned: str) -> None:
    assert clean_text(raw) == cleaned


@pytest.mark.parametrize("raw", ["", " \n", "\u200b\u200b", "\u202e", "\u3164", "\u0301\u0301", "x" * 301, "x" * 5000])
def test_nothing_and_too_much_are_refused(raw: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        clean_text(raw)
    assert refused.value.fields["field"] == "text"


@given(st.text(max_size=400))
def test_what_passes_is_short_visible_and_stays_as_it_is(raw: str) -> None:
    for clean, longest in ((clean_name, NAME_LENGTH_MAX), (clean_text, TEXT_LENGTH_MAX)):
        try:
            text = clean(raw)
        except InvalidInputError:
            continue
        assert 1 <= len(text) <= longest
        assert text == text.strip()
        assert not any(unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for one in text)
        assert not any(unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI") for one in text)
        assert clean(text) == text
