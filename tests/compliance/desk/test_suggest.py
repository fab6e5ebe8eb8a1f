"""What a correction card suggests."""

import pytest

from tallylight.compliance.desk.suggest import correctable, suggest_correction

NOW_US = 1_750_000_000_000_000  # 2025-06-15 15:06:40 UTC


@pytest.mark.parametrize(
    ("quote", "facts", "told"),
    [
        ("it is nineteen ninety-nine today", {"price": "24.99"}, "The price is $24.99, not $19.99"),
        ("only nineteen dollars", {"price": "24.99"}, "The price is $24.99, not $19.00"),
        ("twenty-four ninety-nine", {"price": "24.99"}, "The price is $24.99"),
        ("it costs next to nothing", {"price": "24.99"}, "The price is $24.99"),
        ("shipping is three dollars", {"shipping_fee": "4.50"}, "Shipping is $4.50, not $3.00"),
        ("free shipping", {"shipping_fee": "4.50", "free_shipping_over": "50.00"}, "Shipping is free over $50.00"),
        ("half price", {"price": "24.99", "list_price": "30.00"}, "The price is $24.99, instead of $30.00"),
        ("ends in a minute", {"deal_ends_at": "2025-06-15T15:27:00+00:00", "now": "x"}, "This deal ends in 20 minutes"),
        ("ends in a minute", {"deal_ends_at": "2025-06-15T15:07:10+00:00", "now": "x"}, "This deal ends in 1 minute"),
        ("ends tonight", {"deal_ends_at": "2025-06-16T15:07:00+00:00", "now": "x"}, "This deal ends in about 24 hours"),
        ("ends tonight", {"deal_ends_at": "2025-06-20T15:07:00+00:00", "now": "x"}, "This deal ends in about 5 days"),
        ("ends soon", {"deal_ends_at": "2025-06-15T15:06:00+00:00", "now": "x"}, "This deal is over"),
        ("only two left", {"stock": 140}, "There are 140 in stock"),
        ("three for forty", {"bundle of 3": "45.00"}, "A bundle of 3 is $45.00"),
        ("cures eczema", {}, ""),
        ("made in italy", {"made_in": "Portugal"}, ""),
    ],
)
def test_the_fact_is_told_beside_what_was_said(quote: str, facts: dict[str, object], told: str) -> None:
    assert suggest_correction(quote, facts, "USD", NOW_US) == told
    assert correctable(facts) is bool(told)


def test_other_currencies() -> None:
    assert suggest_correction("", {"price": "24.99"}, "GBP", NOW_US) == "The price is £24.99"
    assert suggest_correction("", {"price": "249"}, "SEK", NOW_US) == "The price is 249.00 SEK"
    assert suggest_correction("", {"price": "2499"}, "JPY", NOW_US) == "The price is ¥2499"
