"""How many pieces a set holds."""

import pytest

from tallylight.catalogue.set_pieces import pieces_of


@pytest.mark.parametrize(
    ("title", "stated", "pieces"),
    [
        ("Stoneware Mug, set of two", {}, 2),
        ("Wool Socks 3-pack", {}, 3),
        ("Candle Trio", {}, 3),
        ("Napkins", {"Pack": "6"}, 6),
        ("Napkins, set of 4", {"pieces": "8 pieces"}, 8),
        ("Backpack", {}, None),
        ("Set of one", {}, None),
        ("Size 12 Pan", {"size": "12"}, None),
    ],
)
def test_pieces(title: str, stated: dict[str, str], pieces: int | None) -> None:
    assert pieces_of(title, stated) == pieces
