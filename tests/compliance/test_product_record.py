"""What is said of the product itself beside its record."""

import pytest

from tallylight.compliance.compare.product_record import (
    compare_made_in,
    compare_material,
    compare_measure,
    compare_resolution,
    compare_share,
    compare_without,
)
from tallylight.compliance.countries import countries_in
from tallylight.compliance.pack import lexicon_forms, load_pack

PLATED = {"material": "stainless steel, gold plated"}


@pytest.mark.parametrize(
    ("claimed", "record", "state"),
    [
        ("stainless steel", PLATED["material"], "fine"),
        ("gold", PLATED["material"], "contradicted"),
        ("brass", "gold plated brass", "fine"),
        ("pearls", "glass pearls", "contradicted"),
        ("freshwater pearls", "freshwater pearl", "fine"),
        ("leather", "PU leather", "contradicted"),
        ("oak", "engineered wood with oak veneer", "contradicted"),
        ("linen", "55% linen, 45% rayon", "fine"),
    ],
)
def test_a_material_is_on_record_and_nothing_thins_it(claimed: str, record: str, state: str) -> None:
    words = claimed.split()
    assert compare_material(words, words, {"material": words}, {"material": record})[0] == state


def test_a_pure_material_is_no_blend() -> None:
    words = ["hundred", "percent", "linen"]
    record = {"material": "55% linen, 45% rayon"}
    assert compare_material(words, words, {"material": ["linen"]}, record)[0] == "contradicted"


def test_a_material_without_a_record_is_unknown() -> None:
    assert compare_material(["silk"], [], {"material": ["silk"]}, {"color": "silk white"}) == ("unknown", {})


@pytest.mark.parametrize(
    ("said", "made_in", "state"),
    [
        ("made in italy", "Florence, Italy", "fine"),
        ("made in scotland", "United Kingdom", "fine"),
        ("american made", "China", "contradicted"),
        ("made in america", "USA from imported parts", "contradicted"),
        ("made in los angeles", "Bangladesh", "contradicted"),
        ("made in hawaii", "U.S.A.", "fine"),
        ("made in the united kingdom", "Made in Scotland.", "fine"),
        ("made in south africa", "South Africa", "fine"),
        ("made with love", "China", "unknown"),
    ],
)
def test_the_country_is_the_one_on_record(said: str, made_in: str, state: str) -> None:
    words = said.split()
    assert compare_made_in(words, words, {}, {"made_in": made_in})[0] == state


@pytest.mark.parametrize("market", ["us-en", "uk-en", "eu-en"])
def test_a_country_that_a_pack_listens_for_can_be_compared(market: str) -> None:
    lexicon = load_pack(market).data.lexicon
    forms = lexicon_forms(lexicon["country"]) | lexicon_forms(lexicon["nation"])
    assert {"bali", "sri lanka", "the czech republic", "all american"} <= forms
    assert [form for form in sorted(forms) if len(countries_in(form.split())) != 1] == []


@pytest.mark.parametrize(
    ("said", "record", "state"),
    [
        ("twenty inches", {"length": "50.8 cm"}, "fine"),
        ("twenty inches", {"length": "18 in"}, "contradicted"),
        ("ten hours", {"battery_life": "600 min"}, "fine"),
        ("sixteen ounces", {"capacity": "16 oz"}, "fine"),
        ("fifty spf", {"spf": 15}, "contradicted"),
        ("ten watts", {"length": "18 in"}, "unknown"),
    ],
)
def test_a_measure_fits_a_record_of_its_dimension(said: str, record: dict[str, str | int], state: str) -> None:
    words = said.split()
    assert compare_measure(words, words, {}, dict(record))[0] == state


@pytest.mark.parametrize(("said", "state"), [("four k", "contradicted"), ("1080 p", "fine"), ("two k", "fine")])
def test_lines_of_a_picture(said: str, state: str) -> None:
    assert compare_resolution(said.split(), [], {}, {"resolution": "1080p"})[0] == state


def test_a_share_is_at_most_what_the_record_gives() -> None:
    record = {"recycled_content": "30%"}
    assert compare_share(["thirty", "percent", "recycled"], [], {}, record)[0] == "fine"
    assert compare_share(["fully", "recycled"], [], {}, record)[0] == "contradicted"
    assert compare_share(["fully", "recycled"], [], {}, {"color": "red"})[0] == "unknown"


def test_what_is_denied_is_not_on_record() -> None:
    captured = {"thinner": ["plated"]}
    assert compare_without(["not", "plated"], [], captured, PLATED)[0] == "contradicted"
    assert compare_without(["not", "plated"], [], captured, {"material": "solid brass"})[0] == "fine"
