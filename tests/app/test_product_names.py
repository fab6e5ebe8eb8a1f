"""How products may be called on air."""

from uuid import uuid4

from tallylight.app.flows.product_names import spoken_names
from tallylight.catalogue.schemas import Product


def product(title: str) -> Product:
    return Product(uuid4(), title.lower(), title, "Quiet Acre", "", [], [], [], {})


def test_names_run_from_the_title_to_the_noun_that_is_its_own() -> None:
    serum, cream, balm = product("Rainfall Serum"), product("Slow Morning Face Cream"), product("Garden Hand Cream")
    names = spoken_names([serum, cream, balm])
    assert names[serum.id] == ("rainfall serum", "rainfall", "serum")
    assert names[cream.id][:2] == ("slow morning face cream", "face cream")
    assert "cream" not in names[cream.id]
    assert "cream" not in names[balm.id]


def test_a_title_of_signs_has_no_name() -> None:
    odd = product("***")
    assert spoken_names([odd])[odd.id] == ()
