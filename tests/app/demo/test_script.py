"""What the host says is true or false as the script declares, in every loop."""

import tomllib

import pytest

from tallylight.app.demo import cast
from tallylight.app.demo.flash_deal import full_shelves
from tallylight.app.demo.timeline import ASSETS, CATALOGUE_FILE, Line, read_timeline
from tallylight.catalogue.shopify_csv import decode_csv, parse_shopify_csv
from tallylight.foundation.clock import MICROSECONDS

TIMELINE = read_timeline()
PRICES = {
    handle: {variant.price_minor for variant in product.variants}
    for handle, product in parse_shopify_csv(decode_csv(CATALOGUE_FILE.read_bytes()), "USD").products.items()
}


def line(name: str) -> Line:
    return next(each for each in TIMELINE.lines if each.id == name)


def pinned(name: str) -> str:
    """The handle of the product that is pinned while the line is spoken."""
    handle = None
    for each in TIMELINE.lines:
        if each.cue is not None and cast.CUES[each.cue][0] == "pin":
            handle = cast.CUES[each.cue][2]
        if each.id == name:
            assert handle is not None
            return handle
    raise AssertionError(name)


def test_the_timeline_is_the_script_s() -> None:
    script = tomllib.loads((ASSETS / "script.toml").read_text())
    assert [(each["id"], each["text"], each["kind"]) for each in script["line"]] == [
        (each.id, each.text, each.kind) for each in TIMELINE.lines
    ]
    assert {each.cue for each in TIMELINE.cued} == set(cast.CUES)


def test_at_least_six_violations_of_the_rules_that_the_demo_must_show() -> None:
    violations = [each for each in TIMELINE.lines if each.kind == "violation"]
    assert len(violations) >= 6
    assert {"R1", "R3", "R4", "R5", "R9", "R11"} <= {each.rule for each in violations}
    assert all(each.phrase and each.phrase.lower() in each.text.lower() for each in violations)


@pytest.mark.parametrize(
    ("name", "words", "minor"),
    [
        ("serum-price", "thirty two dollars", 3200),
        ("cream-price", "twenty eight dollars", 2800),
        ("candle-price", "twenty four dollars", 2400),
        ("mug-price", "sixteen dollars", 1600),
        ("tea-price", "seventeen dollars", 1700),
    ],
)
def test_spoken_prices_are_the_catalogue_s(name: str, words: str, minor: int) -> None:
    assert words in line(name).text
    assert PRICES[pinned(name)] == {minor}


def test_the_wrong_price_is_nowhere_in_the_shop() -> None:
    assert "nine dollars" in line("nine-dollars").text
    assert 900 not in PRICES[pinned("nine-dollars")]
    assert 900 not in (cast.SHIPPING_MINOR, cast.FREE_SHIPPING_OVER_MINOR, cast.DEAL_PRICE_MINOR)


def test_the_deal_s_price_and_deadline_hold_when_they_are_spoken() -> None:
    opened = line("deal-open")
    assert cast.DEAL_PRICE_MINOR == 1999
    assert "nineteen ninety nine" in opened.text
    assert "nineteen ninety nine" in line("treat-yourself").text
    assert opened.cue_ms is not None
    assert "two minutes" in opened.text
    assert TIMELINE.deal_seconds == 120
    left_ms = opened.cue_ms + TIMELINE.deal_seconds * 1000 - line("thirty-seconds").start_ms
    assert left_ms > 60_000, "the false deadline must be false by a wide margin"


def test_a_loop_s_deal_is_over_before_the_next_loop_s_opens() -> None:
    cue_ms = line("deal-open").cue_ms
    assert cue_ms is not None
    assert cue_ms + TIMELINE.deal_seconds * 1000 < TIMELINE.duration_us // 1000 + cue_ms
    assert (cue_ms + TIMELINE.deal_seconds * 1000) * 1000 < TIMELINE.duration_us


def test_more_than_a_hundred_stay_in_stock_whatever_the_viewers_buy() -> None:
    assert "more than a hundred" in line("serum-stock").text
    assert "more than a hundred" in line("candle-stock").text
    assert cast.STOCK_LOW > 100
    assert all(shelf.pieces > cast.STOCK_LOW for shelf in full_shelves())


def test_the_false_scarcity_is_false() -> None:
    assert "only two left" in line("two-left").text
    assert cast.STOCK_LOW > 2


def test_the_rival_is_one_that_the_shop_names() -> None:
    assert any(rival in line("maple-crown").text for rival in cast.RIVALS)


def test_the_approved_claim_is_said_in_its_wording() -> None:
    approved = [each for each in TIMELINE.lines if each.kind == "approved"]
    assert all(any(wording in each.text for _, wording in cast.CLAIMS) for each in approved)
    assert approved


def test_a_loop_joins_on_to_itself() -> None:
    assert TIMELINE.samples % (75 * 1024) == 0
    assert TIMELINE.frames * TIMELINE.sample_rate == TIMELINE.samples * TIMELINE.frame_rate
    assert TIMELINE.duration_us * TIMELINE.sample_rate == TIMELINE.samples * MICROSECONDS


def test_lines_follow_one_another() -> None:
    ends = 0
    for each in TIMELINE.lines:
        assert each.start_ms > ends
        assert each.cue_ms is None or ends < each.cue_ms <= each.start_ms
        ends = each.end_ms
    assert ends * 1000 < TIMELINE.duration_us


def test_what_a_loop_gives_to_the_quick_is_over_before_the_next() -> None:
    """Two of them cannot run on one product: the loop after would have no deals at all."""
    assert TIMELINE.samples / TIMELINE.sample_rate - 10 >= cast.FIRST_SECONDS
